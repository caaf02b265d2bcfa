"""What is compared of a record: title, names, year, text and place, without TeX."""

import re
from collections.abc import Sequence
from typing import Any, Literal

FIELDS: tuple[tuple[str, Literal["text", "names", "number"]], ...] = (
    ("title", "text"),
    ("authors", "names"),
    ("year", "number"),
    ("abstract", "text"),
    ("venue", "text"),
)
_READ = 600
_COMMAND = re.compile(r"\\(?:[a-zA-Z]+|.)\s?")


def compared(
    *, title: str, authors: Sequence[str], year: int | None, abstract: str, venue: str
) -> dict[str, Any]:
    """Return a record as the judge takes it: the beginning of the text, no TeX commands."""
    return {
        "title": _plain(title),
        "authors": list(authors) or None,
        "year": year,
        "abstract": _plain(abstract[:_READ]) or None,
        "venue": venue or None,
    }


def _plain(text: str) -> str:
    """Return text without TeX commands: `P{\\O}DA` and `PØDA` are as near as letters allow."""
    return _COMMAND.sub("", text).translate(_BRACES) if "\\" in text or "{" in text else text


_BRACES = {ord(mark): None for mark in "{}$"}
