"""The writer of an index is killed at any moment: rows, ids, attributes and codes belong together.

The store's own test says more of the rows (`tests/typecase/data/test_store_killed.py`); here the
codes beside them are asked, too: a search that allows for every error must be exact. What a row's
attributes are is asked by predicates: one for each bit of the values that they were made of.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.data.bitmaps import unpack
from typecase.data.predicates import Attribute
from typecase.indexes import TwoGrainIndex, two_grain_changes
from typecase.indexes.two_grain_outlook import Effort

WRITER = Path(__file__).parent / "killed_index.py"
BORDER = 256
N_BITS = 24
Content = dict[int, tuple[int, int]]
"""Of each id the value of its row, and that of its marks."""


@pytest.fixture
def writers(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    monkeypatch.setattr(two_grain_changes, "_EXACT_ROWS", BORDER)
    monkeypatch.setattr(two_grain_changes, "_EXAM_QUERIES", 8)
    process = subprocess.Popen(
        [sys.executable, str(WRITER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    yield process
    process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize(
    "n_kills",
    [pytest.param(20, marks=pytest.mark.integration), pytest.param(1000, marks=pytest.mark.slow)],
)
def test_kill_9_at_any_moment(tmp_path: Path, writers: subprocess.Popen[str], n_kills: int) -> None:
    rng = np.random.default_rng(n_kills)
    content: Content = {}
    in_flight = dict.fromkeys(("fit", "update", "set", "remove", "compact", "save"), 0)
    value, n_with_cells = 0, 0
    for kill in range(n_kills):
        started, value = _run_and_kill(writers, tmp_path, content, kill, value, rng)
        if not (tmp_path / "manifest.json").exists():
            continue
        index = TwoGrainIndex.open(tmp_path, random_state=0)
        found = _content(index)
        if started:
            in_flight[started[0]] += 1
            assert found in (content, _after(content, *started)), started[0]
        else:
            assert found == content
        content = found
        n_with_cells += _check_codes(index)
    assert n_with_cells > n_kills // 2
    del in_flight["fit"]  # of the first writers only
    assert n_kills < 1000 or min(in_flight.values()) > 20


@pytest.mark.parametrize(
    "n_kills",
    [pytest.param(12, marks=pytest.mark.integration), pytest.param(300, marks=pytest.mark.slow)],
)
def test_kill_9_while_an_empty_folder_is_filled(
    tmp_path: Path, writers: subprocess.Popen[str], n_kills: int
) -> None:
    rng, n_unsaid, n_whole = np.random.default_rng(n_kills), 0, 0
    usual_s = _seconds_to_fill(tmp_path / "timed")
    for kill in range(n_kills):
        folder, content = tmp_path / str(kill), Content()
        started, _ = _run_and_kill(
            writers, folder, content, kill, 0, rng, n_steps=-1, mean_s=2 * usual_s
        )
        if not (folder / "manifest.json").exists():
            continue
        index = TwoGrainIndex.open(folder, random_state=0)
        found = _content(index)
        assert found in ((content, _after(content, *started)) if started else (content,))
        n_unsaid += started is not None and started[0] == "fit"
        n_whole += _check_codes(index)
    assert n_unsaid > 0
    assert n_kills < 300 or min(n_unsaid, n_whole) > 10


def _seconds_to_fill(folder: Path) -> float:
    """Return how long it takes here and now, which depends on what else the machine does."""
    x = np.random.default_rng(0).standard_normal((2 * BORDER, 16)).astype(np.float32)
    start = time.perf_counter()
    with TwoGrainIndex.open(folder, write=True, dim=16) as index:
        index.fit(x)
    return time.perf_counter() - start


def _check_codes(index: TwoGrainIndex) -> bool:
    """Return whether there are cells; every live row must be found by way of them."""
    snapshot = index.snapshot_
    if snapshot.codes.cells is None:
        return False
    assert snapshot.codes.cells.n_rows == len(snapshot.table)
    view = index._view(snapshot)
    assert view is not None
    live = (
        np.flatnonzero(snapshot.table.lookup.alive.bools())
        if (snapshot.table.lookup.alive is not None)
        else np.arange(len(snapshot.table))
    )
    q = snapshot.table.x.take(live[:: max(1, len(live) // 5)])
    q = (q / np.linalg.norm(q, axis=1, keepdims=True)).astype(np.float32)
    _, scores, _ = view.search(q, 5, view.allow(None), Effort(error=1e6, missing=0.0))
    exact = index.search(q, 5, recall=1.0)
    # rows that differ in the last bit of their scores may change places
    assert np.abs(scores - exact.scores).max() < 3e-7
    return True


def _run_and_kill(
    writers: subprocess.Popen[str],
    folder: Path,
    content: Content,
    seed: int,
    value: int,
    rng: np.random.Generator,
    *,
    n_steps: int | None = None,
    mean_s: float = 0.01,
) -> tuple[tuple[str, list[int]] | None, int]:
    """Let a writer do some steps and kill it; bring content up to what it acknowledged."""
    assert writers.stdin is not None
    assert writers.stdout is not None
    writers.stdin.write(f"{folder} {seed} {value}\n")
    writers.stdin.flush()
    lines = iter(writers.stdout.readline, "")
    pid = int(next(line for line in lines if line.startswith("pid")).split()[1])
    n_steps, started = int(rng.integers(0, 4)) if n_steps is None else n_steps, None
    is_killed = False
    for line in lines:
        if line == "gone\n":
            return started, value
        if line == "done\n":
            assert started is not None
            after = _after(content, *started)
            content.clear()
            content.update(after)
            started = None
            n_steps -= 1
        elif line.endswith("]\n"):  # else cut off: the step was not begun
            kind, numbers = line.split(maxsplit=1)
            started = kind, json.loads(numbers)
            value += max(0, len(started[1]) - 1) if kind in ("fit", "update", "set") else 0
        if n_steps < 0 and not is_killed:
            _spin(float(rng.exponential(mean_s)))
            os.kill(pid, signal.SIGKILL)
            is_killed = True
    raise AssertionError("the writers ended by themselves")


def _after(content: Content, kind: str, numbers: list[int]) -> Content:
    after = dict(content)
    if kind in ("fit", "update"):
        after |= {number: (numbers[0] + i,) * 2 for i, number in enumerate(numbers[1:])}
    elif kind == "set":
        new = {number: numbers[0] + i for i, number in enumerate(numbers[1:])}
        after |= {number: (after[number][0], mark) for number, mark in new.items()}
    elif kind == "remove":
        for number in numbers:
            del after[number]
    return after


def _content(index: TwoGrainIndex) -> Content:
    """Return the values of each id, of which its vector and its attributes were made."""
    ids = index.ids
    table = index.snapshot_.table
    rows = table.lookup.find(ids)
    x = table.x.take(rows)
    values: NDArray[np.int64] = (1000 * x[:, 0] + x[:, 1]).astype(np.int64)
    if not len(ids):
        return {}
    assert np.array_equal(_value_of(index, "bits")[rows], values)
    marks = _value_of(index, "marks")[rows].tolist()
    return dict(zip(ids.tolist(), zip(values.tolist(), marks, strict=True), strict=True))


def _value_of(index: TwoGrainIndex, name: str) -> NDArray[np.int64]:
    """Return the value of every row by what predicates say of its bits."""
    attributes = index.snapshot_.table.attributes
    assert attributes is not None
    n = len(attributes)
    assert unpack(attributes.rows_where(Attribute(name) == -1), n).all()
    out = np.zeros(n, dtype=np.int64)
    for bit in range(N_BITS):
        out |= unpack(attributes.rows_where(Attribute(name) == bit), n).astype(np.int64) << bit
    return out


def _spin(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
