"""Reading ahead says the same as reading here, whatever becomes of the process."""

import gzip
import json
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broadsheet.model.importing import Located, Reject
from broadsheet.sources import FileSources

NOW = datetime(2026, 11, 22, tzinfo=UTC)
N_ROWS = 4_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [
        json.dumps(
            {
                "id": f"2301.{n:05d}",
                "title": f"Ünder {n}",
                "abstract": "word " * 100,
                "date": "2029" if n % 97 == 3 else "2023-01",
                "authors": ["Ada L", "Bob M"],
                "versions": [{"version": 1, "date": "2023-01-02"}],
            }
        )
        for n in range(N_ROWS)
    ]
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join([*rows, "{broken"]).encode()))
    return path


def read(file: Path, *, ahead: bool, start: int = 0) -> list[Located | Reject]:
    sources = FileSources(clock=lambda: NOW, ahead_bytes=0 if ahead else 1 << 40)
    with sources.open(file, name="a") as papers:
        found = list(papers.records(start=start))
        assert papers.bytes_read() == papers.size_bytes
    return found


@pytest.fixture
def children() -> Callable[[], list[int]]:
    """Lists the processes that this one has started and not ended."""
    task = Path(f"/proc/self/task/{os.getpid()}/children")
    if not task.exists():
        pytest.skip("the system does not list a process's children")
    before = set(task.read_text().split())
    return lambda: [int(pid) for pid in task.read_text().split() if pid not in before]


@pytest.mark.parametrize("start", [0, 1_234, N_ROWS, N_ROWS + 1])
def test_it_says_the_same(file: Path, start: int) -> None:
    found = read(file, ahead=True, start=start)
    assert found == read(file, ahead=False, start=start)
    assert len(found) == N_ROWS + 1 - start


def test_what_is_not_read_to_the_end_leaves_no_process(
    file: Path, children: Callable[[], list[int]]
) -> None:
    sources = FileSources(clock=lambda: NOW, ahead_bytes=0)
    with sources.open(file, name="a") as papers:
        items = papers.records()
        next(items)
        assert len(children()) == 1
    assert children() == []


def test_reading_goes_on_here_when_the_process_is_killed(
    file: Path, children: Callable[[], list[int]]
) -> None:
    sources = FileSources(clock=lambda: NOW, ahead_bytes=0)
    with sources.open(file, name="a") as papers:
        items = papers.records()
        found = [next(items)]
        (child,) = children()
        os.kill(child, signal.SIGKILL)
        found += items
    assert found == read(file, ahead=False)


def test_reading_is_done_here_when_no_process_can_be_started(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/python")
    assert read(file, ahead=True) == read(file, ahead=False)
