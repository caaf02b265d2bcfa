"""Nearest papers under masks, from vectors that another process writes."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.model.errors import IndexBrokenError
from broadsheet.search.vector_codes import CodeKeeper
from broadsheet.search.vector_reader import VectorReader
from typecase.data.filters import IdMask
from typecase.data.vector_store import VectorStore
from typecase.indexes import two_grain_view

DIM = 16


def _vectors(n: int, *, seed: int = 3) -> NDArray[np.float32]:
    x = np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def _write(folder: Path, keys: NDArray[np.int64], x: NDArray[np.float32]) -> None:
    with VectorStore.open(folder, write=True, dim=DIM) as store:
        store.append(keys, x)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("indexed")
    _write(folder, np.arange(1, 5_001), _vectors(5_000))
    CodeKeeper().bring_up(folder, is_whole=True)
    return folder


@pytest.fixture(params=["scanned", "indexed"])
def reader(request: Any, tmp_path: Path, indexed: Path) -> VectorReader:
    """5,000 vectors under the keys 1 to 5,000."""
    folder = tmp_path / "vectors"
    if request.param == "indexed":
        shutil.copytree(indexed, folder)
    else:
        _write(folder, np.arange(1, 5_001), _vectors(5_000))
    return VectorReader(folder=folder)


def _until(holds: Callable[[], bool], limit_s: float = 30.0) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


@pytest.mark.parametrize("k", [1, 10, 6_000])
def test_last_scores_are_those_of_searches_one_by_one(reader: VectorReader, k: int) -> None:
    q = 3 * _vectors(4, seed=5)
    alone = [reader.search(row, None, k=k).scores.min() for row in q]
    np.testing.assert_allclose(reader.last_scores(q, k=k), alone, rtol=1e-5)


def test_without_vectors_nothing_is_near_enough(tmp_path: Path) -> None:
    nothing = VectorReader(folder=tmp_path / "none")
    assert nothing.last_scores(_vectors(2), k=3).tolist() == [1.0, 1.0]


def test_the_nearest_come_first(reader: VectorReader) -> None:
    q = _vectors(5_000)[6]
    found = reader.search(q, None, k=5)
    assert found.keys[0] == 7
    assert found.scores[0] == pytest.approx(1.0)
    assert np.all(np.diff(found.scores) <= 0)
    assert reader.n_vectors() == 5_000
    assert reader.vector(7) == pytest.approx(q)
    assert reader.vector(5_001) is None


def test_a_mask_is_kept_to_and_keys_past_its_end_do_not_pass(reader: VectorReader) -> None:
    x, allowed = _vectors(5_000), np.zeros(1_001, dtype=bool)
    allowed[1::10] = True
    found = reader.search(x[6], IdMask(allowed), k=20)
    cosines = x[:1_000:10] @ x[6]
    assert found.keys.tolist() == (1 + 10 * np.argsort(-cosines)[:20]).tolist()


@pytest.mark.parametrize("n_out", [0, 3, 600])
@pytest.mark.parametrize("is_masked", [False, True])
def test_keys_are_left_out(reader: VectorReader, n_out: int, is_masked: bool) -> None:
    q = _vectors(1, seed=9)[0]
    order = 1 + np.argsort(-(_vectors(5_000) @ q))
    allowed = np.zeros(5_001, dtype=bool)
    allowed[order[: n_out + 200]] = True
    mask = IdMask(allowed) if is_masked else None
    found = reader.search(q, mask, k=3, not_in=np.concatenate([order[:n_out], [-5, 99_999]]))
    assert len(found.keys) == 3
    assert not np.isin(found.keys, order[:n_out]).any()
    if is_masked:  # few are left: all of them are read
        assert found.keys.tolist() == order[n_out : n_out + 3].tolist()


def test_all_but_none_are_left_out(reader: VectorReader) -> None:
    found = reader.search(_vectors(1)[0], None, k=3, not_in=np.arange(1, 5_001))
    assert len(found.keys) == 0


@pytest.mark.parametrize("reader", ["indexed"], indirect=True)
def test_what_was_made_of_a_mask_serves_again(
    reader: VectorReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[object] = []
    compile_ = two_grain_view.allowed_rows

    def counted(chosen: Any, *rest: Any) -> Any:
        compiled.append(chosen)
        return compile_(chosen, *rest)

    monkeypatch.setattr(two_grain_view, "allowed_rows", counted)
    mask, seen = IdMask(np.ones(5_001, dtype=bool)), np.arange(1, 1_000)
    for q in _vectors(3, seed=9):
        reader.search(q, mask, k=5)
        reader.search(q, mask, k=5, not_in=seen)
        reader.search(q, None, k=5, not_in=seen)
    assert len(compiled) == 3
    reader.search(q, mask, k=5, not_in=seen.copy())
    assert len(compiled) == 4


def test_cosines_of_some(reader: VectorReader) -> None:
    x = _vectors(5_000)
    found = reader.scores(3 * x[0], np.array([99_999, 2, 1]))
    assert found.keys.tolist() == [2, 1]
    assert found.scores.tolist() == pytest.approx([float(x[0] @ x[1]), 1.0])


def test_cosines_of_vectors_of_any_length(tmp_path: Path) -> None:
    x = _vectors(10)
    _write(tmp_path, np.arange(10), x * np.arange(1, 11, dtype=np.float32)[:, None])
    reader = VectorReader(folder=tmp_path)
    assert reader.scores(x[0], np.arange(10)).scores == pytest.approx(x @ x[0], abs=1e-6)
    assert reader.search(2 * x[4], None, k=1).scores.tolist() == pytest.approx([1.0])


def test_what_comes_is_taken_in_beside_the_searches(reader: VectorReader) -> None:
    x = _vectors(501, seed=4)
    reader.n_vectors()
    before = reader.generation()
    with VectorStore.open(reader.folder, write=True) as store:
        store.append(np.arange(6_000, 6_500), x[:500])
        store.append(np.array([7]), x[500:])
    _until(lambda: reader.generation() != before)
    assert reader.n_vectors() == 5_500
    assert reader.search(x[3], None, k=1).keys.tolist() == [6_003]
    assert reader.scores(x[500], np.array([7])).scores.tolist() == pytest.approx([1.0])


@pytest.mark.parametrize("reader", ["scanned"], indirect=True)
def test_codes_that_come_are_used(reader: VectorReader) -> None:
    first = reader.search(_vectors(5_000)[6], None, k=1)
    CodeKeeper().bring_up(reader.folder, is_whole=True)
    reader.refresh()
    again = reader.search(_vectors(5_000)[6], None, k=1)
    assert first.keys.tolist() == again.keys.tolist() == [7]
    assert reader._opened is not None
    assert reader._opened.index is not None


def test_a_folder_that_was_made_anew_is_followed(reader: VectorReader) -> None:
    x = _vectors(30, seed=4)
    reader.n_vectors()
    shutil.rmtree(reader.folder)
    _write(reader.folder, np.arange(30), x)
    reader.refresh()
    assert reader.n_vectors() == 30
    assert reader.search(x[8], None, k=1).keys.tolist() == [8]


def test_a_folder_that_is_missing_is_empty(tmp_path: Path) -> None:
    reader = VectorReader(folder=tmp_path / "none")
    q = _vectors(1)[0]
    assert (reader.n_vectors(), reader.generation(), reader.vector(1)) == (0, None, None)
    assert len(reader.search(q, None, k=3, not_in=np.arange(100)).keys) == 0
    assert len(reader.scores(q, np.array([1])).keys) == 0
    assert reader.typical(q) == 0.0


def test_damage_that_comes_meanwhile_is_reported(reader: VectorReader) -> None:
    reader.n_vectors()
    with VectorStore.open(reader.folder, write=True) as store:
        store.append(np.array([9_000]), _vectors(1))
    newest = max(reader.folder.glob("x.*.npy"), key=lambda path: path.stat().st_mtime_ns)
    newest.unlink()

    def is_reported() -> bool:
        try:
            reader.n_vectors()
        except IndexBrokenError:
            return True
        return False

    _until(is_reported)


def test_the_typical_cosine_is_that_of_the_mean(reader: VectorReader) -> None:
    mean = _vectors(5_000).mean(axis=0)
    assert reader.typical(mean) == pytest.approx(float(mean @ mean), abs=1e-3)
