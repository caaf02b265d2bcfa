"""A two-grain index in a folder: exact with every error allowed for, however it came to be."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError, LockedError, StorageError, UnknownIdError
from typecase.data.filters import IdMask
from typecase.data.predicates import Attribute
from typecase.indexes import two_grain_build, two_grain_changes, two_grain_folder, two_grain_view
from typecase.indexes.flat import FlatIndex
from typecase.indexes.two_grain import TwoGrainIndex
from typecase.indexes.two_grain_outlook import Effort

DIM = 10
BORDER = 100


@pytest.fixture(autouse=True)
def exhaustive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells from 100 rows on, and an effort that finds what exact search finds."""
    effort = Effort(recall=0.995, error=1e6, missing=0.0, believed=1.0)
    monkeypatch.setattr(two_grain_changes, "_EXACT_ROWS", BORDER)
    monkeypatch.setattr(two_grain_changes, "_EXAM_QUERIES", 5)
    monkeypatch.setattr(two_grain_build, "find_efforts", lambda trials, measure: (effort,))
    monkeypatch.setattr(two_grain_view, "FEW_ROWS", 3)
    monkeypatch.setattr(two_grain_view, "_FIRST_ROWS", 30)


def rows(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


Q = rows(6, 99)


class Model:
    """What should be in the folder: vectors by id."""

    def __init__(self, metric: str = "cosine") -> None:
        self.metric = metric
        self.x: dict[int, NDArray[np.float32]] = {}

    def put(self, x: NDArray[np.float32], ids: Any) -> None:
        self.x |= dict(zip(np.asarray(ids).tolist(), x, strict=True))

    def check(self, index: TwoGrainIndex, filter: IdMask | None = None) -> None:
        ids = np.array(sorted(self.x), dtype=np.int64)
        assert sorted(index.ids.tolist()) == ids.tolist()
        x = np.array([self.x[i] for i in ids.tolist()], dtype=np.float32).reshape(-1, DIM)
        wanted = FlatIndex(metric=self.metric).fit(x, ids).search(Q, 9, filter=filter)
        found = index.search(Q, 9, filter=filter)
        assert found.ids.tolist() == wanted.ids.tolist()
        assert found.scores.tobytes() == wanted.scores.tobytes()


@pytest.mark.parametrize("metric", ["cosine", "ip"])
def test_it_is_exact_through_every_change_and_opening(
    engine: str, tmp_path: Path, metric: str
) -> None:
    model, some = Model(metric), IdMask(np.arange(1000) % 3 > 0)
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM, metric=metric) as index:
        model.check(index)
        for first in range(0, 400, 60):
            x, ids = rows(60, first), np.random.default_rng(first).permutation(60) + first
            index.add(x, ids)
            model.put(x, ids)
            model.check(index)
        index.remove(np.arange(0, 100, 3))
        for i in range(0, 100, 3):
            del model.x[i]
        model.check(index, some)
        index.update(rows(50, 7), np.arange(30, 80))
        model.put(rows(50, 7), np.arange(30, 80))
        model.check(index)
        assert index.stats()["n_cells"] > 0
    with TwoGrainIndex.open(tmp_path, metric=metric) as index:
        model.check(index, some)
    with TwoGrainIndex.open(tmp_path, write=True, metric=metric) as index:
        model.check(index)
        index.compact()
        assert index.stats()["n"] == index.stats()["n_rows"] == len(model.x)
        model.check(index, some)
        index.add(rows(5, 8), np.arange(900, 905))
        model.put(rows(5, 8), np.arange(900, 905))
        model.check(index)
    with TwoGrainIndex.open(tmp_path, metric=metric) as index:
        model.check(index, some)


@pytest.mark.parametrize("metric", ["cosine", "ip"])
@pytest.mark.parametrize("n", [0, BORDER - 1, 300])
def test_an_empty_folder_is_filled_at_once(
    engine: str, tmp_path: Path, metric: str, n: int
) -> None:
    model, ids = Model(metric), np.random.default_rng(3).permutation(n) + 7
    model.put(rows(n), ids)
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM, metric=metric) as index:
        assert index.fit(rows(n), ids, {"even": (ids % 2 == 0).tolist()}) is index
        model.check(index)
        assert (index.stats()["n_cells"] > 0) == (n >= BORDER)
        found = index.search(Q, 5, filter=Attribute("even") == True).ids  # noqa: E712
        assert (found[found >= 0] % 2 == 0).all()
        assert (found >= 0).any() == (n > 0)
        files = sorted(path.name for path in tmp_path.glob("x.*"))
        index.verify()
    with TwoGrainIndex.open(tmp_path, write=True, metric=metric) as index:
        model.check(index)
        index.add(rows(9, 4), np.arange(900, 909), {"even": [True] * 9}).remove([900])
        model.put(rows(9, 4), np.arange(900, 909))
        del model.x[900]
        model.check(index)
    assert len(files) == (n > 0)
    model.check(TwoGrainIndex.open(tmp_path, metric=metric))


