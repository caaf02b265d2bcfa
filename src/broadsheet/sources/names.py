"""Authors as sources write them: lists, family and given names, or one line of free text."""

import re
from collections.abc import Iterable

from broadsheet.model.errors import SourceError
from broadsheet.sources.clean import clean_name

MAX_NAME = 1_000
MAX_AUTHORS = 10_000
MAX_TEXT = 200_000
_SEPARATOR = re.compile(r"[,;&]|\band\b")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?\Z", re.IGNORECASE)
_LONGEST_SUFFIX = len("iii.")
_PARENTHESIS = re.compile(r"([()])")


def clean_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names cleaned, empty ones left out.

    Raises:
        SourceError: a name is over 1,000 characters, all are over 200,000, or there are over
            10,000 of them.
    """
    return _within_bounds(map(clean_name, names))


def names_of_line(text: str) -> tuple[str, ...]:
    """Return the names of a line (`split_names`), cleaned: all of them at once.

    Raises:
        SourceError: as `clean_names`.
    """
    return _within_bounds(split_names(clean_name(text)))


def _within_bounds(names: Iterable[str]) -> tuple[str, ...]:
    cleaned = tuple([name for name in names if name and name != "et al."])
    if len(cleaned) > MAX_AUTHORS:
        raise SourceError(f"over {MAX_AUTHORS:,} authors")
    length = sum(map(len, cleaned))
    if length > MAX_TEXT:
        raise SourceError(f"authors over {MAX_TEXT:,} characters")
    if length > MAX_NAME and any(len(name) > MAX_NAME for name in cleaned):
        raise SourceError(f"an author's name over {MAX_NAME:,} characters")
    return cleaned


def split_names(text: str) -> list[str]:
    """Return the names of a line as `A. U. Thor (Institute One), S. E. Cond, Jr and B. Third`.

    Affiliations in parentheses go; `Jr` and its like stay with the name before them.
    """
    if "(" in text:
        text = _without_parentheses(text)
    has_commas_alone = not ("and" in text or ";" in text or "&" in text)
    names: list[str] = []
    for part in map(str.strip, text.split(",") if has_commas_alone else _SEPARATOR.split(text)):
        if names and len(part) <= _LONGEST_SUFFIX and _SUFFIX.match(part):
            names[-1] += f" {part}"
        elif part:
            names.append(part)
    return names


def _without_parentheses(text: str) -> str:
    """Return text without what stands in pairs of parentheses, in one pass however deep they go."""
    kept: list[str] = []
    opened: list[int] = []
    for part in _PARENTHESIS.split(text):
        if part == ")" and opened:
            del kept[opened.pop() :]
            kept.append(" ")
            continue
        if part == "(":
            opened.append(len(kept))
        kept.append(part)
    return "".join(kept)


def full_name(family: str, given: str, suffix: str = "") -> str:
    """Return the parts of a name in the order in which they are said."""
    return " ".join(part for part in (given, family, suffix) if part)


def spoken_name(name: str) -> str:
    """Return `Family, Given`, `Family, Jr, Given` or `Family, Given, Jr` as it is said.

    A name without a comma stays as it is.
    """
    family, *rest = (part.strip() for part in name.split(","))
    if not rest:
        return family
    suffixes = [part for part in rest if _SUFFIX.match(part)]
    given = [part for part in rest if part and part not in suffixes]
    return full_name(family, " ".join(given), " ".join(suffixes))
