"""A paper as it is to be stored: merged from its records, as a row and its facets."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from broadsheet.model.identifiers import name_key, title_key
from broadsheet.model.merging import Merged, first_author, merge, public_id, text_hash, year_of
from broadsheet.model.paper import Record
from broadsheet.store.filters import facet_rows
from broadsheet.store.notices import Notice, weightier
from broadsheet.store.rows import authors_text, flags_in, imprint_text, versions_text
from broadsheet.store.schema import HIDDEN

# What lists and counts go by, of a paper that is to be in none.
_UNLISTED: dict[str, Any] = {"day": HIDDEN, "categories": "", "venue": ""}

Facet = tuple[str, str, int]
"""Kind, value and the paper's day, as they stand in `facets`."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """A paper as it is to be.

    Args:
        records: all its records, oldest first.
        notice: the other work that takes it back, if there is one.
        is_hidden: whether every source has deleted its record: then it is in no list.
        row: its row in `papers`; `id` and `seq` are given when it is written.
    """

    key: int
    merged: Merged
    records: Sequence[Record]
    row: dict[str, Any]
    sources: frozenset[str]
    notice: Notice | None = None
    is_hidden: bool = False

    @property
    def wished_id(self) -> str:
        """The public id that it gets unless another paper has it."""
        return public_id(self.merged, self.records)

    @property
    def facets(self) -> set[Facet]:
        """Every value by which it is found."""
        if self.is_hidden:
            return set()
        merged = self.merged
        return facets_of(
            authors=merged.authors,
            categories=merged.categories,
            sources=self.sources,
            venue=merged.venue,
            flags=flags_in(self.row),
            day=self.row["day"],
        )

    @property
    def identifiers(self) -> list[tuple[str, str, int]]:
        """Scheme, value and key of every identifier that its records give."""
        return [
            (scheme, value, self.key)
            for record in self.records
            for scheme, value in record.identifiers
        ]


def draft(
    key: int,
    records: Sequence[Record],
    notice: Notice | None = None,
    *,
    is_hidden: bool = False,
) -> Draft:
    """Return the paper that these records, oldest first, make."""
    merged = merge(records)
    if notice is not None:
        merged = replace(merged, standing=weightier(merged.standing, notice.standing))
    return Draft(
        key=key,
        merged=merged,
        records=records,
        row=_row(key, merged) | (_UNLISTED if is_hidden else {}),
        sources=frozenset(record.source for record in records),
        notice=notice,
        is_hidden=is_hidden,
    )


def facets_of(
    *,
    authors: Iterable[str],
    categories: tuple[str, ...],
    sources: Iterable[str],
    venue: str,
    flags: Iterable[str],
    day: int,
) -> set[Facet]:
    """Return every value by which a paper is found, with its day."""
    found = facet_rows(
        author_keys=map(name_key, authors),
        categories=categories,
        sources=sources,
        venue=venue,
        flags=flags,
    )
    return {(kind, value, day) for kind, value in found}


def title_number(key: str) -> int:
    """Return the signed 64-bit number under which a title key is stored."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _row(key: int, merged: Merged) -> dict[str, Any]:
    return {
        "key": key,
        "day": merged.day_number,
        "title": merged.title,
        "abstract": merged.abstract,
        "summary": merged.summary,
        "authors": authors_text(merged.authors),
        "categories": " ".join(merged.categories),
        "submitted": merged.submitted,
        "updated": merged.updated,
        "announced": merged.announced,
        "venue": merged.venue,
        "comment": merged.comment,
        "journal_ref": merged.journal_ref,
        "licence": merged.licence,
        "arxiv_id": merged.arxiv_id,
        "doi": merged.doi,
        "versions": versions_text(merged.versions),
        "title_hash": title_number(title_key(merged.title)),
        "first_author": first_author(merged.authors),
        "year": year_of(merged.submitted, merged.announced),
        "text_hash": text_hash(merged.abstract),
        "modified": merged.modified,
        "featured": merged.featured,
        "standing": merged.standing,
        "code": merged.code,
        "keywords": authors_text(merged.keywords),
        "imprint": imprint_text(merged.imprint),
    }