def test_rows_that_fill_a_folder_lie_as_compacting_leaves_them(tmp_path: Path) -> None:
    for name in ("filled", "compacted"):
        with TwoGrainIndex.open(tmp_path / name, write=True, dim=DIM) as index:
            if name == "filled":
                index.fit(rows(300))
            else:
                index.add(rows(300), np.arange(300)).compact()
    filled, compacted = (TwoGrainIndex.open(tmp_path / n) for n in ("filled", "compacted"))
    assert filled.ids.tolist() == compacted.ids.tolist() != list(range(300))
    codes = [index.snapshot_.codes.cells.to_arrays() for index in (filled, compacted)]
    assert codes[0].keys() == codes[1].keys()
    for name, array in codes[0].items():
        assert np.array_equal(array, codes[1][name]), name
    keep = np.arange(300) % 3 == 0  # one for each of ids
    found = filled.search(Q, 5, filter=keep).ids
    assert np.isin(found, filled.ids[keep]).all()


def test_filling_a_folder_is_refused_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as index:
        for x, ids in (
            (rows(150)[:, 1:], None),
            (rows(150) * np.nan, None),
            (rows(150) * np.float32(1e20), None),
            (rows(150), np.zeros(150, dtype=np.int64)),
            (rows(150), np.arange(149)),
        ):
            with pytest.raises(InvalidInputError):
                index.fit(x, ids)
        with pytest.raises(InvalidInputError):
            index.fit(rows(150), None, {"year": [1]})
        assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "manifest.json"]
        index.fit(rows(150))
        with pytest.raises(InvalidInputError, match=r"holds rows already: add\(\)"):
            index.fit(rows(150))
        index.remove(np.arange(150)).fit(rows(120, 1))  # empty again
        assert len(index) == 120
    (tmp_path / "new").mkdir()
    TwoGrainIndex.open(tmp_path / "new", write=True, dim=DIM).close()
    monkeypatch.setattr(two_grain_changes, "find_codes", None)  # no codes are made in vain
    with pytest.raises(StorageError, match="open for reading"):
        TwoGrainIndex.open(tmp_path / "new").fit(rows(150))


def test_a_reader_sees_what_was_there_until_it_refreshes(engine: str, tmp_path: Path) -> None:
    before, after = Model(), Model()
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as writer:
        writer.add(rows(200), np.arange(200))
        before.put(rows(200), np.arange(200))
        after.put(rows(200), np.arange(200))
        with TwoGrainIndex.open(tmp_path) as reader:
            writer.add(rows(50, 1), np.arange(200, 250)).remove([3]).compact()
            after.put(rows(50, 1), np.arange(200, 250))
            del after.x[3]
            before.check(reader)
            assert reader.refresh()
            after.check(reader)
            assert not reader.refresh()
            with pytest.raises(StorageError):
                reader.add(rows(1, 2), [900])
            after.check(reader)
        with pytest.raises(LockedError):
            TwoGrainIndex.open(tmp_path, write=True)
        after.check(writer)


def test_a_folder_of_few_rows_has_no_cells(tmp_path: Path) -> None:
    model = Model()
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as index:
        index.add(rows(BORDER + 40), np.arange(BORDER + 40))
        model.put(rows(BORDER + 40), np.arange(BORDER + 40))
        assert index.stats()["n_cells"] > 0
        index.remove(np.arange(60)).compact()
        for i in range(60):
            del model.x[i]
        assert index.stats()["n_cells"] == 0
        model.check(index)
    with TwoGrainIndex.open(tmp_path, write=True) as index:
        model.check(index)
        index.add(rows(50, 3), np.arange(500, 550))
        model.put(rows(50, 3), np.arange(500, 550))
        assert index.stats()["n_cells"] > 0
        model.check(index)


def test_refused_changes_change_nothing(tmp_path: Path) -> None:
    model = Model()
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as index:
        index.add(rows(150), np.arange(150))
        model.put(rows(150), np.arange(150))
        for call, error in (
            (lambda: index.fit(rows(3)), InvalidInputError),
            (lambda: index.add(rows(1), [5]), InvalidInputError),
            (lambda: index.add(rows(2), [500, 500]), InvalidInputError),
            (lambda: index.add(rows(1) * np.nan, [500]), InvalidInputError),
            (lambda: index.add(rows(1)[:, 1:], [500]), InvalidInputError),
            (lambda: index.add(rows(1) * np.float32(1e20), [500]), InvalidInputError),
            (lambda: index.add(rows(1), [500], {"year": [1]}), InvalidInputError),
            (lambda: index.remove([5, 999]), UnknownIdError),
            (lambda: index.remove([5, 5]), InvalidInputError),
        ):
            with pytest.raises(error):
                call()
            model.check(index)
        index.remove([5, 999], missing_ok=True)
        del model.x[5]
        model.check(index)
        index.add(np.empty((0, DIM)), []).remove([]).update(np.empty((0, DIM)), [])
        model.check(index)


