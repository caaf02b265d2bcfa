"""How sources of papers spoil records, for the judge to learn that it is still one paper."""

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np

_Spoiled = Callable[[dict[str, Any], np.random.Generator], dict[str, Any]]
_ACCENTS = {"\u0301": "'", "\u0300": "`", "\u0308": '"', "\u0302": "^", "\u0303": "~"}
_PUBLISHED_LATER = 2


def title_without_its_name(record: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Cut `Name:` before a title, or put one there, as venues' titles differ from preprints'."""
    title = record.get("title") or ""
    name, colon, rest = title.partition(": ")
    if colon and len(rest.split()) > 2:
        return record | {"title": rest if rng.random() < 0.7 else f"{name}++: {rest}"}
    letters = "".join(word[0] for word in title.split())[:6].upper()
    return record | {"title": f"{letters}: {title}"} if len(letters) > 2 else record


def title_in_other_words(record: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Drop a word or two, or change an ending, as titles are reworded for print."""
    words = str(record.get("title") or "").split()
    for _ in range(int(rng.integers(1, 3))):
        if len(words) > 4:
            at = int(rng.integers(len(words)))
            if rng.random() < 0.5:
                del words[at]
            else:
                words[at] = words[at][: max(3, len(words[at]) - 3)]
    return record | {"title": " ".join(words)} if words else record


def accents_lost(record: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Write accents as TeX that was half removed, or lose the letters that bear them."""
    lose = rng.random() < 0.5
    return record | {
        "title": _accents(str(record.get("title") or ""), lose),
        "authors": [_accents(name, lose) for name in record.get("authors") or ()] or None,
    }


def names_run_together(record: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Make two names one, or turn all: lists of authors lose their commas."""
    names = list(record.get("authors") or ())
    if len(names) > 1 and rng.random() < 0.3:
        return record | {"authors": [f"{names[0]} {names[1]}", *names[2:]]}
    return record


def published_later(record: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Move the year forward by up to two, and change the venue's spelling for none."""
    year = record.get("year")
    later = int(rng.integers(0, _PUBLISHED_LATER + 1))
    return record | {"year": year + later if year else year, "venue": None}


def _seldom(spoil: _Spoiled, share: float) -> _Spoiled:
    def spoiled(record: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        return spoil(record, rng) if rng.random() < share else record

    return spoiled


# What trains a judge calls each for every second record.
SPOILED: tuple[_Spoiled, ...] = (
    _seldom(title_without_its_name, 0.3),
    _seldom(title_in_other_words, 0.3),
    _seldom(accents_lost, 0.5),
    _seldom(names_run_together, 0.5),
    published_later,
)


def _accents(text: str, lose: bool) -> str:
    if text.isascii():
        return text
    if lose:
        return "".join(c for c in text if c.isascii())
    marks = unicodedata.normalize("NFD", text)
    return "".join(_ACCENTS.get(c, c) for c in marks)
