"""Records made ready to be compared: each value once normalised, cut into what is compared."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from typecase.base.errors import InvalidInputError
from typecase.integrate.contract import Kind, Record

KINDS = ("text", "names", "number")
_GRAM = 3


@dataclass(frozen=True, slots=True)
class Text:
    """A text: its letters and digits in words, the words, and runs of three characters."""

    plain: str
    words: tuple[str, ...]
    grams: frozenset[str]


@dataclass(frozen=True, slots=True)
class Names:
    """A list of names: of each its longest last word with the first letter of the rest."""

    keys: tuple[str, ...]
    families: tuple[str, ...]


View = Text | Names | float | None


def view_of(value: Any, kind: Kind) -> View:
    """Return a value ready to be compared; None for one that is empty or not known.

    Raises:
        InvalidInputError: the value is none of its kind.
    """
    if value is None or value in ("", [], ()):
        return None
    if kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidInputError(f"A number is wanted, got {value!r:.60}.")
        return float(value)
    if kind == "names":
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise InvalidInputError(f"A list of names is wanted, got {value!r:.60}.")
        return _names(value)
    if not isinstance(value, str):
        raise InvalidInputError(f"A text is wanted, got {value!r:.60}.")
    return _text(value)


def views_of(record: Record, fields: Mapping[str, Kind]) -> tuple[View, ...]:
    """Return the views of a record's fields, in the order of `fields`."""
    return tuple([view_of(record.get(name), kind) for name, kind in fields.items()])


def plain(text: str) -> str:
    """Return the letters and digits of a text, without accents and case, in words."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
    lowered = text.casefold()
    return " ".join("".join(c if c.isalnum() else _blank(c) for c in lowered).split())


def _blank(character: str) -> str:
    return "" if unicodedata.combining(character) or character in "'’`" else " "


def _text(value: str) -> Text | None:
    said = plain(value)
    if not said:
        return None
    packed = said.replace(" ", "")
    grams = frozenset([packed[i : i + _GRAM] for i in range(max(1, len(packed) - _GRAM + 1))])
    return Text(plain=said, words=tuple(said.split()), grams=grams)


def _names(values: Sequence[Any]) -> Names | None:
    keys, families = [], []
    for value in values:
        if not isinstance(value, str):
            raise InvalidInputError(f"A name is a text, got {value!r:.60}.")
        family, given = _parts(value)
        if family:
            families.append(family)
            keys.append(f"{family} {given[:1]}")
    return Names(keys=tuple(keys), families=tuple(families)) if keys else None


def _parts(name: str) -> tuple[str, str]:
    """Return the family name and the given ones of `Given Family` or `Family, Given`."""
    before, comma, after = name.partition(",")
    if comma:
        return plain(before).replace(" ", ""), plain(after)
    words = plain(name).split()
    return (words[-1], " ".join(words[:-1])) if words else ("", "")
