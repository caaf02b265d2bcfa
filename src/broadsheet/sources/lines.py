"""Lines of a stream, none longer than a bound, and the records that stand one to a line."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from broadsheet.model.errors import BroadsheetError, SourceError
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record

MAX_LINE_BYTES = 8_000_000
_EXCERPT = 200
_BOM = b"\xef\xbb\xbf"


def read_lines(
    stream: BinaryIO, *, file: str, start: int = 0
) -> Iterator[tuple[int, bytes] | Reject]:
    """Yield each line with its number from 1, beginning after the first `start` lines.

    A line over 8 MB is passed over in pieces and yielded as a Reject; so is a damaged archive,
    at the line where it breaks.
    """
    number = 0
    try:
        while data := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            too_long = len(data) > MAX_LINE_BYTES
            if too_long:
                _pass_over(stream, data)
            if number <= start:
                continue
            if too_long:
                yield reject(file, number, f"line over {MAX_LINE_BYTES:,} bytes", data[:1000])
            else:
                yield number, data.removeprefix(_BOM) if number == 1 else data
    except SourceError as e:
        yield reject(file, max(number, start) + 1, str(e), b"")


def read_records(
    stream: BinaryIO, *, file: str, start: int, parse: Callable[[bytes], Record]
) -> Iterator[Located | Reject]:
    """Yield the record of each line that is not blank; what `parse` refuses as a Reject."""
    for item in read_lines(stream, file=file, start=start):
        if isinstance(item, Reject):
            yield item
            continue
        number, data = item
        data = data.strip()
        if not data:
            continue
        try:
            yield Located(record=parse(data), line=number, resume=number)
        except BroadsheetError as e:
            yield reject(file, number, str(e), data)


def reject(file: str, line: int, reason: str, data: bytes) -> Reject:
    """Return a Reject with what came, cut short and made printable."""
    text = data[: _EXCERPT * 4].decode("utf-8", "replace")[:_EXCERPT]
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return Reject(file=file, line=line, reason=reason, excerpt=shown, resume=line)


def _pass_over(stream: BinaryIO, data: bytes) -> None:
    while data and not data.endswith(b"\n"):
        data = stream.readline(1 << 20)
