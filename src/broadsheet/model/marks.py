"""What readers make of papers: the mark as it stands, the acts that made it so, notes and tags."""

import unicodedata
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from broadsheet.model.errors import InvalidValueError

Field = Literal["vote", "saved", "read", "never"]
Change = Literal[
    "up", "down", "unvote", "save", "unsave", "read", "unread", "never", "again"
]  # the words of acts that change a mark; `open` changes none
CHANGES: tuple[Change, ...] = get_args(Change)

FIELDS: dict[Change, tuple[Field, int]] = {
    "up": ("vote", 1),
    "down": ("vote", -1),
    "unvote": ("vote", 0),
    "save": ("saved", 1),
    "unsave": ("saved", 0),
    "read": ("read", 1),
    "unread": ("read", 0),
    "never": ("never", 1),
    "again": ("never", 0),
}
"""Which field each change sets, and to what."""

Listed = Literal["saved", "read", "voted", "never", "noted"]
LISTED: tuple[Listed, ...] = get_args(Listed)

LONGEST_TAG = 30
LONGEST_NOTE = 20_000
MOST_TAGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What one reader has made of one paper.

    Args:
        vote: 1, 0 or -1.
        saved_at, read_at, never_at: since when, in UTC; empty where it is not so.
        note: Markdown.
        tags: in their order.
    """

    vote: int = 0
    saved_at: str = ""
    read_at: str = ""
    never_at: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()

    @property
    def saved(self) -> bool:
        """Whether it is kept to be read."""
        return bool(self.saved_at)

    @property
    def read(self) -> bool:
        """Whether it has been read."""
        return bool(self.read_at)

    @property
    def never(self) -> bool:
        """Whether it is never to be shown again."""
        return bool(self.never_at)

    def value(self, field: Field) -> int:
        """Return a field as changes set it: 1, 0 or -1."""
        return self.vote if field == "vote" else int(getattr(self, field))


NOTHING = Mark()


class Opening(NamedTuple):
    """That a reader opened a paper, by their keys.

    Args:
        place: of the paper in the list from which it was opened, from 1; 0 where unknown.
    """

    reader: int
    paper: int
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedPaper:
    """A paper of a list of marks: its key, and since when it is in it."""

    key: int
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCount:
    """A reader's tag with the number of papers that bear it."""

    tag: str
    papers: int


def change_to(field: Field, value: int) -> Change:
    """Return the change that sets a field to a value."""
    return next(change for change, sets in FIELDS.items() if sets == (field, value))


def tag_of(text: str) -> str:
    """Return a tag as it is kept: without case, blanks put straight, `#` before it left out.

    Raises:
        InvalidValueError: it is empty, too long, or holds what no tag holds.
    """
    tag = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).lstrip("#").strip()
    is_odd = any(unicodedata.category(c)[0] == "C" or c in "/\\," for c in tag)
    if not tag.strip(".") or len(tag) > LONGEST_TAG or is_odd:
        raise InvalidValueError(
            f"A tag has 1 to {LONGEST_TAG} characters, no comma and no slash; got {text[:60]!r}."
        )
    return tag


def note_of(text: str) -> str:
    """Return a note as it is kept.

    Raises:
        InvalidValueError: it is too long.
    """
    note = text.replace("\r\n", "\n").replace("\0", "").strip()
    if len(note) > LONGEST_NOTE:
        raise InvalidValueError(
            f"A note has at most {LONGEST_NOTE:,} characters; this has {len(note):,}."
        )
    return note