def test_a_generator_may_be_the_seed(tmp_path: Path) -> None:
    model, rng = Model(), np.random.default_rng(0)
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM, random_state=rng) as index:
        index.add(rows(150), np.arange(150))
        model.put(rows(150), np.arange(150))
        model.check(index)
    model.check(TwoGrainIndex.open(tmp_path))


def test_codes_of_one_metric_are_not_taken_for_another(tmp_path: Path) -> None:
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as index:
        index.add(rows(150), np.arange(150))
    with pytest.raises(InvalidInputError, match="indexed for metric 'cosine', asked for 'ip'"):
        TwoGrainIndex.open(tmp_path, metric="ip")
    with pytest.raises(InvalidInputError, match="metric must be one of"):
        TwoGrainIndex.open(tmp_path, metric="l2")
    with TwoGrainIndex.open(tmp_path, write=True) as index:  # nobody holds the lock
        assert len(index) == 150


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), steps=st.lists(st.sampled_from("aaurco"), max_size=8))
def test_any_changes_keep_it_exact(
    tmp_path_factory: pytest.TempPathFactory, seed: int, steps: list[str]
) -> None:
    folder, rng, model = tmp_path_factory.mktemp("index"), np.random.default_rng(seed), Model()
    index = TwoGrainIndex.open(folder, write=True, dim=DIM)
    try:
        for step in ("a", *steps):
            n = int(rng.integers(0, 150))
            x = rng.integers(-2, 3, (n, DIM)).astype(np.float32)
            ids = rng.permutation(600)[:n]
            if step == "a":
                new = ~np.isin(ids, index.ids)
                index.add(x[new], ids[new])
                model.put(x[new], ids[new])
            elif step == "u":
                index.update(x, ids)
                model.put(x, ids)
            elif step == "r":
                index.remove(ids, missing_ok=True)
                for i in ids.tolist():
                    model.x.pop(i, None)
            elif step == "c":
                index.compact()
            else:
                index.close()
                index = TwoGrainIndex.open(folder, write=True)
            model.check(index, IdMask(rng.random(600) < 0.5))
    finally:
        index.close()


@pytest.mark.parametrize(
    ("first", "is_narrow"), [(0, True), (2**32 - 300, True), (2**32 - 299, False)]
)
def test_ids_that_fit_are_kept_in_half_the_memory(
    engine: str, tmp_path: Path, first: int, is_narrow: bool
) -> None:
    model, ids = Model(), np.random.default_rng(1).permutation(300) + first
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as index:
        index.add(rows(300), ids)
        model.put(rows(300), ids)
        index.compact()
        index.add(rows(20, 5), np.arange(20) + 2**40)  # behind those that are kept so
        model.put(rows(20, 5), np.arange(20) + 2**40)
        index.update(rows(9, 6), ids[:9])
        model.put(rows(9, 6), ids[:9])
        model.check(index)
    index = TwoGrainIndex.open(tmp_path)
    kept = index.snapshot_.codes.cells.narrow_ids
    assert (kept is not None and kept.dtype == np.uint32 and len(kept) == 300) == is_narrow
    model.check(index)


def test_a_folder_of_before_there_were_narrow_ids_and_whole_centres_opens(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, model = two_grain_folder._to_arrays, Model()

    def before(codes: Any, metric: str) -> dict[str, Any]:
        new = ("narrow_ids", "whole_centers", "center_units", "center_squares", "codec_signs")
        return {name: array for name, array in now(codes, metric).items() if name not in new}

    with monkeypatch.context() as patch:
        patch.setattr(two_grain_folder, "_to_arrays", before)
        with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as index:
            index.add(rows(300), np.arange(300))
            model.put(rows(300), np.arange(300))
            index.compact()
    assert not list(tmp_path.glob("two_grain.whole_centers*"))
    model.check(TwoGrainIndex.open(tmp_path))
    with TwoGrainIndex.open(tmp_path, write=True) as index:
        index.remove([5])
        del model.x[5]
        index.compact()
    assert list(tmp_path.glob("two_grain.whole_centers*"))
    model.check(TwoGrainIndex.open(tmp_path))
