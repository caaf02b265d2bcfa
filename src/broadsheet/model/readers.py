"""Readers: who they are, and the rules of their names."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from broadsheet.model.errors import InvalidValueError

Role = Literal["reader", "admin"]
AccountMode = Literal["single", "invited", "open"]
ACCOUNT_MODES: tuple[AccountMode, ...] = get_args(AccountMode)
LONGEST_NAME = 40
LONGEST_LABEL = 60
_NAME = re.compile(r"[\w](?:[\w .'-]*[\w.])?\Z")
_MARKS_IN_A_ROW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Someone who reads here.

    Args:
        key: its row; never shown.
        id: random; stands in addresses.
        email: where its mail goes, or empty; to be written to only when `email_confirmed`.
        zone: name of its time zone, as `Europe/Berlin`.
        choices: how the paper is shown to it.
        seq: grows whenever something that it sees changes.
        disabled: may not come in.
    """

    key: int
    id: str
    name: str
    email: str = ""
    email_confirmed: bool = False
    role: Role = "reader"
    zone: str = "UTC"
    choices: dict[str, Any] = field(default_factory=dict, compare=False)
    seq: int = 0
    created_at: str = ""
    disabled: bool = False

    @property
    def is_admin(self) -> bool:
        """Whether it may see and set what concerns everyone."""
        return self.role == "admin"


def reader_name(text: str) -> str:
    """Return a name as it is shown.

    Raises:
        InvalidValueError: it is empty, too long, or made of what cannot be told apart in print.
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not 1 <= len(name) <= LONGEST_NAME or not _NAME.match(_without_marks(name)):
        raise InvalidValueError(
            f"A name has 1 to {LONGEST_NAME} letters, digits, blanks or . ' - _; got {text[:60]!r}."
        )
    return name


def _without_marks(name: str) -> str:
    """Return a name without the signs that many scripts put on letters; heaps of them stay."""
    kept, row = [], _MARKS_IN_A_ROW
    for c in name:
        row = row + 1 if unicodedata.category(c).startswith("M") else 0
        if not 1 <= row <= _MARKS_IN_A_ROW:
            kept.append(c)
    return "".join(kept)


def reader_name_key(name: str) -> str:
    """Return what the spellings of one reader's name share: two readers never do."""
    return unicodedata.normalize("NFKC", name).casefold().replace(" ", "").replace("_", "-")


def label(text: str, *, default: str = "") -> str:
    """Return what a reader calls a thing of theirs: a token, a passkey, an invitation.

    Raises:
        InvalidValueError: it is too long, or empty where there is no default.
    """
    said = " ".join("".join(c if c.isprintable() else " " for c in text).split()) or default
    if not 1 <= len(said) <= LONGEST_LABEL:
        raise InvalidValueError(f"Give it a name of 1 to {LONGEST_LABEL} characters.")
    return said
