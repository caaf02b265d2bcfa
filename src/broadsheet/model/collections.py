"""Collections: papers that readers put together, for themselves, for some or for all."""

import unicodedata
from dataclasses import dataclass
from typing import Literal, get_args

from broadsheet.model.errors import InvalidValueError

Visibility = Literal["private", "shared", "public"]
VISIBILITIES: tuple[Visibility, ...] = get_args(Visibility)
Access = Literal["owner", "edit", "view"]

LONGEST_NAME = 80
LONGEST_ABOUT = 2_000
MOST_COLLECTIONS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A collection as one reader sees it.

    Args:
        id: random; stands in its address.
        about: Markdown.
        visibility: `private` is its owner's alone; `shared` is open to the readers whom the
            owner names; `public` to everyone.
        owner: the owner's name.
        access: what the one who asks may do.
    """

    id: str
    name: str
    about: str
    visibility: Visibility
    owner: str
    access: Access
    papers: int
    created_at: str
    changed_at: str

    @property
    def may_edit(self) -> bool:
        """Whether the one who asks may put papers in and take them out."""
        return self.access != "view"

    @property
    def is_owner(self) -> bool:
        """Whether it belongs to the one who asks."""
        return self.access == "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharer:
    """A reader with whom a collection is shared."""

    id: str
    name: str
    may_edit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A collection that a reader may edit, and whether it holds a certain paper."""

    id: str
    name: str
    holds: bool


def collection_name(text: str) -> str:
    """Return a collection's name as it is kept.

    Raises:
        InvalidValueError: it is empty or too long, or holds what cannot be printed.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    is_odd = any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in name)
    if not 1 <= len(name) <= LONGEST_NAME or is_odd:
        raise InvalidValueError(
            f"A collection's name has 1 to {LONGEST_NAME} characters; got {text[:60]!r}."
        )
    return name


def about_of(text: str) -> str:
    """Return a collection's description as it is kept.

    Raises:
        InvalidValueError: it is too long.
    """
    about = text.replace("\r\n", "\n").replace("\0", "").strip()
    if len(about) > LONGEST_ABOUT:
        raise InvalidValueError(f"A description has at most {LONGEST_ABOUT:,} characters.")
    return about
