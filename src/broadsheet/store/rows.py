"""Rows to records and back."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Row

from broadsheet.model.dates import text_of
from broadsheet.model.flags import flags_of
from broadsheet.model.identifiers import name_key
from broadsheet.model.library import IndexRow
from broadsheet.model.merging import Merged
from broadsheet.model.paper import Author, Imprint, Paper, Record, SourceRef, Version
from broadsheet.model.subjects import Filing
from broadsheet.store.schema import HIDDEN

FLAGGED = ("standing", "venue", "journal_ref", "code", "doi")
"""The columns of `papers` that flags are made of."""

_encode = msgspec.json.Encoder().encode
_names = msgspec.json.Decoder(list[str]).decode
_versions = msgspec.json.Decoder(list[tuple[int, str | None]]).decode
_record = msgspec.json.Decoder(Record).decode
_imprint = msgspec.json.Decoder(Imprint).decode
_named = msgspec.json.Decoder(tuple[str | None, str | None, tuple[str, ...] | None]).decode


def authors_text(names: Sequence[str]) -> str:
    """Return a list of names as it is stored."""
    return _encode(names).decode()


def authors_of(text: str) -> list[str]:
    """Return a stored list of names."""
    return _names(text)


def versions_text(versions: Sequence[Version]) -> str:
    """Return versions as they are stored."""
    return _encode([(v.number, v.date) for v in versions]).decode() if versions else "[]"


def imprint_text(imprint: Imprint | None) -> str:
    """Return an imprint as it is stored: empty fields left out, an empty text for none."""
    if imprint is None:
        return ""
    said = {f.name: value for f in fields(Imprint) if (value := getattr(imprint, f.name))}
    return _encode(said).decode() if said else ""


def record_text(record: Record) -> str:
    """Return a record as it is stored: compact JSON, empty fields left out."""
    return _encode(record).decode()


def record_of(text: str) -> Record:
    """Return a stored record."""
    return _record(text)


def merged_of(row: Row[Any]) -> Merged:
    """Return what a row of `papers` says, as it was merged."""
    return Merged(authors=tuple(_names(row.authors)), **_said(row))


def paper_of(row: Any, sources: Sequence[Any]) -> Paper:
    """Return the paper of a row of `papers` and its rows of `source_records`.

    Each of these has in `named` what the record names its paper by, as JSON.
    """
    return Paper(
        key=row.key,
        id=row.id,
        authors=tuple(map(_author, _names(row.authors))),
        day=text_of(row.day) if row.day > 0 else None,
        sources=tuple(
            SourceRef(
                source=s.source,
                source_id=s.source_id,
                origin=s.origin,
                url=s.url,
                first_seen=s.first_seen,
                gone_at=s.gone_at,
            )
            for s in sources
        ),
        twins=_twins(row, sources),
        **_said(row),
    )


@lru_cache(maxsize=16_384)
def _author(name: str) -> Author:
    return Author(name=name, key=name_key(name))


def _said(row: Any) -> dict[str, Any]:
    """Return the fields that a paper has alike as it was merged and as it is shown."""
    return {
        "title": row.title,
        "abstract": row.abstract,
        "summary": row.summary,
        "categories": tuple(row.categories.split()),
        "submitted": row.submitted,
        "updated": row.updated,
        "announced": row.announced,
        "venue": row.venue,
        "comment": row.comment,
        "journal_ref": row.journal_ref,
        "licence": row.licence,
        "arxiv_id": row.arxiv_id,
        "doi": row.doi,
        "versions": tuple(Version(number=n, date=d) for n, d in _versions(row.versions)),
        "modified": row.modified,
        "featured": row.featured,
        "standing": row.standing,
        "code": row.code,
        "keywords": tuple(_names(row.keywords)),
        "imprint": _imprint(row.imprint) if row.imprint else None,
    }


def filing_of(categories: str, keywords: Any) -> Filing:
    """Return what a paper is filed under, by two columns of its row."""
    return Filing(tuple(categories.split()), tuple(_names(keywords)))


def index_row_of(row: Row[Any], sources: tuple[str, ...]) -> IndexRow:
    """Return a paper as the indexes need it."""
    names = tuple(_names(row.authors))
    return IndexRow(
        key=row.key,
        seq=row.seq,
        id=row.id,
        title=row.title,
        abstract=row.abstract,
        summary=row.summary,
        authors=names,
        author_keys=tuple(name_key(name) for name in names),
        categories=tuple(row.categories.split()),
        venue=row.venue,
        sources=sources,
        day_number=row.day,
        arxiv_id=row.arxiv_id or "",
        doi=row.doi or "",
        flags=flags_in(row._mapping),
        is_gone=row.day == HIDDEN,
    )


def flags_in(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return the flags of a row of `papers`."""
    return flags_of(**{name: row[name] for name in FLAGGED})


def gone_row(seq: int, key: int) -> IndexRow:
    """Return a paper that is no more as the indexes need it: by its number alone."""
    return IndexRow(
        key=key,
        seq=seq,
        id="",
        title="",
        abstract="",
        summary="",
        authors=(),
        author_keys=(),
        categories=(),
        venue="",
        sources=(),
        day_number=0,
        arxiv_id="",
        doi="",
        is_gone=True,
    )


def _twins(row: Any, sources: Sequence[Any]) -> tuple[str, ...]:
    """Return what its records name a paper by, besides its own arXiv id and DOI."""
    found: dict[str, None] = {}
    for source in sources:
        arxiv_id, doi, twins = _named(source.named)
        names = ((f"arxiv:{arxiv_id}", arxiv_id), (f"doi:{doi}", doi))
        found |= dict.fromkeys([name for name, value in names if value])
        found |= dict.fromkeys(twins or ())
    own = {f"arxiv:{row.arxiv_id}", f"doi:{row.doi}"}
    return tuple([name for name in found if name not in own])
