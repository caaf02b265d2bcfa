"""Our exchange format: one JSON object a line (docs/reference/exchange-format.md)."""

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import BinaryIO, NamedTuple

import msgspec

from broadsheet.model.categories import clean_categories
from broadsheet.model.errors import SourceError
from broadsheet.model.harvest import About
from broadsheet.model.identifiers import anthology_id, arxiv_id, doi
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Imprint, Record, Version
from broadsheet.model.ports import Clock
from broadsheet.sources.exchange_extras import imprint_of, keywords_of, standing_of, twins_of
from broadsheet.sources.fields import (
    bounded_text,
    known_ids,
    latest_day,
    made_id,
    partial_date,
    required_title,
    web_address,
)
from broadsheet.sources.json_rows import RowDecoder, hash_of
from broadsheet.sources.lines import read_records
from broadsheet.sources.mangled_ids import mended_arxiv_id
from broadsheet.sources.names import clean_names, full_name, names_of_line, split_names
from broadsheet.sources.venues import venue_name

_OBJECT_WITH_TITLE = re.compile(rb"^[ \t]*\{", re.MULTILINE)
_PREFIX = re.compile(r"(?=\d*[a-z])([a-z0-9][a-z0-9_-]{1,29}?)(?:(?:19|20)\d\d)?:\S")
_COMMAS_OF_A_LIST = 3
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9._]+")


class _Name(msgspec.Struct):
    family: str | None = None
    given: str | None = None
    name: str | None = None
    suffix: str | None = None


class _Version(msgspec.Struct):
    version: int | str
    date: str | None = None


class _Row(msgspec.Struct):
    title: str | None = None
    id: str | None = None
    abstract: str | None = None
    summary: str | None = None
    authors: list[str | _Name] | str | None = None
    categories: list[str] | str | None = None
    primary: str | None = None
    date: str | None = None
    updated: str | None = None
    announced: str | None = None
    listed: str | None = None
    year: int | str | None = None
    venue: str | None = None
    venues: list[str] | str | None = None
    status: str | None = None
    booktitle: str | None = None
    journal_ref: str | None = None
    comments: str | None = None
    doi: str | None = None
    arxiv: str | None = None
    url: str | None = None
    licence: str | None = None
    license: str | None = None
    versions: list[_Version] | None = None
    source: str | None = None
    modified: str | None = None
    featured: str | None = None
    standing: str | None = None
    code: str | None = None
    keywords: list[str] | str | None = None
    twins: list[str] | None = None
    kind: str | None = None
    volume: str | int | None = None
    issue: str | int | None = None
    pages: str | int | None = None
    publisher: str | None = None
    language: str | None = None


class Exchange:
    """Reads the exchange format.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="exchange",
        title="Broadsheet exchange format",
        gives="Papers as one JSON object a line, as other programs or Broadsheet write them.",
        rules="Yours. See docs/reference/exchange-format.md.",
        home="docs/reference/exchange-format.md",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock
        self._decoder = RowDecoder(row=_Row)

    def recognises(self, head: bytes) -> bool:
        """Whether some line begins an object, and objects have titles."""
        return b'"title"' in head and _OBJECT_WITH_TITLE.search(head) is not None

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the records from line `start` + 1 on."""
        latest = latest_day(self.clock)

        def parse(data: bytes) -> Record:
            return _record(self._decoder.decode(data), data, file, latest)

        return read_records(stream, file=file, start=start, parse=parse)


def _record(row: _Row, data: bytes, file: str, latest: str) -> Record:
    title = required_title(row.title)
    authors = _authors(row)
    submitted = _submitted(row, latest)
    ids = _ids(row, submitted)
    return Record(
        source=_source(row, ids, file),
        source_id=ids.own or made_id(title, authors, submitted),
        title=title,
        abstract=bounded_text(row.abstract, "abstract"),
        summary=bounded_text(row.summary, "summary"),
        authors=authors,
        categories=_categories(row),
        submitted=submitted,
        updated=_date(row.updated, "updated", latest),
        announced=_announced(row, submitted, latest),
        modified=_date(row.modified, "modified", latest),
        featured=_date(row.featured, "featured", latest),
        standing=standing_of(row.standing),
        venue=_venue(row),
        comment=bounded_text(row.comments, "comments"),
        journal_ref=bounded_text(row.journal_ref or row.booktitle, "journal_ref"),
        licence=bounded_text(row.licence or row.license, "licence"),
        url=web_address(row.url),
        arxiv_id=ids.arxiv_id,
        doi=ids.doi,
        twins=twins_of(row.twins, (f"arxiv:{ids.arxiv_id}", f"doi:{ids.doi}")),
        code=web_address(row.code),
        keywords=keywords_of(row.keywords),
        imprint=_imprint(row),
        versions=_versions(row, latest) if row.versions else (),
        raw_hash=hash_of(data),
    )


