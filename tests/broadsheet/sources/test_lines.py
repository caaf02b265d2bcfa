"""Lines of bounded length, and records one to a line."""

import io

import pytest

from broadsheet.model.errors import SourceError
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.sources.lines import MAX_LINE_BYTES, read_lines, read_records


def parse(data: bytes) -> Record:
    if data == b"bad":
        raise SourceError("no title")
    return Record(source="s", source_id=data.decode(), title="t")


def test_lines_are_numbered_from_one_and_reading_goes_on_after_start() -> None:
    stream = io.BytesIO(b"\xef\xbb\xbfa\r\nb\n\nc")
    assert list(read_lines(stream, file="f")) == [(1, b"a\r\n"), (2, b"b\n"), (3, b"\n"), (4, b"c")]
    stream.seek(0)
    assert list(read_lines(stream, file="f", start=3)) == [(4, b"c")]


def test_a_line_over_the_bound_is_refused_and_the_next_is_read() -> None:
    long = b"x" * (MAX_LINE_BYTES + 1)
    exact = b"y" * (MAX_LINE_BYTES - 1) + b"\n"
    items = list(read_lines(io.BytesIO(b"a\n" + long * 2 + b"\nb\n" + exact), file="f"))
    refused = items[1]
    assert isinstance(refused, Reject)
    assert (refused.line, refused.reason) == (2, "line over 8,000,000 bytes")
    assert refused.excerpt == "x" * 200
    assert [items[0], *items[2:]] == [(1, b"a\n"), (3, b"b\n"), (4, exact)]


def test_blank_lines_are_passed_over_and_refusals_stand_in_their_place() -> None:
    items = list(read_records(io.BytesIO(b"a\n \nbad\nb\n"), file="f", start=0, parse=parse))
    assert [(i.line, i.resume) for i in items] == [(1, 1), (3, 3), (4, 4)]
    assert [type(i) for i in items] == [Located, Reject, Located]
    assert items[1] == Reject(file="f", line=3, reason="no title", excerpt="bad", resume=3)


@pytest.mark.parametrize(("data", "shown"), [(b"a\x00\x07b", "a��b"), (b"\xff\xfe", "��")])
def test_excerpts_are_printable(data: bytes, shown: str) -> None:
    def refuse(data: bytes) -> Record:
        raise SourceError("no")

    (item,) = read_records(io.BytesIO(data), file="f", start=0, parse=refuse)
    assert isinstance(item, Reject)
    assert item.excerpt == shown
