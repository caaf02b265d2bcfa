"""Documents that are read whole, and the records that stand in them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from broadsheet.model.errors import BroadsheetError, SourceError
from broadsheet.model.harvest import Fault
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.sources.json_rows import hash_of
from broadsheet.sources.lines import reject

MAX_DOCUMENT_BYTES = 128_000_000

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


def record_or_fault(make: Callable[[], Record], excerpt: str) -> Item:
    """Return the record that `make` returns, or the reason for which it raises.

    Args:
        excerpt: what names the thing to its reader, as its id or title.
    """
    try:
        return make()
    except BroadsheetError as e:
        return Fault(reason=str(e), excerpt=excerpt[:200])


def with_hash(record: Record) -> Record:
    """Return the record with a hash of all that it says but its counts.

    It is the same however its source orders keys or spells mark-up.
    """
    said = replace(record, counts=(), raw_hash="")
    return replace(record, raw_hash=hash_of(repr(said).encode("utf-8", "surrogatepass")))
