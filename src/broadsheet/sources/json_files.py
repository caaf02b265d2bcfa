"""Files of JSON: a document that is read whole, or a row a line where the first line is one."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, cast

from broadsheet.model.errors import SourceError
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.sources.documents import Item, read_document
from broadsheet.sources.json_documents import Object, parse_json
from broadsheet.sources.lines import MAX_LINE_BYTES, read_records, reject


def read_json(
    stream: BinaryIO,
    *,
    file: str,
    start: int,
    is_row: Callable[[Object], bool],
    record: Callable[[Object], Record],
    items: Callable[[Any], Iterable[Item]],
) -> Iterator[Located | Reject]:
    """Yield the records of a file from the place `start` on; lines are read one at a time.

    Args:
        is_row: whether an object is a record by itself, not an answer around records.
        record: returns a row's record or raises SourceError.
        items: yields what stands in a document's value or raises SourceError.
    """
    try:
        first = stream.readline(MAX_LINE_BYTES + 1)
    except SourceError as e:
        yield reject(file, start + 1, str(e), b"")
        return
    whole = cast(BinaryIO, _Rejoined(first, stream))
    if _is_row_alone(first, is_row):
        yield from read_records(
            whole, file=file, start=start, parse=lambda data: record(_object(data))
        )
    else:
        yield from read_document(
            whole, file=file, start=start, parse=lambda data: items(parse_json(data))
        )


class _Rejoined:
    """A stream whose first line has been looked at."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first = first
        self._rest = rest

    def readline(self, size: int) -> bytes:
        first, self._first = self._first, b""
        return first or self._rest.readline(size)

    def read(self, size: int) -> bytes:
        first, self._first = self._first, b""
        return first + self._rest.read(size - len(first))


def _is_row_alone(line: bytes, is_row: Callable[[Object], bool]) -> bool:
    try:
        return len(line) <= MAX_LINE_BYTES and is_row(_object(line))
    except SourceError:
        return False


def _object(data: bytes) -> Object:
    value = parse_json(data)
    if not isinstance(value, dict):
        raise SourceError("not an object")
    return value
