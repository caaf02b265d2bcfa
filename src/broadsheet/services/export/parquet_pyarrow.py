"""Papers as a Parquet file: one row a paper, texts as they are kept, zstandard inside."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
from pyarrow import parquet

from broadsheet.model.paper import Paper, SourceRef
from broadsheet.services.export.publication import imprint_of

_ROWS = 5_000
"""Papers in one row group, and so in memory at a time."""

_SOURCE_NAMES = ("source", "source_id", "url", "first_seen")
_SOURCE = pa.struct([(name, pa.string()) for name in _SOURCE_NAMES])
_VERSION = pa.struct([("number", pa.int32()), ("date", pa.string())])
_LISTS = {
    "authors": pa.string(),
    "categories": pa.string(),
    "keywords": pa.string(),
    "twins": pa.string(),
    "versions": _VERSION,
    "sources": _SOURCE,
}
_NAMES = """id title abstract summary authors categories day submitted updated announced modified
featured standing venue comment journal_ref licence arxiv_id doi twins code keywords kind volume
issue pages publisher language versions sources"""
SCHEMA = pa.schema(
    [(n, pa.list_(_LISTS[n]) if n in _LISTS else pa.string()) for n in _NAMES.split()]
)


def write_parquet(papers: Iterable[Paper], out: BinaryIO) -> None:
    """Write papers into a binary stream, in the columns of `SCHEMA`.

    Dates are partial ISO dates, as texts: a year, a month or a day. What is not known is null.
    """
    with parquet.ParquetWriter(out, SCHEMA, compression="zstd") as writer:
        for rows in _batches(_row(paper) for paper in papers):
            writer.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, _ROWS)):
        yield batch


def _row(paper: Paper) -> dict[str, Any]:
    row = {name: _known(getattr(paper, name, None)) for name in SCHEMA.names}
    return row | {
        "authors": [_text(author.name) for author in paper.authors],
        "versions": [msgspec.structs.asdict(version) for version in paper.versions],
        "sources": [_source(ref) for ref in paper.sources],
        **{name: _known(text) for name, text in asdict(imprint_of(paper)).items()},
    }


def _source(ref: SourceRef) -> dict[str, Any]:
    return {name: _known(getattr(ref, name)) for name in _SOURCE_NAMES}


def _known(value: Any) -> Any:
    """A text, or None for an empty one; a tuple of texts as a list."""
    if isinstance(value, tuple):
        return [_text(text) for text in value if isinstance(text, str)]
    return _text(value) or None if isinstance(value, str) else value


def _text(text: str) -> str:
    """The text without half characters, which no file of texts may hold."""
    return text.encode("utf-8", "replace").decode()
