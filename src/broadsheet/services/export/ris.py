"""A paper as a RIS record, as reference managers read it."""

from collections.abc import Iterator

from broadsheet.model.paper import Paper
from broadsheet.services.export.people import split_name
from broadsheet.services.export.publication import (
    address_of,
    container_of,
    date_parts,
    imprint_of,
    isbn_of,
    kind_of,
    pages_of,
    publisher_of,
    standing_note,
)
from broadsheet.services.prose.plain import to_plain

_TYPES = {
    "article": "UNPB",
    "article-journal": "JOUR",
    "paper-conference": "CONF",
    "chapter": "CHAP",
    "book": "BOOK",
    "thesis": "THES",
    "report": "RPRT",
}
_END = "\r\n"


def ris(paper: Paper) -> str:
    """Return the record: a line a tag, CRLF at their ends, `TY` first and `ER` last.

    TeX is written as plain text. A tag without a value is left out; authors and keywords have a
    line each.
    """
    lines = [f"TY  - {_TYPES[kind_of(paper)]}"]
    said = ((tag, " ".join(text.split())) for tag, text in _tags(paper))
    lines += [f"{tag}  - {text}" for tag, text in said if text]
    return _END.join([*lines, f"ER  - {_END}"])


def _tags(paper: Paper) -> Iterator[tuple[str, str]]:
    imprint = imprint_of(paper)
    yield "ID", paper.id
    yield "TI", to_plain(paper.title)
    for author in paper.authors:
        yield "AU", split_name(author.name).inverted
    yield from _dates(paper)
    yield "T2", to_plain(container_of(paper))
    yield "VL", imprint.volume
    yield "IS", imprint.issue
    yield from zip(("SP", "EP"), pages_of(paper), strict=False)
    yield "PB", to_plain(publisher_of(paper))
    yield "SN", isbn_of(paper)
    yield "LA", imprint.language
    yield "DO", paper.doi or ""
    yield "UR", address_of(paper)
    yield "AN", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else ""
    yield "AB", to_plain(paper.text)
    for word in paper.keywords:
        yield "KW", to_plain(word)
    yield "N1", standing_note(paper)


def _dates(paper: Paper) -> Iterator[tuple[str, str]]:
    """The year, and the date where more than the year is known."""
    parts = date_parts(paper)
    yield "PY", f"{parts[0]:04d}" if parts else ""
    yield "DA", "/".join(f"{part:02d}" for part in parts) if len(parts) > 1 else ""
