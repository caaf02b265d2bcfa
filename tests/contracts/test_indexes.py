"""What every index promises. An index joins by its line in `indexes/__init__.pyi`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError, InvalidInputError, NotFittedError, UnknownIdError
from typecase.data.filters import IdMask
from typecase.data.predicates import Attribute, Predicate
from typecase.data.rows import Rows
from typecase.indexes.contract import VectorIndex

DIM = 8
N = 6000  # past what any index scores exactly without codes
MakeIndex = type[VectorIndex[Any]]


def clustered(n: int, dim: int = DIM, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((20, dim))
    x = centres[rng.integers(0, 20, n)] + 0.3 * rng.standard_normal((n, dim))
    return x.astype(np.float32)


def plain_top_k(
    x: NDArray[np.float32], ids: NDArray[np.int64], q: NDArray[np.float32], k: int
) -> tuple[list[int], list[float]]:
    """Cosine, highest first, ties to the lower id: a loop that needs no index."""
    scored = []
    for row, number in zip(x.astype(np.float64), ids.tolist(), strict=True):
        scored.append((-float(row @ q) / np.linalg.norm(row) / np.linalg.norm(q), number))
    best = sorted(scored)[:k]
    return [number for _, number in best], [-score for score, _ in best]


X = clustered(50)
IDS = np.arange(100, 150)
Q = clustered(3, seed=1)


def test_fit_returns_self(make_index: MakeIndex) -> None:
    index = make_index()
    assert index.fit(X) is index
    assert (len(index), index.dim) == (50, DIM)


def test_a_small_index_is_exact(make_index: MakeIndex) -> None:
    found = make_index().fit(X, IDS).search(Q, 5)
    for row in range(len(Q)):
        ids, scores = plain_top_k(X, IDS, Q[row], 5)
        assert found.ids[row].tolist() == ids
        assert found.scores[row] == pytest.approx(scores, abs=1e-6)


def test_results_have_shape_and_dtype(make_index: MakeIndex) -> None:
    ids, scores = make_index().fit(X).search(Q, 4)
    assert (ids.shape, ids.dtype) == ((3, 4), np.int64)
    assert (scores.shape, scores.dtype) == ((3, 4), np.float32)
    assert (np.diff(scores, axis=1) <= 0).all()


@pytest.mark.slow
def test_a_large_index_finds_nearly_what_is_there(make_index: MakeIndex) -> None:
    x = clustered(N, 64)
    q = x[::3] + 0.1 * clustered(N // 3, 64, seed=3)  # of a few queries recall is a matter of luck
    found = make_index().fit(x).search(q, 10).ids
    similar = q.astype(np.float64) @ (x / np.linalg.norm(x, axis=1, keepdims=True)).T
    exact = np.argsort(-similar, axis=1)[:, :10].tolist()
    hits = sum(len(set(a) & set(b)) for a, b in zip(found.tolist(), exact, strict=True))
    assert hits >= 0.95 * found.size


def test_ids_without_any_are_row_numbers(make_index: MakeIndex) -> None:
    assert make_index().fit(X).ids.tolist() == list(range(50))


def test_more_than_there_is_is_padded(make_index: MakeIndex) -> None:
    found = make_index().fit(X[:2], [7, 9]).search(Q, 4)
    assert (found.ids[:, 2:] == -1).all()
    assert np.isneginf(found.scores[:, 2:]).all()
    assert set(found.ids[0, :2].tolist()) == {7, 9}


def test_an_empty_index_answers_with_padding(make_index: MakeIndex) -> None:
    index = make_index().fit(np.empty((0, DIM)))
    assert index.search(Q, 2).ids.tolist() == [[-1, -1]] * 3
    assert index.add(X[:1], [5]).search(Q, 1).ids.tolist() == [[5]] * 3


def test_no_queries_give_no_rows(make_index: MakeIndex) -> None:
    found = make_index().fit(X).search(np.empty((0, DIM)), 3)
    assert found.ids.shape == found.scores.shape == (0, 3)


def test_ties_go_to_the_lower_id(make_index: MakeIndex) -> None:
    x = np.ones((40, DIM), dtype=np.float32)
    ids = np.random.default_rng(0).permutation(40)
    assert make_index().fit(x, ids).search(x[:1], 5).ids.tolist() == [[0, 1, 2, 3, 4]]


@pytest.mark.slow
def test_thousands_of_equal_rows_tie_in_order(make_index: MakeIndex) -> None:
    x = np.ones((N, DIM), dtype=np.float32)
    assert make_index().fit(x).search(x[:2], 3).ids.tolist() == [[0, 1, 2]] * 2


def test_added_rows_are_found_at_once(make_index: MakeIndex) -> None:
    index = make_index().fit(X[:10], IDS[:10]).add(X[10:], IDS[10:])
    assert index.ids.tolist() == IDS.tolist()
    assert index.search(X[30:31], 1).ids.tolist() == [[130]]


def test_rows_added_in_parts_are_all_found(make_index: MakeIndex) -> None:
    x = clustered(N, 64)
    index = make_index().fit(x[:10], np.arange(10))
    for start in range(10, N, 700):
        index.add(x[start : start + 700], np.arange(start, min(start + 700, N)))
    assert index.search(x[::500], 1).ids[:, 0].tolist() == list(range(0, N, 500))


def test_removed_rows_are_never_found(make_index: MakeIndex) -> None:
    index = make_index().fit(X, IDS).remove(IDS[::2])
    assert len(index) == 25
    assert index.ids.tolist() == IDS[1::2].tolist()
    assert set(index.search(Q, 25).ids.ravel().tolist()) == set(IDS[1::2].tolist())
    assert index.compact().search(Q, 30).ids[0, 25:].tolist() == [-1] * 5


def test_removing_from_a_large_index_keeps_the_rest_right(make_index: MakeIndex) -> None:
    x = clustered(N, 64)
    index = make_index().fit(x).remove(np.arange(0, N, 3))
    probe = np.arange(1, N, 600)
    assert index.search(x[probe], 1).ids[:, 0].tolist() == probe.tolist()
    gone = index.search(x[::600], 10).ids
    assert (gone % 3 != 0).all()


def test_an_id_may_come_back_after_removal(make_index: MakeIndex) -> None:
    index = make_index().fit(X, IDS).remove([100]).add(X[1:2], [100])
    assert index.search(X[1:2], 2).ids.tolist() == [[100, 101]]


def test_update_replaces_and_adds(make_index: MakeIndex) -> None:
    index = make_index().fit(X, IDS).update(-X[:2], [100, 900])
    assert len(index) == 51
    assert index.search(-X[:2], 1).ids.tolist() == [[100], [900]]
    assert index.ids.tolist() == [*range(101, 150), 100, 900]


def test_removing_an_absent_id_removes_nothing(make_index: MakeIndex) -> None:
    index = make_index().fit(X, IDS)
    with pytest.raises(UnknownIdError, match="id 5 is not stored"):
        index.remove([100, 5])
    assert len(index) == 50
    assert len(index.remove([100, 5], missing_ok=True)) == 49


def test_adding_an_id_that_is_there_is_refused(make_index: MakeIndex) -> None:
    index = make_index().fit(X, IDS)
    with pytest.raises(InvalidInputError, match=r"id 100 is there already\. update\(\)"):
        index.add(X[:1], [100])
    assert len(index) == 50


@pytest.mark.parametrize("share", [0.5, 0.05, 0.001])
def test_a_filter_is_obeyed_at_any_selectivity(make_index: MakeIndex, share: float) -> None:
    x = clustered(N, 64)
    allowed = np.random.default_rng(5).random(N) < share
    index = make_index().fit(x)
    numbers = np.flatnonzero(allowed)
    exact = plain_top_k(x[allowed], numbers, x[3], 5)[0]
    for chosen in (allowed, numbers, IdMask(allowed)):
        found = index.search(x[3:4], 5, filter=chosen).ids[0].tolist()
        assert len(set(found) & set(exact)) >= len(exact) - 1
        assert set(found) - {-1} <= set(numbers.tolist())


def test_a_filter_of_rows_follows_the_ids_property(make_index: MakeIndex) -> None:
    index = make_index().fit(X, IDS).remove([100]).update(X[5:6], [105])
    chosen = index.ids == 105
    assert index.search(Q, 2, filter=chosen).ids.tolist() == [[105, -1]] * 3


def test_a_filter_of_ids_may_name_unknown_ones(make_index: MakeIndex) -> None:
    found = make_index().fit(X, IDS).search(Q, 2, filter=[110, 5, 2**40])
    assert found.ids.tolist() == [[110, -1]] * 3


def test_a_mask_by_id_allows_nothing_past_its_end(make_index: MakeIndex) -> None:
    index = make_index().fit(X, IDS)
    assert set(index.search(Q, 9, filter=IdMask(np.ones(103, bool))).ids[0].tolist()) == {
        100,
        101,
        102,
        -1,
    }


def test_a_mask_by_id_leaves_out_what_was_removed(make_index: MakeIndex) -> None:
    index = make_index().fit(X, IDS).remove([101])
    found = index.search(Q, 3, filter=IdMask(np.ones(103, bool))).ids[0].tolist()
    assert sorted(found) == [-1, 100, 102]


@pytest.mark.parametrize("nothing", [[], np.zeros(50, bool), IdMask(np.zeros(0, bool))])
def test_an_empty_filter_gives_padding(make_index: MakeIndex, nothing: Any) -> None:
    assert make_index().fit(X, IDS).search(Q, 1, filter=nothing).ids.tolist() == [[-1]] * 3


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (np.ones(49, bool), "each of the 50 rows, got 49"),
        (np.ones((50, 1), bool), "one-dimensional"),
        (np.ones(50), "float64"),
        ([-3], "0 or more"),
        (IdMask(np.ones(3)), "IdMask.allowed"),
        ("cs.LG", "filter must be"),
        (Attribute("year") == 2020, "no attributes to filter by year == 2020"),
    ],
)
def test_a_filter_that_does_not_fit_is_refused(
    make_index: MakeIndex, chosen: Any, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        make_index().fit(X, IDS).search(Q, 1, filter=chosen)


year, tags = Attribute("year"), Attribute("tags")
PREDICATES = [
    year == 2003,
    year.between(2001, 2004) & ~(tags == "b"),
    tags.startswith("a") | (year == 2000),
    ~year.is_present(),
    year.isin([]),
]


def attributes(numbers: NDArray[np.int64]) -> dict[str, list[Any]]:
    """Attributes of rows by their ids: a year or none, and the tags of a few."""
    return {
        "year": [None if n % 11 == 0 else 2000 + int(n) % 7 for n in numbers],
        "tags": [[tag for tag, step in (("ab", 2), ("b", 3)) if n % step == 0] for n in numbers],
    }


def matching(predicate: Predicate, numbers: NDArray[np.int64]) -> set[int]:
    """The numbers that a loop finds for one of PREDICATES."""
    given = attributes(numbers)
    tests = [
        lambda y, t: y == 2003,
        lambda y, t: y is not None and 2001 <= y <= 2004 and "b" not in t,
        lambda y, t: "ab" in t or y == 2000,
        lambda y, t: y is None,
        lambda y, t: False,
    ]
    test = tests[PREDICATES.index(predicate)]
    pairs = zip(given["year"], given["tags"], strict=True)
    return {int(n) for n, pair in zip(numbers, pairs, strict=True) if test(*pair)}


def found_by(index: VectorIndex[Any], predicate: Predicate) -> set[int]:
    return set(index.search(Q[:1], len(index), filter=predicate).ids[0].tolist()) - {-1}


@pytest.mark.parametrize("predicate", PREDICATES, ids=str)
def test_a_predicate_allows_the_rows_it_matches(
    make_index: MakeIndex, predicate: Predicate
) -> None:
    index = make_index().fit(X, IDS, attributes(IDS))
    assert found_by(index, predicate) == matching(predicate, IDS)


@pytest.mark.parametrize("predicate", PREDICATES, ids=str)
def test_a_predicate_follows_every_change(
    make_index: MakeIndex, tmp_path: Path, predicate: Predicate
) -> None:
    index = make_index().fit(X[:20], IDS[:20], attributes(IDS[:20]))
    found_by(index, predicate)
    index.add(X[20:], IDS[20:], attributes(IDS[20:]))
    assert found_by(index, predicate) == matching(predicate, IDS)
    index.remove(IDS[::5]).update(X[:3], IDS[:3] + 4, attributes(IDS[:3]))
    numbers = index.ids.copy()
    stand_for = np.where(np.isin(numbers, IDS[:3] + 4), numbers - 4, numbers)
    expected = {
        int(number)
        for number, meant in zip(numbers, stand_for, strict=True)
        if matching(predicate, np.array([meant]))
    }
    assert found_by(index, predicate) == expected
    index.save(tmp_path)
    assert found_by(make_index.load(tmp_path, mmap=True), predicate) == expected
    assert found_by(index.compact(), predicate) == expected
    assert found_by(make_index.load(tmp_path).compact(), predicate) == expected


def test_a_predicate_finds_the_best_of_a_large_index(make_index: MakeIndex) -> None:
    x, numbers = clustered(N, 64), np.arange(N)
    index = make_index().fit(x[:5000], None, attributes(numbers[:5000]))
    index.add(x[5000:], numbers[5000:], attributes(numbers[5000:]))
    predicate = PREDICATES[1]
    allowed = np.isin(numbers, list(matching(predicate, numbers)))
    exact = plain_top_k(x[allowed], numbers[allowed], x[3], 10)[0]
    found = index.search(x[3:4], 10, filter=predicate).ids[0].tolist()
    assert len(set(found) & set(exact)) >= 9
    assert set(found) <= matching(predicate, numbers)


def test_attributes_may_come_after_an_empty_fit(make_index: MakeIndex) -> None:
    index = make_index().fit(np.empty((0, DIM)), None, {"year": [], "tags": []})
    assert found_by(index.add(X, IDS, attributes(IDS)), year == 2003) == matching(year == 2003, IDS)


def test_attributes_may_come_with_the_first_rows(make_index: MakeIndex) -> None:
    index = make_index().fit(np.empty((0, DIM)))
    assert found_by(index.add(X, IDS, attributes(IDS)), year == 2003) == matching(year == 2003, IDS)


@pytest.mark.parametrize("predicate", PREDICATES, ids=str)
def test_attributes_that_are_set_later_win(
    make_index: MakeIndex, tmp_path: Path, predicate: Predicate
) -> None:
    index = make_index().fit(X, IDS, attributes(IDS + 1)).remove(IDS[:3])
    found_by(index, predicate)
    given = attributes(IDS)
    assert index.set_attributes(IDS[3:], {"year": given["year"][3:]}) is index
    index.set_attributes(IDS[20:], {"tags": given["tags"][20:]})
    index.set_attributes(IDS[3:20][::-1], {"tags": given["tags"][3:20][::-1]})
    expected = matching(predicate, IDS[3:])
    assert found_by(index, predicate) == expected
    index.save(tmp_path)
    assert found_by(make_index.load(tmp_path, mmap=True), predicate) == expected
    assert found_by(index.compact(), predicate) == expected


def test_a_new_attribute_has_no_value_in_other_rows(make_index: MakeIndex) -> None:
    seen = Attribute("seen")
    for before in (None, attributes(IDS)):
        index = make_index().fit(X, IDS, before).set_attributes(IDS[:2], {"seen": [True, False]})
        assert found_by(index, seen == True) == {100}  # noqa: E712
        assert found_by(index, ~seen.is_present()) == set(IDS[2:].tolist())
        index.set_attributes(IDS[1:3], {"seen": [True, True]})
        assert found_by(index, seen == True) == {100, 101, 102}  # noqa: E712


def test_attributes_that_cannot_be_set_change_nothing(make_index: MakeIndex) -> None:
    index = make_index().fit(X, IDS, attributes(IDS))
    with pytest.raises(UnknownIdError, match="id 7 is not stored"):
        index.set_attributes([101, 7], {"year": [1, 2]})
    for ids, new, message in (
        ([101, 101], {"year": [1, 2]}, "unique"),
        ([101], {"year": ["2020"]}, "'year' holds whole numbers, got strings"),
        ([101], {"year": [1, 2]}, "one value a row: 1, got 2"),
        ([101], {}, "at least one"),
        ([101], {"year": [2003], "": [1]}, "must be a string"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            index.set_attributes(ids, new)
    with pytest.raises(NotFittedError):
        make_index().set_attributes([101], {"year": [1]})
    assert found_by(index, year == 2003) == matching(year == 2003, IDS)


def test_attributes_that_do_not_fit_are_refused_and_change_nothing(make_index: MakeIndex) -> None:
    index = make_index().fit(X[:20], IDS[:20], attributes(IDS[:20]))
    given = attributes(IDS[20:])
    for call in (index.add, index.update):
        with pytest.raises(InvalidInputError, match="give year, tags of the new rows too"):
            call(X[20:], IDS[20:])
        with pytest.raises(InvalidInputError, match="every column, 'tags' is missing"):
            call(X[20:], IDS[20:], {"year": given["year"]})
        with pytest.raises(InvalidInputError, match="one value a row: 30, got 29"):
            call(X[20:], IDS[20:], given | {"year": given["year"][1:]})
        with pytest.raises(InvalidInputError, match="'year' holds whole numbers, got strings"):
            call(X[20:], IDS[20:], given | {"year": ["2020"] * 30})
        with pytest.raises(InvalidInputError, match="that are there have no attributes"):
            getattr(make_index().fit(X[:20], IDS[:20]), call.__name__)(X[20:], IDS[20:], given)
    with pytest.raises(InvalidInputError, match="one value a row: 50, got 30"):
        index.fit(X, IDS, given)
    with pytest.raises(InvalidInputError, match="at least one"):
        index.fit(X, IDS, {})
    assert index.ids.tolist() == IDS[:20].tolist()
    assert found_by(index, year == 2003) == matching(year == 2003, IDS[:20])


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        (Attribute("yeer") == 2003, "Did you mean 'year'"),
        (year == "2003", "'year' holds whole numbers"),
        (tags == 3, "'tags' holds lists of strings"),
    ],
    ids=str,
)
def test_a_predicate_that_does_not_fit_is_refused(
    make_index: MakeIndex, predicate: Predicate, message: str
) -> None:
    index = make_index().fit(X, IDS, attributes(IDS))
    with pytest.raises(InvalidInputError, match=message):
        index.search(Q, 3, filter=predicate)


@pytest.mark.parametrize(
    "bad",
    [
        np.full((2, DIM), np.nan),
        np.full((2, DIM), np.inf),
        np.ones(DIM),
        np.ones((2, 0)),
        np.full((2, DIM), 1e30),
        [["a"] * DIM],
    ],
    ids=["nan", "inf", "one vector", "no columns", "too long", "words"],
)
def test_bad_vectors_are_refused_everywhere(make_index: MakeIndex, bad: Any) -> None:
    with pytest.raises(InvalidInputError):
        make_index().fit(bad)
    index = make_index().fit(X)
    for call in (lambda: index.add(bad, [100, 101]), lambda: index.search(bad, 1)):
        with pytest.raises(InvalidInputError):
            call()
    assert len(index) == 50


def test_a_wrong_dim_is_refused(make_index: MakeIndex) -> None:
    index = make_index().fit(X)
    with pytest.raises(InvalidInputError, match="queries must have 8 columns, got 7"):
        index.search(Q[:, :7], 1)
    with pytest.raises(InvalidInputError, match="x must have 8 columns, got 7"):
        index.add(X[:1, :7], [99])


@pytest.mark.parametrize("k", [0, -1, 1.0, None, True])
def test_a_bad_k_is_refused(make_index: MakeIndex, k: Any) -> None:
    with pytest.raises(InvalidInputError, match="k must be"):
        make_index().fit(X).search(Q, k)


@pytest.mark.parametrize("ids", [[1, 1], [1], [-1, 2], [0.5, 1.5]])
def test_bad_ids_are_refused(make_index: MakeIndex, ids: Any) -> None:
    with pytest.raises(InvalidInputError):
        make_index().fit(X[:2], ids)


def test_an_unknown_metric_is_refused(make_index: MakeIndex) -> None:
    with pytest.raises(InvalidInputError, match="metric must be one of"):
        make_index(metric="l7").fit(X)


def test_before_fit_everything_says_so(make_index: MakeIndex) -> None:
    index = make_index()
    for call in (
        lambda: index.search(Q, 1),
        lambda: index.add(X, IDS),
        lambda: index.remove([1]),
        lambda: index.update(X, IDS),
        lambda: len(index),
        lambda: index.ids,
        lambda: index.compact(),
    ):
        with pytest.raises(NotFittedError, match="Call fit"):
            call()


def test_ids_past_32_bits_are_kept(make_index: MakeIndex) -> None:
    ids = [2**31, 2**63 - 1]
    assert set(make_index().fit(X[:2], ids).search(Q, 2).ids[0].tolist()) == set(ids)


def test_zero_vectors_score_zero(make_index: MakeIndex) -> None:
    index = make_index().fit(np.zeros((3, DIM)))
    assert index.search(np.zeros((1, DIM)), 3).scores.tolist() == [[0, 0, 0]]


def test_the_inner_product_knows_lengths(make_index: MakeIndex) -> None:
    x = np.array([[1, 0], [3, 0], [2, 0]], dtype=np.float32)
    found = make_index(metric="ip").fit(x).search([[2.0, 0.0]], 3)
    assert found.ids.tolist() == [[1, 2, 0]]
    assert found.scores.tolist() == [[6, 4, 2]]


def test_inputs_are_not_written(make_index: MakeIndex) -> None:
    x, ids, q, mask = X.copy(), IDS.copy(), Q.copy(), np.ones(50, bool)
    index = make_index().fit(x, ids)
    index.search(q, 3, filter=mask)
    index.remove([100])
    assert np.array_equal(x, X)
    assert np.array_equal(ids, IDS)
    assert np.array_equal(q, Q)
    assert mask.all()


def test_read_only_memory_maps_work_and_are_not_copied(
    make_index: MakeIndex, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", X)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    index = make_index().fit(x, IDS)
    assert index.search(X[4:5], 1).ids.tolist() == [[104]]
    if make_index.__name__ != "FolderIndex":  # which has a copy of its own on disk
        assert np.shares_memory(index.snapshot_.table.x.pieces[0], x)


def test_any_layout_and_float_gives_the_same_answers(make_index: MakeIndex) -> None:
    wanted = make_index().fit(X).search(Q, 5)
    wide = np.zeros((50, 2 * DIM), dtype=np.float32)
    wide[:, ::2] = X
    pieces = Rows([X[:20], X[20:]], dim=DIM)
    for x in (wide[:, ::2], np.asfortranarray(X), X.astype(np.float64), X.tolist(), pieces):
        found = make_index().fit(x).search(Q.astype(np.float64), 5)
        assert np.array_equal(found.ids, wanted.ids)
        assert np.array_equal(found.scores, wanted.scores)


def test_the_same_seed_gives_the_same_answers_bit_for_bit(make_index: MakeIndex) -> None:
    x, q = clustered(N, 64), clustered(10, 64, seed=2)
    first, second = (make_index().fit(x).search(q, 10) for _ in range(2))
    assert np.array_equal(first.ids, second.ids)
    assert first.scores.tobytes() == second.scores.tobytes()


@pytest.mark.parametrize("mmap", [False, True])
def test_save_then_load_gives_the_same_answers(
    make_index: MakeIndex, tmp_path: Path, mmap: bool
) -> None:
    x, q = clustered(N, 64), clustered(10, 64, seed=2)
    index = make_index().fit(x[:5000]).add(x[5000:], np.arange(5000, N)).remove([4, 8])
    index.update(x[9:10], [4])
    index.save(tmp_path)
    loaded = make_index.load(tmp_path, mmap=mmap)
    assert loaded.get_params() == index.get_params()
    assert np.array_equal(loaded.ids, index.ids)
    found, wanted = loaded.search(q, 10), index.search(q, 10)
    assert np.array_equal(found.ids, wanted.ids)
    assert found.scores.tobytes() == wanted.scores.tobytes()


def test_a_loaded_map_can_go_on_growing(make_index: MakeIndex, tmp_path: Path) -> None:
    make_index().fit(X, IDS).save(tmp_path)
    index = make_index.load(tmp_path, mmap=True).add(-X[:3], [1, 2, 3]).remove([100])
    index.save(tmp_path)
    assert make_index.load(tmp_path).search(-X[:1], 1).ids.tolist() == [[1]]


def test_an_empty_index_is_saved(make_index: MakeIndex, tmp_path: Path) -> None:
    make_index().fit(np.empty((0, DIM))).save(tmp_path)
    loaded = make_index.load(tmp_path, mmap=True)
    assert (len(loaded), loaded.dim) == (0, DIM)


def test_a_flipped_byte_of_any_file_is_found_and_named(
    make_index: MakeIndex, tmp_path: Path
) -> None:
    make_index().fit(X, IDS).remove([100]).save(tmp_path)
    for path in sorted(tmp_path.glob("[!.]*")):
        content = path.read_bytes()
        broken = bytearray(content)
        broken[len(content) // 2] ^= 4
        path.write_bytes(broken)
        with pytest.raises(CorruptFileError, match=path.name):
            make_index.load(tmp_path)
        path.write_bytes(content)
    assert len(make_index.load(tmp_path)) == 49


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    n=st.integers(1, 60),
    n_queries=st.integers(1, 5),
    k=st.integers(1, 8),
    levels=st.sampled_from([2, 5, 1000]),
)
def test_a_batch_is_its_rows(
    make_index: MakeIndex, seed: int, n: int, n_queries: int, k: int, levels: int
) -> None:
    x, q = quantised(seed, n, levels), quantised(seed + 1, n_queries, levels)
    index = make_index().fit(x)
    batch = index.search(q, k)
    for row in range(n_queries):
        one = index.search(q[row : row + 1], k)
        assert one.ids.tolist() == batch.ids[row : row + 1].tolist()
        assert one.scores.tobytes() == batch.scores[row : row + 1].tobytes()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    n=st.integers(1, 60),
    k=st.integers(1, 8),
    levels=st.sampled_from([2, 5, 1000]),
)
def test_the_order_of_rows_does_not_matter(
    make_index: MakeIndex, seed: int, n: int, k: int, levels: int
) -> None:
    x, q = quantised(seed, n, levels), quantised(seed + 1, 3, levels)
    order = np.random.default_rng(seed).permutation(n)
    straight, shuffled = make_index().fit(x), make_index().fit(x[order], order)
    wanted, found = straight.search(q, k), shuffled.search(q, k)
    assert found.ids.tolist() == wanted.ids.tolist()
    assert found.scores.tobytes() == wanted.scores.tobytes()


def test_a_large_batch_is_its_rows(make_index: MakeIndex) -> None:
    x, q = clustered(N, 64), clustered(300, 64, seed=4)
    index = make_index().fit(x)
    batch = index.search(q, 10)
    for row in range(0, 300, 23):
        one = index.search(q[row : row + 1], 10)
        assert one.ids.tolist() == batch.ids[row : row + 1].tolist()
        assert one.scores.tobytes() == batch.scores[row : row + 1].tobytes()


def quantised(seed: int, n: int, levels: int) -> NDArray[np.float32]:
    """Rows of few levels: many equal rows and equal scores, zero rows among them."""
    rng = np.random.default_rng(seed)
    return (rng.integers(0, levels, (n, 3)) / levels).astype(np.float32)
