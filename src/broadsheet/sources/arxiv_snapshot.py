"""arXiv's metadata snapshot: one JSON object a line, as a user downloads it.

Keys: id, authors, authors_parsed, title, comments, journal-ref, doi, categories (one line, the
primary first), license, abstract, versions (with RFC 822 dates), update_date.
"""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from broadsheet.model.categories import clean_categories
from broadsheet.model.errors import SourceError
from broadsheet.model.harvest import About
from broadsheet.model.identifiers import arxiv_id
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record, Version
from broadsheet.model.ports import Clock
from broadsheet.sources import arxiv_parts
from broadsheet.sources.fields import (
    bounded_text,
    known_ids,
    latest_day,
    partial_date,
    required_title,
    rfc_822_date,
)
from broadsheet.sources.json_rows import RowDecoder, hash_of
from broadsheet.sources.lines import read_records
from broadsheet.sources.names import clean_names, full_name, names_of_line


class _Version(msgspec.Struct):
    version: str
    created: str


class _Row(msgspec.Struct):
    id: str | None = None
    title: str | None = None
    abstract: str | None = None
    authors: str | None = None
    authors_parsed: list[list[str | None]] | None = None
    comments: str | None = None
    journal_ref: str | None = msgspec.field(name="journal-ref", default=None)
    doi: str | None = None
    categories: str | None = None
    license: str | None = None
    versions: list[_Version] | None = None
    update_date: str | None = None


class ArxivSnapshot:
    """Reads the snapshot.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="arxiv_snapshot",
        title="arXiv metadata snapshot",
        gives="Every arXiv paper with its versions: the whole of arXiv in one file.",
        rules="CC0. Downloaded by you from where it is published, imported as a file.",
        home="https://info.arxiv.org/help/bulk_data.html",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock
        self._decoder = RowDecoder(row=_Row)

    def recognises(self, head: bytes) -> bool:
        """Whether lines are objects with the snapshot's own keys."""
        return (
            head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
            and b'"title"' in head
            and (b'"authors_parsed"' in head or b'"update_date"' in head)
        )

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the records from line `start` + 1 on."""
        latest = latest_day(self.clock)

        def parse(data: bytes) -> Record:
            return _record(self._decoder.decode(data), data, latest)

        return read_records(stream, file=file, start=start, parse=parse)


def _record(row: _Row, data: bytes, latest: str) -> Record:
    if not row.id:
        raise SourceError("no id")
    eprint = arxiv_id(row.id)
    if eprint is None:
        raise SourceError("id is not an arXiv id")
    versions, first_moment = _versions(row, latest)
    return Record(
        source="arxiv",
        source_id=eprint,
        title=required_title(row.title),
        abstract=bounded_text(row.abstract, "abstract"),
        authors=_authors(row),
        categories=clean_categories((row.categories or "").split()),
        submitted=versions[0].date if versions else None,
        updated=_updated(row, versions, latest),
        announced=arxiv_parts.expected_listing(first_moment),
        announced_as="expected" if versions else "",
        comment=bounded_text(row.comments, "comments"),
        journal_ref=bounded_text(row.journal_ref, "journal_ref"),
        licence=bounded_text(row.license, "licence"),
        url=arxiv_parts.address(eprint),
        arxiv_id=eprint,
        doi=known_ids(None, row.doi)[1],
        versions=versions,
        raw_hash=hash_of(data),
    )


def _versions(row: _Row, latest: str) -> tuple[tuple[Version, ...], str]:
    """Return the versions by number, and the moment of the first."""
    found, moments = {}, {}
    for version in row.versions or ():
        number = version.version.removeprefix("v")
        if not (number.isascii() and number.isdigit() and len(number) <= 4):
            raise SourceError("a version is not numbered")
        found[int(number)] = rfc_822_date(version.created, "a version's date", latest)
        moments[int(number)] = version.created
    versions = tuple(Version(number=n, date=found[n]) for n in sorted(found))
    return versions, moments[versions[0].number] if versions else ""


def _updated(row: _Row, versions: tuple[Version, ...], latest: str) -> str | None:
    if len(versions) > 1:
        return versions[-1].date
    if versions or not row.update_date:
        return None
    return partial_date(row.update_date, "update_date", latest)


def _authors(row: _Row) -> tuple[str, ...]:
    if row.authors_parsed:
        parts = ([*((p or "") for p in parsed[:3]), "", "", ""] for parsed in row.authors_parsed)
        return clean_names(full_name(p[0], p[1], p[2]) for p in parts)
    return names_of_line(row.authors or "")
