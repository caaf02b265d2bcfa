"""The clock of these tests, and short ways to read a text as a file."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.model.source_ports import Format


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return lambda: datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Reader:
    """Reads texts through one source."""

    source: Format

    def items(self, data: bytes, *, start: int = 0) -> list[Located | Reject]:
        return list(self.source.read(io.BytesIO(data), file="folder/file.jsonl.gz", start=start))

    def only(self, data: bytes) -> Record:
        (item,) = self.items(data)
        assert isinstance(item, Located), item
        return item.record

    def reason(self, data: bytes) -> str:
        (item,) = self.items(data)
        assert isinstance(item, Reject), item
        return item.reason


@pytest.fixture
def reader_of() -> type[Reader]:
    return Reader
