"""What the word index holds of a paper."""

import re
from collections.abc import Set
from functools import cache

from tantivy import Document, Schema, SchemaBuilder

from broadsheet.model.categories import filter_codes
from broadsheet.model.library import IndexRow
from broadsheet.search.analysis import ANALYZER, encodable, plain, title_name

FORMAT = 2
"""Grows with every change of the fields or of the analysis: an older index is built anew."""

_MOST_AUTHORS_IN_TEXT = 30
_LONGEST_TEXT = 100_000
_YEAR_AT_END = re.compile(r"\s+(?:19|20)\d\d\Z")


@cache
def schema() -> Schema:
    """Return the fields.

    `text` holds title, abstract or summary, and the first authors together: BM25 over one field
    beats the sum over several (docs/decisions/0004-search.md). `title` is there for its boost.
    The others are for filters, never for scores.
    """
    builder = SchemaBuilder()
    builder.add_unsigned_field("key", indexed=True, fast=True)
    builder.add_unsigned_field("day", fast=True)
    builder.add_text_field("text", tokenizer_name=ANALYZER, index_option="position")
    builder.add_text_field("title", tokenizer_name=ANALYZER, index_option="freq")
    for name in ("ident", "category", "author", "venue", "source", "flag"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    return builder.build()


def document(row: IndexRow) -> Document:
    """Return what is indexed of a paper."""
    doc = Document()
    doc.add_unsigned("key", row.key)
    doc.add_unsigned("day", max(row.day_number, 0))
    title = plain(row.title)
    doc.add_text("title", title)
    authors = ", ".join(row.authors[:_MOST_AUTHORS_IN_TEXT])
    for text in (title, plain((row.abstract or row.summary)[:_LONGEST_TEXT]), plain(authors)):
        doc.add_text("text", text)
    for field, values in _names(row).items():
        for value in sorted(values):
            doc.add_text(field, encodable(value))
    return doc


def venue_key(venue: str) -> str:
    """Return what the spellings of one venue share."""
    return " ".join(venue.casefold().split())


def venue_names(venue: str) -> list[str]:
    """Return every name by which a filter finds a venue: its own, and it without its year."""
    key = venue_key(venue)
    return [name for name in dict.fromkeys((key, _YEAR_AT_END.sub("", key))) if name]


def _names(row: IndexRow) -> dict[str, Set[str]]:
    """Return what filters find the paper by, as the database has it."""
    return {
        "ident": {n.lower() for n in (row.id, row.arxiv_id, row.doi) if n}
        | {title_name(row.title)},
        "category": filter_codes(row.categories),
        "author": set(row.author_keys),
        "venue": set(venue_names(row.venue)),
        "source": set(row.sources),
        "flag": set(row.flags),
    }
