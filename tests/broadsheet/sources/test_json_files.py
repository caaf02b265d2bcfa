"""Documents and lines of JSON are told apart by their first line."""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pytest

from broadsheet.model.errors import SourceError
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.sources.documents import Item
from broadsheet.sources.json_documents import Object, objects
from broadsheet.sources.json_files import read_json


def record(row: Object) -> Record:
    if "id" not in row:
        raise SourceError("no id")
    return Record(source="s", source_id=row["id"], title="T")


def items(value: Any) -> Iterator[Item]:
    yield from (record(row) for row in objects(value, "rows"))


def read(data: bytes | BinaryIO, *, start: int = 0) -> list[Any]:
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    found = read_json(
        stream,
        file="a.json",
        start=start,
        is_row=lambda row: "id" in row,
        record=record,
        items=items,
    )
    return [
        (item.record.source_id, item.resume) if isinstance(item, Located) else item.reason
        for item in found
    ]


LINES = b'{"id": "a"}\n\n{"id": "b"}\n{"x\n{}\n[1]\n{"id": "c"}'


def test_of_lines_a_bad_one_is_refused_and_the_others_stay() -> None:
    found = [("a", 1), ("b", 3), "invalid JSON", "no id", "not an object", ("c", 7)]
    assert read(LINES) == found
    assert read(b"\xef\xbb\xbf" + LINES) == found
    assert read(LINES, start=3) == found[2:]


@pytest.mark.parametrize(
    "data",
    [b'{"rows": [{"id": "a"}, {"id": "b"}]}\n', b'{\n "rows": [{"id": "a"},\n{"id": "b"}]}'],
)
def test_a_document_is_read_whole_however_its_lines_break(data: bytes) -> None:
    assert read(data) == [("a", 1), ("b", 2)]
    assert read(data, start=1) == [("b", 2)]


@pytest.mark.parametrize("data", [b"", b"\n", b"<html>", b"[" * 10_000, b'{"id": "\0"}'])
def test_what_is_neither_is_one_refusal(data: bytes) -> None:
    (reason,) = read(data)
    assert isinstance(reason, str)


def test_a_damaged_archive_is_refused_where_it_breaks() -> None:
    class Damaged(io.BytesIO):
        def readline(self, size: int | None = -1) -> bytes:
            raise SourceError("the archive is damaged")

    (item,) = read_json(
        cast(BinaryIO, Damaged()),
        file="a",
        start=3,
        is_row=lambda row: True,
        record=record,
        items=items,
    )
    assert isinstance(item, Reject)
    assert (item.reason, item.resume) == ("the archive is damaged", 4)
