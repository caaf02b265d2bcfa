"""Documents that are read whole, and the records that stand in them."""

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from broadsheet.model.errors import BroadsheetError, SourceError
from broadsheet.model.harvest import Fault
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.sources.json_rows import hash_of
from broadsheet.sources.lines import reject

MAX_DOCUMENT_BYTES = 128_000_000
_encode = msgspec.json.Encoder().encode

Item = Record | Fault
Parse = Callable[[bytes], Iterable[Item]]
"""Yields what stands in a document, in order. Raises SourceError where it cannot be read at all,
or from some item on."""


def read_document(
    stream: BinaryIO, *, file: str, start: int, parse: Parse
) -> Iterator[Located | Reject]:
    """Yield the records of a document from the place `start` on, each with its number from 1.

    A document that cannot be read is one Reject, at the number of the item where it breaks.
    """
    number = 0
    try:
        data = stream.read(MAX_DOCUMENT_BYTES + 1)
        if len(data) > MAX_DOCUMENT_BYTES:
            raise SourceError(f"a document over {MAX_DOCUMENT_BYTES:,} bytes")
        for item in parse(data):
            number += 1
            if number <= start:
                continue
            if isinstance(item, Record):
                yield Located(record=item, line=number, resume=number)
            else:
                yield reject(file, number, item.reason, item.excerpt.encode("utf-8", "replace"))
    except SourceError as e:
        if number >= start:
            yield reject(file, number + 1, str(e), b"")


def record_or_fault(make: Callable[[], Record], excerpt: Iterable[str]) -> Item:
    """Return the record that `make` returns, or the reason for which it raises.

    Args:
        excerpt: what names the thing to its reader, as its id or title; a text, or pieces of one,
            which are made only where they are needed.
    """
    try:
        return make()
    except BroadsheetError as e:
        return Fault(reason=str(e), excerpt="".join(excerpt)[:200])


def with_hash(record: Record) -> Record:
    """Return a record with the hash of what it says: counters and order of keys do not matter.

    For sources whose records hold much that changes by the hour and is not read.
    """
    said = replace(record, counts=(), modified=None, raw_hash="")
    return replace(record, raw_hash=hash_of(_encode(said)))
