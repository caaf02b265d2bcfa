"""Categories as arXiv names them: which codes are one category, and what a filter finds it by."""

import re
from collections.abc import Iterable
from functools import lru_cache

_CODE = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?\Z")
_ALIASES = {
    "cs.SY": "eess.SY",
    "math.MP": "math-ph",
    "math.IT": "cs.IT",
    "cs.NA": "math.NA",
    "stat.TH": "math.ST",
    "q-fin.EC": "econ.GN",
}
_TWINS = {new: old for old, new in _ALIASES.items()}
MAX_CATEGORIES = 50
_LONGEST = 40
_MOST_READ = 200
_LONGEST_LINE = 400


def clean_categories(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the arXiv-like codes, each once, aliases under their present name.

    MSC and ACM codes (`68T50`, `I.2.7`) are left out: they are no categories.
    """
    return _cleaned(tuple([code for code in codes if len(code) <= _LONGEST][:_MOST_READ]))


def split_categories(text: str) -> tuple[str, ...]:
    """Return the same of codes with blanks between them."""
    return _split(text) if len(text) <= _LONGEST_LINE else clean_categories(text.split())


@lru_cache(maxsize=4_096)
def filter_codes(codes: tuple[str, ...]) -> frozenset[str]:
    """Return every value by which a filter finds a paper of these categories.

    `eess.SY` is found by itself, by its other name `cs.SY`, and by `eess` and `cs`.
    """
    named = {name for code in codes for name in (code, _TWINS.get(code, code))}
    return frozenset(named | {name.split(".")[0] for name in named})


@lru_cache(maxsize=8_192)
def _split(text: str) -> tuple[str, ...]:
    return clean_categories(text.split())


@lru_cache(maxsize=4_096)
def _cleaned(codes: tuple[str, ...]) -> tuple[str, ...]:
    kept = (code for code in codes if _CODE.match(code))
    return tuple(dict.fromkeys(_ALIASES.get(code, code) for code in kept))[:MAX_CATEGORIES]
