"""Searches while the two-grain index changes: every answer is that of one state, whole."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.data.filters import IdMask
from typecase.data.predicates import Attribute
from typecase.indexes import two_grain_build, two_grain_changes, two_grain_view
from typecase.indexes.contract import SearchResult
from typecase.indexes.two_grain import TwoGrainIndex
from typecase.indexes.two_grain_outlook import Effort

DIM = 12
N = 400
STEP = 25


@pytest.fixture(autouse=True)
def exhaustive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells from 50 rows on, and an effort that finds what exact search finds."""
    effort = Effort(recall=0.995, error=1e6, missing=0.0, believed=1.0)
    monkeypatch.setattr(two_grain_changes, "_EXACT_ROWS", 50)
    monkeypatch.setattr(two_grain_changes, "_EXAM_QUERIES", 5)
    monkeypatch.setattr(two_grain_build, "find_efforts", lambda trials, measure: (effort,))
    monkeypatch.setattr(two_grain_view, "FEW_ROWS", 3)


def rows(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


def while_changing(
    change: Callable[[], None], look: Callable[[], None], n_searchers: int = 2
) -> None:
    """Look in several threads, at least once each, until a change in another is done."""
    done, start = Event(), Barrier(n_searchers + 1)

    def search() -> None:
        start.wait()
        while not done.is_set():
            look()
        look()

    with ThreadPoolExecutor(n_searchers) as pool:
        searches = [pool.submit(search) for _ in range(n_searchers)]
        try:
            start.wait()
            change()
        finally:
            done.set()
        for each in searches:
            each.result()


def test_rows_come_in_whole_steps(engine: str) -> None:
    x = rows(N)
    index = TwoGrainIndex().fit(x[:100], np.arange(100))
    q = rows(1, 9)

    def add() -> None:
        for first in range(100, N, STEP):
            index.add(x[first : first + STEP], np.arange(first, first + STEP))

    def look() -> None:
        ids = index.search(q, N).ids[0]
        ids = np.sort(ids[ids >= 0])
        assert ids.tolist() == list(range(len(ids)))
        assert len(ids) >= 100
        assert len(ids) % STEP == 0

    while_changing(add, look)
    assert len(index) == N


def test_rows_go_in_whole_steps(engine: str) -> None:
    index = TwoGrainIndex().fit(rows(N))
    q, odd = rows(1, 9), IdMask(np.arange(N) % 2 == 1)

    def remove() -> None:
        for first in range(0, N - 100, STEP):
            index.remove(np.arange(first, first + STEP))

    def look() -> None:
        for chosen in (None, odd):
            ids = index.search(q, N, filter=chosen).ids[0]
            ids = np.sort(ids[ids >= 0])
            step = 1 if chosen is None else 2
            assert np.diff(ids).tolist() == [step] * (len(ids) - 1)
            assert ids[-1] == N - 1
            assert len(ids) >= 100 // step

    while_changing(remove, look)
    assert len(index) == 100


def test_updated_rows_have_their_old_vector_or_their_new_one(engine: str) -> None:
    old, new = rows(N), rows(N, 1)
    index = TwoGrainIndex(metric="ip").fit(old)
    q = rows(1, 9)
    may = {
        (i, float(np.float32(np.dot(q[0].astype(np.float64), x[i].astype(np.float64)))))
        for x in (old, new)
        for i in range(N)
    }
    scores: dict[int, list[float]] = {}
    for i, score in may:
        scores.setdefault(i, []).append(score)

    def update() -> None:
        for first in range(0, N, STEP):
            index.update(new[first : first + STEP], np.arange(first, first + STEP))
        index.compact()

    def look() -> None:
        found = index.search(q, N)
        assert sorted(found.ids[0].tolist()) == list(range(N))
        for i, score in zip(found.ids[0].tolist(), found.scores[0].tolist(), strict=True):
            assert min(abs(score - each) for each in scores[i]) < 1e-5
        if (np.diff(found.scores[0]) > 0).any():
            raise AssertionError("not best first")

    while_changing(update, look)
    assert index.search(new[:5], 1).ids[:, 0].tolist() != []


def test_predicates_are_of_the_state_that_is_searched(engine: str) -> None:
    x, parity = rows(N), [str(i % 2) for i in range(N)]
    index = TwoGrainIndex().fit(x[:100], np.arange(100), {"parity": parity[:100]})
    q, odd = rows(1, 9), Attribute("parity") == "1"

    def change() -> None:
        for first in range(100, N, STEP):
            part = slice(first, first + STEP)
            index.add(x[part], np.arange(first, first + STEP), {"parity": parity[part]})
            if first % 50 == 0:
                index.remove(np.arange(first - 100, first - 90)).compact()

    def look() -> None:
        ids = index.search(q, N, filter=odd).ids[0]
        ids = ids[ids >= 0]
        assert (ids % 2 == 1).all()
        assert len(ids) >= 40

    while_changing(change, look)


def test_many_threads_search_as_one_does(engine: str) -> None:
    index = TwoGrainIndex().fit(rows(N)).remove(np.arange(7))
    q, mask = rows(30, 9), IdMask(np.arange(N) % 3 == 0)
    options: list[dict[str, Any]] = [{}, {"filter": mask}, {"filter": np.arange(50)}, {"n_jobs": 3}]

    def answers(seen: list[SearchResult]) -> list[bytes]:
        return [each.ids.tobytes() + each.scores.tobytes() for each in seen]

    wanted = answers([index.search(q, 9, **each) for each in options])
    fresh = TwoGrainIndex().fit(rows(N)).remove(np.arange(7))
    start = Barrier(4)

    def search() -> list[bytes]:
        start.wait()  # all of them make the view and the filters of a state that has none yet
        return answers([fresh.search(q, 9, **each) for each in options])

    with ThreadPoolExecutor(4) as pool:
        for found in [each.result() for each in [pool.submit(search) for _ in range(4)]]:
            assert found == wanted


def test_ranges_and_explanations_while_rows_come(engine: str) -> None:
    x = rows(N)
    index = TwoGrainIndex().fit(x[:100], np.arange(100))
    q = rows(2, 9)

    def add() -> None:
        for first in range(100, N, STEP):
            index.add(x[first : first + STEP], np.arange(first, first + STEP))

    def look() -> None:
        found = index.search_range(q, -2.0)
        assert found.offsets[1] % STEP == 0
        assert found.offsets[2] == 2 * found.offsets[1]
        assert index.explain(q[0]).way == "cells"
        stats = index.stats()
        assert stats["n"] == stats["n_rows"]
        assert stats["n_tail"] <= stats["n_rows"]

    while_changing(add, look)
