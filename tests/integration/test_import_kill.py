"""An import that is killed at any moment, and two imports at once."""

import contextlib
import gzip
import json
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from broadsheet.model.library import LIBRARY_FILE
from broadsheet.store import open_store

pytestmark = pytest.mark.integration

N_ROWS = 3_000
N_KILLS = 12
IMPORTER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from broadsheet.services import importing
from broadsheet.sources import FileSources
from broadsheet.store import open_store

importing.BATCH = 100
clock = lambda: datetime(2026, 11, 22, tzinfo=UTC)
folder = Path(sys.argv[1])
store = open_store(folder=folder, clock=clock)
service = importing.ImportService(
    store=store,
    sources=FileSources(clock=clock, ahead_bytes=0),
    clock=clock,
    rejects_folder=folder,
    after_batch=lambda: print(store.counts().source_records, flush=True),
)
report = service.run([Path(p) for p in sys.argv[2:]])
print("done", report.new_papers, report.rejected, flush=True)
store.close()
"""
DUMPS = (
    "SELECT * FROM papers ORDER BY key",
    "SELECT * FROM facets ORDER BY kind, value, day, paper",
    "SELECT * FROM identifiers ORDER BY scheme, value",
    "SELECT id, source, source_id, origin, paper, raw_hash, fingerprint, line, payload "
    "FROM source_records ORDER BY id",
    "SELECT fingerprint, resume, done, records FROM file_states ORDER BY fingerprint",
    "SELECT fingerprint, file, line, reason FROM rejects ORDER BY fingerprint, line",
    "SELECT * FROM counters WHERE name = 'seq'",
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two files that share papers, with broken lines, duplicates and one paper in two rows."""
    folder = tmp_path_factory.mktemp("files")
    first = folder / "a.jsonl.gz"
    first.write_bytes(gzip.compress(_lines(0, "arxiv")))
    second = folder / "b.jsonl"
    second.write_bytes(_lines(N_ROWS // 2, "shelf"))
    return [first, second]


def _lines(first: int, source: str) -> bytes:
    lines = []
    for number in range(first, first + N_ROWS):
        row = {
            "id": f"2301.{number - number % 7 // 6:05d}",
            "title": f"A study of the number {number} and of others",
            "abstract": f"We study {number}. " * 20,
            "authors": ["Ada Lovelace", f"Bob {number % 50}"],
            "categories": ["cs.CL", "math.CO"][: 1 + number % 2],
            "date": f"2023-01-{number % 28 + 1:02d}",
            "source": source,
        }
        lines.append("{broken" if number % 211 == 5 else json.dumps(row))
    return "\n".join(lines).encode()


def start(library: Path, files: list[Path]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", IMPORTER, str(library), *map(str, files)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(library: Path, files: list[Path]) -> str:
    process = start(library, files)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return output.splitlines()[-1]


def state(library: Path) -> list[list[tuple[object, ...]]]:
    connection = sqlite3.connect(library / LIBRARY_FILE)
    found = [connection.execute(query).fetchall() for query in DUMPS]
    connection.close()
    return found


def kill(
    process: "subprocess.Popen[str]", *, after_batches: int, then_s: float
) -> tuple[int, bool]:
    """Kill the process some batches and a moment on.

    Return the records it had acknowledged, and whether it was still at work.
    """
    assert process.stdout is not None
    acknowledged = 0
    for _ in range(after_batches):
        line = process.stdout.readline().strip()
        acknowledged = int(line) if line.isdigit() else acknowledged
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=then_s)
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    return acknowledged, process.wait() == -signal.SIGKILL


@pytest.mark.slow
def test_an_import_killed_at_many_moments_ends_as_if_it_had_not_been(
    tmp_path: Path, files: list[Path]
) -> None:
    finish(tmp_path / "whole", files)
    library = tmp_path / "killed"
    chance = random.Random(20261122)
    n_hit = 0
    for n_kill in range(N_KILLS):
        # The first ones fall while the library is being made, the others inside the batches.
        after_batches = 0 if n_kill < N_KILLS // 3 else chance.randint(1, 4)
        then_s = chance.uniform(0.0, 1.0 if after_batches == 0 else 0.05)
        process = start(library, files)
        acknowledged, was_hit = kill(process, after_batches=after_batches, then_s=then_s)
        n_hit += was_hit
        if (library / LIBRARY_FILE).is_file():
            store = open_store(folder=library)
            assert store.counts().source_records >= acknowledged
            assert store.problems() == []
            store.close()
    assert n_hit >= N_KILLS // 2
    finish(library, files)
    assert state(library) == state(tmp_path / "whole")
    left = {path.name for path in library.iterdir()}
    assert left == {path.name for path in (tmp_path / "whole").iterdir()}


@pytest.mark.slow
def test_two_imports_at_once_both_succeed(tmp_path: Path, files: list[Path]) -> None:
    one_by_one = tmp_path / "one"
    for file in files:
        finish(one_by_one, [file])
    library = tmp_path / "both"
    processes = [start(library, [file]) for file in files]
    for process in processes:
        process.communicate(timeout=120)
        assert process.returncode == 0
    together, apart = open_store(folder=library), open_store(folder=one_by_one)
    assert together.problems() == []
    assert together.counts() == apart.counts()
    seqs = [row.seq for row in together.changes(after=0, limit=100_000)]
    assert len(seqs) == len(set(seqs)) == together.counts().papers
    together.close()
    apart.close()


@pytest.mark.slow
def test_the_same_file_twice_at_once_goes_in_once(tmp_path: Path, files: list[Path]) -> None:
    finish(tmp_path / "one", files[:1])
    library = tmp_path / "both"
    processes = [start(library, files[:1]) for _ in range(2)]
    for process in processes:
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert state(library) == state(tmp_path / "one")
