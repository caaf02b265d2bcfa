"""A writer is killed at any moment: what it acknowledged is there, the rest is there whole or not.

The writer is a real process, killed by SIGKILL at a random moment of append, remove, compact,
attach, or a merge; nothing is repaired by hand before the next one goes on.
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

from typecase.data.vector_store import VectorStore

WRITER = Path(__file__).parent / "killed_writer.py"
Content = dict[int, int]


@pytest.fixture
def writers() -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, str(WRITER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    yield process
    process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize("n_kills", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_kill_9_at_any_moment(tmp_path: Path, writers: subprocess.Popen[str], n_kills: int) -> None:
    rng = np.random.default_rng(n_kills)
    content: Content = {}
    n_in_flight = dict.fromkeys(("append", "remove", "compact", "attach"), 0)
    value = 0
    for kill in range(n_kills):
        started, value = _run_and_kill(writers, tmp_path, content, kill, value, rng)
        if not (tmp_path / "manifest.json").exists():
            continue
        store = VectorStore.open(tmp_path)
        found = _content(store)
        if started:
            n_in_flight[started[0]] += 1
            assert found in (content, _after(content, *started)), started[0]
        else:
            assert found == content
        content = found
        _check_copy(store)
        store.verify()
    assert n_kills < 1000 or min(n_in_flight.values()) > 20


def _run_and_kill(
    writers: subprocess.Popen[str],
    folder: Path,
    content: Content,
    seed: int,
    value: int,
    rng: np.random.Generator,
) -> tuple[tuple[str, list[int]] | None, int]:
    """Let a writer do some steps and kill it; bring content up to what it acknowledged.

    Returns the step that it was at, if any, and the next free value.
    """
    assert writers.stdin is not None
    assert writers.stdout is not None
    writers.stdin.write(f"{folder} {seed} {value}\n")
    writers.stdin.flush()
    lines = iter(writers.stdout.readline, "")
    pid = int(next(line for line in lines if line.startswith("pid")).split()[1])
    n_steps, started = int(rng.integers(0, 5)), None
    is_killed = False
    for line in lines:
        if line == "gone\n":
            return started, value
        started, value = _take_in(line, started, content, value)
        n_steps -= line == "done\n"
        if n_steps < 0 and not is_killed:
            _spin(float(rng.exponential(0.01)))
            os.kill(pid, signal.SIGKILL)
            is_killed = True
    raise AssertionError("the writers ended by themselves")


def _take_in(
    line: str, started: tuple[str, list[int]] | None, content: Content, value: int
) -> tuple[tuple[str, list[int]] | None, int]:
    if line == "done\n":
        assert started is not None
        after = _after(content, *started)
        content.clear()
        content.update(after)
        return None, value
    if not line.endswith("]\n"):
        return None, value  # cut off: the step was not begun
    kind, numbers = line.split(maxsplit=1)
    step = kind, json.loads(numbers)
    if kind == "append":
        value = step[1][0] + len(step[1]) - 1
    return step, value


def _after(content: Content, kind: str, numbers: list[int]) -> Content:
    after = dict(content)
    if kind == "append":
        after |= {number: numbers[0] + i for i, number in enumerate(numbers[1:])}
    elif kind == "remove":
        for number in numbers:
            del after[number]
    return after


def _content(store: VectorStore) -> Content:
    """Return the value of each id, of which its vector and its hash must be made."""
    ids, x = store.ids(), np.asarray(store.vectors())
    values: NDArray[np.int64] = x[:, 0].astype(np.int64)
    assert (x == values[:, None]).all()
    assert store.is_current(ids, np.stack([values, values], axis=1).view(np.uint8)).all()
    assert np.array_equal(store.take(ids), x)
    return dict(zip(ids.tolist(), values.tolist(), strict=True))


def _check_copy(store: VectorStore) -> None:
    """Derived arrays belong to the rows beside which they lie."""
    copy = store.attached("copy")
    if copy is not None:
        n = store.n_rows_at(copy.seq)
        assert np.array_equal(store.table().ids[:n], copy.arrays["ids"])


def _spin(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
