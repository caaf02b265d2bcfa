"""What a two-grain index in memory and one in a folder answer to clumsy and hostile arguments."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError, UnknownIdError
from typecase.data.filters import IdMask
from typecase.data.predicates import Attribute
from typecase.indexes import two_grain_changes
from typecase.indexes.two_grain import TwoGrainIndex
from typecase.kernels import scan_blocks

DIM = 16
N = 400
YEAR = Attribute("year")


def rows(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


X, Q = rows(N), rows(3, 1)


@pytest.fixture(params=["memory", "folder"])
def index(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TwoGrainIndex]:
    monkeypatch.setattr(two_grain_changes, "_EXACT_ROWS", 100)
    monkeypatch.setattr(two_grain_changes, "_EXAM_QUERIES", 20)
    years = {"year": list(range(N))}
    if request.param == "memory":
        yield TwoGrainIndex().fit(X, attributes=years)
        return
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as made:
        yield made.add(X, np.arange(N), years)


VECTORS: dict[str, Any] = {
    "NaN": np.full((2, DIM), np.nan),
    "infinite": np.full((2, DIM), -np.inf),
    "too long": np.full((2, DIM), 1e30),
    "another dim": np.ones((2, DIM + 1)),
    "no dim": np.ones((2, 0)),
    "one vector": np.ones(DIM + 1),
    "too many dimensions": np.ones((2, 1, DIM)),
    "words": np.full((2, DIM), "a"),
    "complex": np.ones((2, DIM), complex),
    "objects": np.ones((2, DIM), object),
    "ragged": [[1.0] * DIM, [1.0]],
    "masked": np.ma.array(np.ones((2, DIM)), mask=np.eye(2, DIM)),
    "None": None,
}


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_that_do_not_fit_are_refused_everywhere(index: TwoGrainIndex, name: str) -> None:
    bad, before = VECTORS[name], index.snapshot_
    calls: list[Callable[[], object]] = [
        lambda: index.add(bad, [900, 901], {"year": [1, 2]}),
        lambda: index.update(bad, [1, 901], {"year": [1, 2]}),
        lambda: index.search(bad, 3),
        lambda: index.search(bad, N + 1, filter=YEAR > 3),
        lambda: index.search_range(bad, 0.5),
        lambda: index.batch(bad, 3, filters=[None, None]),
        lambda: index.explain(bad),
        lambda: index.calibrate(bad),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError):
            call()
    assert index.snapshot_ is before


def test_any_layout_gives_the_same(index: TwoGrainIndex) -> None:
    wanted = index.search(Q, 5)
    read_only = Q.copy()
    read_only.flags.writeable = False
    layouts = [np.asfortranarray(Q), np.repeat(Q, 2, axis=1)[:, ::2], Q[::-1][::-1], read_only]
    layouts += [unaligned(Q), Q.astype(">f4"), Q.astype(float), Q.tolist()]
    for q in layouts:
        found = index.search(q, 5)
        assert found.ids.tolist() == wanted.ids.tolist()
        assert found.scores.tobytes() == wanted.scores.tobytes()
    index.add(unaligned(Q), unaligned(np.array([900, 901, 902])), {"year": [0] * 3})
    assert all(piece.flags.aligned for piece in index.snapshot_.table.x.pieces)
    assert index.search(Q, 1).ids.ravel().tolist() == [900, 901, 902]


def test_zero_vectors_score_zero(index: TwoGrainIndex) -> None:
    index.add(np.zeros((1, DIM)), [900], {"year": [0]})
    assert index.search(np.zeros((1, DIM)), 4).scores.tolist() == [[0.0] * 4]
    assert index.search(Q, 1, filter=[900]).scores.tolist() == [[0.0]] * 3
    assert len(index.search_range(np.zeros((1, DIM)), 0.1).ids) == 0
    assert index.explain(np.zeros(DIM)).n_allowed == N + 1
    assert index.calibrate(np.zeros((5, DIM))).search(X[7:8], 1).ids.tolist() == [[7]]


@pytest.mark.parametrize("k", [0, -1, 2**31, 2**63, 2**70, 1.0, "3", None, True])
def test_k_out_of_range_is_refused(index: TwoGrainIndex, k: Any) -> None:
    for call in (lambda: index.search(Q, k), lambda: index.batch(Q, k, filters=[None] * 3)):
        with pytest.raises(InvalidInputError, match="k must be"):
            call()


@pytest.mark.parametrize("n_jobs", [0, 2**31, 2**70, 1.5])
def test_threads_out_of_range_are_refused(index: TwoGrainIndex, n_jobs: Any) -> None:
    with pytest.raises(InvalidInputError, match="n_jobs must be"):
        index.search(Q, 3, n_jobs=n_jobs)


@pytest.mark.parametrize("least", [np.nan, -np.inf, 10**400, "0.5", None, True, 1j])
def test_a_bound_that_is_no_finite_number_is_refused(index: TwoGrainIndex, least: Any) -> None:
    with pytest.raises(InvalidInputError, match="least must be a finite number"):
        index.search_range(Q, least)


def test_a_bound_that_float32_cannot_hold_is_a_bound(index: TwoGrainIndex) -> None:
    assert index.search_range(Q, 1e300).offsets.tolist() == [0, 0, 0, 0]
    assert index.search_range(Q, -1e300, recall=1).offsets.tolist() == [0, N, 2 * N, 3 * N]


@pytest.mark.parametrize("wanted", [None, YEAR == 3, IdMask(np.ones(N, bool)), "abc", {0: None}])
def test_filters_of_a_batch_must_be_a_list(index: TwoGrainIndex, wanted: Any) -> None:
    with pytest.raises(InvalidInputError, match="filters must be a list"):
        index.batch(Q, 3, filters=wanted)


def test_rows_of_an_array_are_filters_each_of_its_own(index: TwoGrainIndex) -> None:
    masks = np.zeros((3, N), dtype=bool)
    for i in range(3):
        masks[i, 100 * i : 100 * (i + 1)] = True
    found = index.batch(Q, 4, filters=masks)  # type: ignore[arg-type]
    assert (found.ids // 100).tolist() == [[0] * 4, [1] * 4, [2] * 4]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ([[1], [1, 2]], "rows of one length"),
        (IdMask([[True], [True, False]]), "rows of one length"),  # type: ignore[arg-type]
        (np.ma.array(np.ones(N, bool), mask=np.ones(N, bool)), "masked"),
        (np.ones(N + 1, bool), "one boolean for each of the 400 rows"),
        ([-1], "0 or more"),
        (np.array([2**63], np.uint64), "fit into int64"),
        ([0.5], "filter must be"),
        (Attribute("venue") == "x", "'venue'"),
        (YEAR == "x", "whole numbers"),
    ],
    ids=str,
)
def test_a_filter_that_does_not_fit_is_refused_everywhere(
    index: TwoGrainIndex, wanted: Any, message: str
) -> None:
    for call in (
        lambda: index.search(Q, 3, filter=wanted),
        lambda: index.search(Q.tolist(), 3, filter=wanted, recall=1),
        lambda: index.search_range(Q, 0.5, filter=wanted),
        lambda: index.batch(Q, 3, filters=[None, wanted, None]),
        lambda: index.explain(Q[0], filter=wanted),
    ):
        with pytest.raises(InvalidInputError, match=message):
            call()


@pytest.mark.parametrize("nothing", [[], np.zeros(N, bool), YEAR > 9999, IdMask(np.zeros(0, bool))])
def test_a_filter_that_allows_nothing_finds_nothing(index: TwoGrainIndex, nothing: Any) -> None:
    assert index.search(Q, 2, filter=nothing).ids.tolist() == [[-1, -1]] * 3
    assert len(index.search_range(Q, -1.0, filter=nothing).ids) == 0
    assert index.explain(Q[0], filter=nothing).n_allowed == 0


def test_ids_to_the_last_of_64_bits(index: TwoGrainIndex) -> None:
    ids = [2**31 - 1, 2**31, 2**32, 2**63 - 1]
    x = rows(4, 5)
    index.add(x, ids, {"year": ids})
    assert index.search(x, 1).ids.ravel().tolist() == ids
    assert index.search(x[:1], 1, filter=YEAR >= 2**63 - 1).ids.tolist() == [[2**63 - 1]]
    index.set_attributes(ids[1:2], {"year": [2**63 - 1]}).remove(ids[3:])
    assert index.search(x[:1], 1, filter=YEAR > 2**32).ids.tolist() == [[2**31]]
    with pytest.raises(InvalidInputError, match="fit into int64"):
        index.add(x[:1], np.array([2**63], np.uint64), {"year": [1]})


def test_more_rows_than_have_a_number_are_refused(
    index: TwoGrainIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two_grain_changes, "_MOST_ROWS", N + 2)
    before = index.snapshot_
    for change in (index.add, index.update):
        with pytest.raises(InvalidInputError, match="holds at most 402 rows"):
            change(Q, [900, 901, 902], {"year": [1] * 3})
    assert index.snapshot_ is before
    assert len(index.add(Q[:2], [900, 901], {"year": [1] * 2})) == N + 2
    with pytest.raises(InvalidInputError, match="at most 402 rows"):
        TwoGrainIndex().fit(rows(N + 3))


def test_more_places_than_have_a_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_blocks, "_MOST_PLACES", 64)
    scan_blocks.cell_places(np.array([0, 1, 1]), 2)
    with pytest.raises(InvalidInputError, match="Ask for fewer n_cells"):
        scan_blocks.cell_places(np.array([0, 1, 2]), 3)


def test_attributes_of_no_row_make_a_column_all_the_same(index: TwoGrainIndex) -> None:
    seen = Attribute("seen")
    index.set_attributes([], {"seen": []})
    assert index.search(Q, 1, filter=seen == 1).ids.tolist() == [[-1]] * 3
    index.set_attributes([3], {"seen": [1]})
    assert index.search(Q[:1], 2, filter=seen == 1).ids.tolist() == [[3, -1]]


@pytest.mark.parametrize(
    ("ids", "columns", "error"),
    [
        ([5, 999], {"year": [1, 2]}, UnknownIdError),
        ([5, 5], {"year": [1, 2]}, InvalidInputError),
        ([5], {"year": [1, 2]}, InvalidInputError),
        ([5], {"year": ["x"]}, InvalidInputError),
        ([5], {"year": [2**63]}, InvalidInputError),
        ([5], {}, InvalidInputError),
        ([5], None, InvalidInputError),
        ([5], {"": [1]}, InvalidInputError),
        ([5], {7: [1]}, InvalidInputError),
    ],
)
def test_attributes_that_do_not_fit_change_nothing(
    index: TwoGrainIndex, ids: Any, columns: Any, error: type[Exception]
) -> None:
    before = index.snapshot_
    with pytest.raises(error):
        index.set_attributes(ids, columns)
    assert index.snapshot_ is before
    assert index.search(Q[:1], 1, filter=YEAR == 5).ids.tolist() == [[5]]


def test_what_was_calibrated_in_a_folder_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two_grain_changes, "_EXACT_ROWS", 100)
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as index:
        before = index.add(X, np.arange(N)).stats()["efforts"]
    with TwoGrainIndex.open(tmp_path, write=True) as index:
        efforts = index.calibrate(rows(60, 8) + 2).stats()["efforts"]
        assert efforts != before
        assert TwoGrainIndex.open(tmp_path).stats()["efforts"] == efforts


def unaligned(x: NDArray[Any]) -> NDArray[Any]:
    """Return the same array at an odd address."""
    memory = np.frombuffer(b"\0" + x.tobytes(), dtype=np.uint8)[1:]
    return memory.view(x.dtype).reshape(x.shape)
