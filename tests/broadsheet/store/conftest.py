"""A library in a folder of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.store import SqlStore, open_store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def store(folder: Path) -> Iterator[SqlStore]:
    opened = open_store(folder=folder, busy_timeout_s=0.05)
    yield opened
    opened.close()


@pytest.fixture
def assigned() -> Callable[..., list[Assigned]]:
    """Makes n records, each of a paper of its own."""

    def make(n: int, *, first: int = 0, abstract: str = "") -> list[Assigned]:
        return [
            Assigned(
                record=Record(
                    source="arxiv",
                    source_id=f"2301.{number:05d}",
                    title=f"A paper with the number {number}",
                    abstract=abstract,
                    authors=("Ada L", f"Bob {number}"),
                    categories=("cs.CL", "cs.LG"),
                    submitted=f"2023-01-{number % 28 + 1:02d}",
                    arxiv_id=f"2301.{number:05d}",
                    raw_hash=f"{number}",
                ),
                origin="a.jsonl",
                fingerprint="f",
                line=number + 1,
                paper=None,
                group=number,
            )
            for number in range(first, first + n)
        ]

    return make
