"""Filters that come again are kept, and the codes of their rows gathered while there is room."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.data.bitmaps import pack
from typecase.data.filters import IdMask
from typecase.data.predicates import Attribute
from typecase.indexes import TwoGrainIndex, two_grain_view
from typecase.indexes.two_grain_outlook import Effort
from typecase.indexes.two_grain_view import View
from typecase.kernels import native

if not native.AVAILABLE:
    pytest.skip(native.describe(), allow_module_level=True)

N = 6000
EFFORT = Effort(error=2.0, missing=0.01)


@pytest.fixture(scope="module")
def index() -> TwoGrainIndex:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 16)).astype(np.float32)
    return TwoGrainIndex(random_state=0).fit(x, attributes={"n": list(range(N))})


@pytest.fixture
def view(index: TwoGrainIndex, monkeypatch: pytest.MonkeyPatch) -> View:
    monkeypatch.setattr(two_grain_view, "_GATHERED_AT_ONCE", 0)
    cells, outlook = index.snapshot_.codes
    assert cells is not None
    assert outlook is not None
    return View(index.snapshot_.table, cells, outlook)


def share(view: View, first: int, n: int) -> IdMask:
    numbers = np.arange(N)
    return IdMask((first <= numbers) & (numbers < first + n))


def test_a_filter_that_comes_again_is_gathered_once(view: View) -> None:
    mask = share(view, 0, 600)
    first, second, third = (view.allow(mask) for _ in range(3))
    assert first is not None
    assert second is not None
    assert not first.is_gathered
    assert second.is_gathered
    assert third is second


def test_a_predicate_is_the_same_filter_when_its_value_is(view: View) -> None:
    first, second = (view.allow(Attribute("n").between(0, 500)) for _ in range(2))
    assert second is not None
    assert second.is_gathered
    assert first is not second


def test_no_more_is_gathered_than_there_is_room_for(view: View) -> None:
    masks = [share(view, 500 * i, 500) for i in range(4)]
    for _ in range(2):
        kept = [view.allow(mask) for mask in masks]
    assert [each is not None and each.is_gathered for each in kept] == [True, False, False, False]
    big = share(view, 0, N // 2)
    for _ in range(3):
        whole = view.allow(big)
    assert whole is not None
    assert not whole.is_gathered


def test_small_filters_are_gathered_when_they_are_made(index: TwoGrainIndex) -> None:
    cells, outlook = index.snapshot_.codes
    assert cells is not None
    assert outlook is not None
    allowed = View(index.snapshot_.table, cells, outlook).allow(np.arange(400))
    assert allowed is not None
    assert allowed.is_gathered


@pytest.mark.parametrize("n", [400, 700])
def test_gathered_filters_give_the_same_answers(index: TwoGrainIndex, n: int) -> None:
    q = np.random.default_rng(1).normal(size=(20, 16)).astype(np.float32)
    mask = IdMask(np.arange(N) < n)
    found = [index.search(q, 10, filter=mask, recall=0.995) for _ in range(3)]
    exact = index.search(q, 10, filter=mask, recall=1)
    for ids, _ in found:
        assert (ids == exact.ids).mean() > 0.97
        assert ids.max() < n


@pytest.mark.parametrize("n", [400, 3500])
def test_a_filter_gathered_twice_outlives_the_first(view: View, n: int) -> None:
    q = np.random.default_rng(1).normal(size=(8, 16)).astype(np.float32)
    allowed = view._scanner.allow(pack(np.arange(N) < n), 300)
    first = view._scanner.gather(allowed)
    wanted = view.search(q, 10, first, EFFORT)
    again = view._scanner.gather(first)
    del first
    others = [view._scanner.gather(allowed) for _ in range(3)]  # where the first one lay
    found = view.search(q, 10, again, EFFORT)
    assert found[0].tolist() == wanted[0].tolist()
    assert found[1].tolist() == wanted[1].tolist()
    assert all(each.is_gathered for each in others)


def test_a_filter_that_goes_with_the_query_is_said_to_and_finds_as_much(
    index: TwoGrainIndex,
) -> None:
    q = np.random.default_rng(1).normal(size=(20, 16)).astype(np.float32)
    plain, found = index.explain(q[0], recall=0.9), 0
    for query in q:
        nearest = index.search(query[None], N, recall=1).ids[0]
        along = index.explain(query, filter=nearest[:4000], recall=0.9)
        against = index.explain(query, filter=nearest[2000:], recall=0.9)
        assert "the filter goes with the query" in str(along)
        assert along.effort == plain.effort
        assert "the filter goes with the query" not in str(against)
        assert against.effort is not None
        assert against.effort.near == plain.effort
        ids = index.search(query[None], 10, filter=nearest[:4000], recall=0.9).ids[0]
        found += len(set(ids.tolist()) & set(nearest[:10].tolist()))
    assert found >= 0.88 * 10 * len(q)


def test_a_plan_is_kept_for_a_filter_that_comes_again(view: View) -> None:
    q = np.random.default_rng(1).normal(size=(4, 16)).astype(np.float32)
    mask = share(view, 0, 900)
    assert view.answer_again(q, 5, mask, 0.9, 1) is None
    view.plan(mask, 0.9)
    assert view.answer_again(q, 5, mask, 0.9, 1) is None
    plan = view.plan(mask, 0.9)
    again, first = view.answer_again(q, 5, mask, 0.9, 1), view.answer(q, 5, plan, 1)
    assert again is not None
    assert first is not None
    assert again.ids.tolist() == first.ids.tolist()
    assert again.scores.tolist() == first.scores.tolist()
    assert view.answer_again(q, 5, mask, 0.91, 1) is None
    assert view.answer_again(q, 5, share(view, 0, 900), 0.9, 1) is None
    assert view.answer_again(q, 5, np.arange(900), 0.9, 1) is None


def test_a_filter_that_is_still_asked_for_is_not_dropped(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two_grain_view, "_FILTERS", 3)
    q = np.random.default_rng(1).normal(size=(1, 16)).astype(np.float32)
    mask, others = share(view, 0, 900), [share(view, i, 400 + i) for i in range(1, 9)]
    kept = [view.plan(mask, 0.9) for _ in range(2)][-1].allowed
    for other in others:
        view.plan(other, 0.9)
        if view.answer_again(q, 5, mask, 0.9, 1) is None:
            assert view.plan(mask, 0.9).allowed is kept
        assert view.answer_again(q, 5, mask, 0.9, 1) is not None
    assert view.answer_again(q, 5, others[0], 0.9, 1) is None


def test_threads_that_search_by_a_plan_get_its_answers_while_plans_come_and_go(view: View) -> None:
    q = np.random.default_rng(1).normal(size=(50, 16)).astype(np.float32)
    mask, others = share(view, 0, 900), (share(view, i % 7, 400 + i) for i in count())
    plan = [view.plan(mask, 0.9) for _ in range(2)][-1]
    wanted = view.answer(q, 5, plan, 1)
    assert wanted is not None

    def ask(_: int) -> int:
        n_kept = 0
        for i in range(500):
            at = slice(i % 50, i % 50 + 1)
            if (found := view.answer_again(q[at], 5, mask, 0.9, 1)) is not None:
                n_kept += 1
                assert found.ids.tolist() == wanted.ids[at].tolist()
                assert found.scores.tolist() == wanted.scores[at].tolist()
        return n_kept

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, i) for i in range(3)]
        while not all(each.done() for each in asked):
            view.plan(next(others), 0.9)
            view.plan(mask, 0.9)
        assert sum(each.result() for each in asked) > 0


def test_what_is_wrong_is_said_of_a_search_that_comes_again_too(index: TwoGrainIndex) -> None:
    q = np.random.default_rng(1).normal(size=(2, 16)).astype(np.float32)
    wanted = [index.search(q, 5, recall=0.9) for _ in range(3)][-1]
    for wrong in ({"k": True}, {"k": 0}, {"k": 2.5}, {"k": "5"}, {"k": -1}):
        with pytest.raises(InvalidInputError, match="k must be"):
            index.search(q, recall=0.9, **wrong)
    for n_jobs in (True, 0, 1.0, np.array([1, 2])):
        with pytest.raises(InvalidInputError, match="n_jobs must be"):
            index.search(q, 5, recall=0.9, n_jobs=n_jobs)
    for recall in (0, 1.5, "0.9", np.nan, [0.9]):
        with pytest.raises(InvalidInputError, match="recall must be"):
            index.search(q, 5, recall=recall)
    for bad in (q[:, :15], q[0], np.float32(1), q * np.nan, None):
        with pytest.raises(InvalidInputError, match="queries"):
            index.search(bad, 5, recall=0.9)
    for same in (q.tolist(), q.astype(np.float64), np.asfortranarray(q), q.astype(">f4")):
        assert index.search(same, np.int8(5), recall=np.float64(0.9)).ids.tolist() == (
            wanted.ids.tolist()
        )
    assert len(index.search(q, 2 * N, recall=0.9).ids[0]) == 2 * N