class _Ids(NamedTuple):
    """What names a row: its own id in one form, who gives such ids, and what else it names."""

    own: str
    scheme: str
    arxiv_id: str | None
    doi: str | None


def _ids(row: _Row, submitted: str | None) -> _Ids:
    eprint, number = known_ids(row.arxiv, row.doi)
    if not row.id:
        return _Ids(eprint or number or "", "", eprint, number)
    if own := arxiv_id(row.id):
        return _Ids(own, "arxiv", eprint or own, number)
    if own := anthology_id(row.id):
        return _Ids(own, "acl", eprint, number)
    if own := doi(row.id):
        return _Ids(own, "doi", eprint, number or own)
    own = bounded_text(row.id, "id")
    if mended := mended_arxiv_id(own, submitted):
        return _Ids(own, "arxiv", eprint or mended, number)
    prefix = _PREFIX.match(own)
    return _Ids(own, prefix[1] if prefix else "", eprint, number)


def _source(row: _Row, ids: _Ids, file: str) -> str:
    """Return a short name: the row's own, or what its id says, or the file's."""
    named = _slug(row.source) if row.source else ""
    return named or ids.scheme or _slug(PurePath(file).name.split(".")[0]) or "file"


def _authors(row: _Row) -> tuple[str, ...]:
    if isinstance(row.authors, str):
        return names_of_line(row.authors)
    names: list[str] = []
    for name in row.authors or ():
        if isinstance(name, _Name):
            names.append(_spoken(name))
        elif name.count(",") >= _COMMAS_OF_A_LIST:  # all authors as one item of the list
            names += split_names(name)
        else:
            names.append(name)
    return clean_names(names)


def _spoken(name: _Name) -> str:
    return name.name or full_name(name.family or "", name.given or "", name.suffix or "")


def _categories(row: _Row) -> tuple[str, ...]:
    codes = row.categories.split() if isinstance(row.categories, str) else row.categories or []
    return clean_categories([row.primary, *codes] if row.primary else codes)


def _submitted(row: _Row, latest: str) -> str | None:
    if row.date:
        return partial_date(row.date, "date", latest)
    return partial_date(f"{row.year}", "year", latest) if row.year else None


def _date(text: str | None, name: str, latest: str) -> str | None:
    return partial_date(text, name, latest) if text else None


def _announced(row: _Row, submitted: str | None, latest: str) -> str | None:
    if row.announced:
        return partial_date(row.announced, "announced", latest)
    if not row.listed or not submitted:
        return None
    listed = partial_date(row.listed, "listed", latest)
    # Listed long after it was submitted: a new version or a cross-list, not the first listing.
    return listed if 0 <= _month(listed) - _month(submitted) <= 1 else None


def _month(day: str) -> int:
    return int(day[:4]) * 12 + int(day[5:7] or 1)


def _venue(row: _Row) -> str:
    if not row.venue and not row.venues:
        return ""
    named = [row.venues] if isinstance(row.venues, str) else row.venues or []
    name = bounded_text(row.venue or next(iter(named), ""), "venue")
    if not name or (row.status or "").lower().startswith(("reject", "withdraw", "desk reject")):
        return ""
    return venue_name(name, f"{row.year}" if row.year else "")


def _versions(row: _Row, latest: str) -> tuple[Version, ...]:
    found = {}
    for version in row.versions or ():
        number = f"{version.version}".removeprefix("v")
        if not (number.isascii() and number.isdigit() and len(number) <= 4):
            raise SourceError("a version is not numbered")
        day = partial_date(version.date, "a version's date", latest) if version.date else None
        found[int(number)] = day
    return tuple(Version(number=n, date=found[n]) for n in sorted(found))


def _imprint(row: _Row) -> Imprint | None:
    return imprint_of(
        kind=row.kind,
        volume=row.volume,
        issue=row.issue,
        pages=row.pages,
        publisher=row.publisher,
        language=row.language,
    )


def _slug(name: str) -> str:
    return _NOT_IN_A_NAME.sub("-", name.lower()).strip("-.")[:40]
