"""RIS, and the tagged text of Web of Science.

Read by hand: rispy takes the first letter of a value whose blank after the dash is missing, and
leaves out a last entry without its end.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from broadsheet.model.harvest import About
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.model.ports import Clock
from broadsheet.sources.citations import Citation, record_of
from broadsheet.sources.decoding import decoded
from broadsheet.sources.documents import Item, read_document, record_or_fault
from broadsheet.sources.fields import latest_day
from broadsheet.sources.markup import plain
from broadsheet.sources.names import spoken_name

_KINDS = {
    "JOUR": "article-journal",
    "JFULL": "article-journal",
    "EJOUR": "article-journal",
    "JOURNAL ARTICLE": "article-journal",
    "J": "article-journal",
    "CONF": "paper-conference",
    "CPAPER": "paper-conference",
    "C": "paper-conference",
    "CHAP": "chapter",
    "ECHAP": "chapter",
    "S": "chapter",
    "BOOK": "book",
    "EBOOK": "book",
    "EDBOOK": "book",
    "B": "book",
    "THES": "thesis",
    "RPRT": "report",
    "GOVDOC": "report",
    "UNPB": "article",
    "UNPD": "article",
    "PREPRINT": "article",
}
_RIS = re.compile(r"([A-Z][A-Z0-9])  - ?(.*)")
_LOOSE = re.compile(r"([A-Z][A-Z0-9]) {1,2}-(?: (.*)|\Z)")
_WOS = re.compile(r"([A-Z][A-Z0-9])(?: (.*)|\Z)")
_BEGINS_RIS = re.compile(
    rb"^(?:\xef\xbb\xbf)?TY( {1,2})- ?\S[^\r\n]*+\s++[A-Z][A-Z0-9] {1,2}-", re.MULTILINE
)
_BEGINS_WOS = re.compile(rb"^(?:\xef\xbb\xbf)?PT [JBSCP]\s++(?:AU|AF|BA|GP|TI) \S", re.MULTILINE)
_LISTS = ("AU", "A1", "A2", "ED", "KW", "AF", "BE", "BA")
_Entry = dict[str, list[str]]


class Ris:
    """Reads RIS files.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="ris",
        title="RIS",
        gives="The entries of a RIS file, or of a tagged export of Web of Science.",
        rules="Yours.",
        home="https://en.wikipedia.org/wiki/RIS_(file_format)",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether an entry begins a line and another tag follows."""
        return _BEGINS_RIS.search(head) is not None or _BEGINS_WOS.search(head) is not None

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the entries of a file."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def _parse(self, data: bytes) -> Iterator[Item]:
        latest = latest_day(self.clock)
        for entry in _entries(decoded(data), *_style(data)):
            yield record_or_fault(_maker(entry, latest), " ".join(_all(entry, "ID", "TI", "T1")))


def _style(data: bytes) -> tuple[re.Pattern[str], str]:
    """Return how a line with a tag looks, and the tag with which an entry begins."""
    found = _BEGINS_RIS.search(data)
    if found is None:
        return _WOS, "PT"
    return (_LOOSE if found[1] == b" " else _RIS), "TY"


def _entries(text: str, pattern: re.Pattern[str], first: str) -> Iterator[_Entry]:
    """Yield the values of each entry by their tags; what stands between entries is passed over."""
    entry: dict[str, list[list[str]]] | None = None
    tag = ""
    for line in text.splitlines():
        match = pattern.match(line)
        if match and match[1] in (first, "ER"):
            if entry is not None:
                yield _joined(entry)  # an entry without its end ends where the next begins
            entry, tag = ({first: [[match[2] or ""]]}, first) if match[1] == first else (None, "")
        elif entry is None:
            continue
        elif match:
            tag = match[1]
            entry.setdefault(tag, []).append([match[2] or ""])
        elif tag in _LISTS:
            entry[tag].append([line])
        else:
            entry[tag][-1].append(line)
    if entry is not None:
        yield _joined(entry)


def _joined(entry: dict[str, list[list[str]]]) -> _Entry:
    values = {tag: [" ".join(lines).strip() for lines in found] for tag, found in entry.items()}
    return {tag: [text for text in found if text] for tag, found in values.items()}


def _maker(entry: _Entry, latest: str) -> Callable[[], Record]:
    return lambda: record_of(_citation(entry), source="ris", latest=latest)


def _all(entry: _Entry, *tags: str) -> list[str]:
    return [text for tag in tags for text in entry.get(tag, ())]


def _first(entry: _Entry, *tags: str) -> str:
    return next(iter(_all(entry, *tags)), "")


def _citation(entry: _Entry) -> Citation:
    kind = _KINDS.get(_first(entry, "TY", "PT").upper(), "")
    is_wos = "PT" in entry
    authors = _all(entry, "AF") or _all(entry, "AU", "A1")
    if kind == "book":
        authors = authors or _all(entry, "BA", "BE", "A2", "ED")
    addresses = [part.strip() for text in _all(entry, "UR") for part in text.split(";")]
    return Citation(
        title=plain(_first(entry, "TI", "T1", "CT", "BT", "ST")),
        abstract=plain(_first(entry, "AB", "N2")),
        authors=tuple(dict.fromkeys(map(spoken_name, authors))),
        kind=kind,
        container=plain(_container(entry, kind)),
        date=_date(entry),
        volume=_first(entry, "VL", "VO"),
        issue=_first(entry, "IS", "CP"),
        pages=_pages(entry),
        publisher=_first(entry, "PB", "PU"),
        language=_first(entry, "LA"),
        url=next(iter(addresses), ""),
        names=(
            *_all(entry, "DO", "DI", "M3", "M1", "AN", "N1"),
            *(f"PMID:{number}" for number in _all(entry, "PM")),
            *addresses,
        ),
        isbn=_first(entry, "BN", "SN"),
        keywords=_split(_all(entry, "DE", "ID")) if is_wos else _split(_all(entry, "KW")),
    )


def _container(entry: _Entry, kind: str) -> str:
    if kind in ("chapter", "paper-conference"):
        return _first(entry, "C3", "T2", "BT", "SO", "JF", "JO", "T3")
    return _first(entry, "JF", "JO", "T2", "SO", "JA", "J2")


def _date(entry: _Entry) -> str:
    """Return the most exact date that is stated: `2024/03/12/` rather than `2024///`."""
    if "PD" in entry:
        return f"{_first(entry, 'PD')} {_first(entry, 'PY')}"
    dates = [text.rstrip("/ ") for text in _all(entry, "PY", "Y1", "DA")]
    return max(dates, key=lambda text: text.count("/") + text.count("-"), default="")


def _pages(entry: _Entry) -> str:
    first, last = _first(entry, "SP", "BP"), _first(entry, "EP")
    return f"{first}-{last}" if first and last else first or last or _first(entry, "AR", "C7")


def _split(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for line in lines for word in line.split(";"))
