"""The keys by which a BibTeX file names its entries."""

import re
import unicodedata

from broadsheet.model.paper import Paper
from broadsheet.services.export.people import split_name
from broadsheet.services.export.publication import year_of
from broadsheet.services.prose.plain import to_plain

_SMALL_WORDS = """a an and are as at be beyond by can do does for from how in into is it its not of
on or over some that the their this to toward towards under via we what when where which why with"""
_STOP_WORDS = frozenset(_SMALL_WORDS.split())
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)


def cite_key(paper: Paper) -> str:
    """Return the key, ASCII letters and digits: `vaswani2017attention`.

    It is made of the first author's family name, the year and the title's first telling word, so
    that it stays the same while those do.
    """
    words = (_ascii(w) for w in re.split(r"[^\w']+", to_plain(paper.title)))
    telling = next(
        (w for w in words if w not in _STOP_WORDS and not w.isdigit() and len(w) > 1), ""
    )
    return f"{_family(paper) or 'anonymous'}{year_of(paper)}{telling}"


class CiteKeys:
    """Keys of which none comes twice: of papers that share one the later have `a`, `b` … behind it.

    It remembers every key that it gave: some hundred bytes a paper.
    """

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def take(self, paper: Paper) -> str:
        """Return the paper's key in this file."""
        key = base = cite_key(paper)
        while key in self._given:
            self._given[base] += 1
            key = f"{base}{_letters(self._given[base])}"
        self._given[key] = 0
        return key


def _letters(number: int) -> str:
    """1 is `a`, 26 is `z`, 27 is `aa`."""
    text = ""
    while number:
        number, last = divmod(number - 1, 26)
        text = chr(ord("a") + last) + text
    return text


def _family(paper: Paper) -> str:
    name = paper.authors[0].name if paper.authors else ""
    parts = split_name(name)
    if "," in name:
        return _ascii(f"{parts.particle}{parts.family}") or _ascii(name.split(",")[0])
    words = name.split() or [""]
    return _ascii(words[-2 if parts.suffix else -1])


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in plain if c.isascii() and c.isalnum())
