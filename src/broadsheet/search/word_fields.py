"""What the word index holds of a paper."""

import re
from functools import cache

from tantivy import Document, Schema, SchemaBuilder

from broadsheet.model.library import IndexRow
from broadsheet.search.analysis import ANALYZER, encodable, plain, title_name

FORMAT = 1
"""Grows with every change of the fields or of the analysis: an older index is built anew."""

_MOST_AUTHORS_IN_TEXT = 30
_LONGEST_TEXT = 100_000
_YEAR = re.compile(r"\W*\b(?:18|19|20)\d\d\b\W*")


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
    for name in ("ident", "category", "author", "venue", "source"):
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


def venue_names(venue: str) -> set[str]:
    """Return the names under which a venue is found: whole, and without its year."""
    whole = " ".join(venue.lower().split())
    return {whole, " ".join(_YEAR.sub(" ", whole).split())} - {""}


def category_names(category: str) -> set[str]:
    """Return a category and the archive that it belongs to: `cs.CL` and `cs`."""
    return {category, category.partition(".")[0]} - {""}


def _names(row: IndexRow) -> dict[str, set[str]]:
    return {
        "ident": {n.lower() for n in (row.id, row.arxiv_id, row.doi) if n}
        | {title_name(row.title)},
        "category": {name for c in row.categories for name in category_names(c)},
        "author": set(row.author_keys),
        "venue": venue_names(row.venue),
        "source": set(row.sources),
    }
