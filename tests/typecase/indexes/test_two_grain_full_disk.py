"""A full disk under a two-grain index: a change is there whole or not at all, and searched."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.base.errors import StorageError
from typecase.base.files import PAGE_BYTES
from typecase.data.predicates import Attribute
from typecase.indexes import two_grain_changes, two_grain_folder
from typecase.indexes.two_grain import TwoGrainIndex

DIM = 16
N = 400
YEAR = Attribute("year")


def rows(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


NEW, NEW_IDS = rows(7, 1), np.arange(1000, 1007)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoGrainIndex]:
    """With cells, and codes that are attached at each change."""
    monkeypatch.setattr(two_grain_changes, "_EXACT_ROWS", 100)
    monkeypatch.setattr(two_grain_changes, "_EXAM_QUERIES", 20)
    monkeypatch.setattr(two_grain_folder, "_UNATTACHED_ROWS", 1)
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as made:
        made.add(rows(N), np.arange(N), {"year": [2000 + i % 9 for i in range(N)]})
        yield made


@contextmanager
def full_disk(free_bytes: int) -> Iterator[None]:
    """Let no file grow past a size, which to a process is what a full disk is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


CHANGES: dict[str, Callable[[TwoGrainIndex], object]] = {
    "add": lambda i: i.add(NEW, NEW_IDS, {"year": [1990] * 7}),
    "update": lambda i: i.update(NEW, np.arange(7), {"year": [1990] * 7}),
    "remove": lambda i: i.remove(np.arange(20)),
    "remove most": lambda i: i.remove(np.arange(N - 150)),
    "set attributes": lambda i: i.set_attributes(np.arange(3), {"year": [1990] * 3}),
    "compact": lambda i: i.remove([3]).compact(),
    "calibrate": lambda i: i.calibrate(rows(20, 5)),
}


@pytest.mark.parametrize("free_bytes", [0, 2_000, 6_000, 9_000, 15_000])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_there_whole_or_not_at_all(
    index: TwoGrainIndex, tmp_path: Path, name: str, free_bytes: int
) -> None:
    before = _state(index)
    with full_disk(free_bytes):
        message = _fails(CHANGES[name], index)
    if message:
        assert tmp_path.name in message
    if message and name != "compact":  # of which the removal before it may be there
        assert _state(index) == before
    assert _state(index) == _state(TwoGrainIndex.open(tmp_path))
    index.add(rows(5, 3), np.arange(2000, 2005), {"year": [1980] * 5})  # there is room again
    assert _state(index) == _state(TwoGrainIndex.open(tmp_path))
    index.verify()


@pytest.mark.parametrize("free_bytes", [0, 2_000, 9_000, 15_000, 30_000])
def test_an_empty_folder_is_filled_whole_or_not_at_all(
    index: TwoGrainIndex, tmp_path: Path, free_bytes: int
) -> None:
    with TwoGrainIndex.open(tmp_path / "new", write=True, dim=DIM) as new:
        with full_disk(free_bytes):
            message = _fails(lambda i: i.fit(rows(N)), new)
        assert (not message) == (free_bytes > PAGE_BYTES + 4 * N * DIM)
        if message:
            assert "new" in message
            assert len(new) == len(TwoGrainIndex.open(tmp_path / "new")) == 0
            assert len(list((tmp_path / "new").iterdir())) == 2  # lock and manifest
            new.fit(rows(N))
        new.verify()
        assert new.search(rows(N)[:9], 1).ids.ravel().tolist() == list(range(9))


def test_rows_are_found_though_their_codes_could_not_be_kept(
    index: TwoGrainIndex, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with full_disk(9_000):  # the blocks of the codes do not fit, the rows do
        index.add(NEW, NEW_IDS, {"year": [1990] * 7})
        assert "could not keep codes" in caplog.text
        index.remove([5])
        index.add(NEW[:1] + 1, [3000], {"year": [1991]})
        assert index.search(NEW, 1).ids.ravel().tolist() == NEW_IDS.tolist()
        again = TwoGrainIndex.open(tmp_path)
        assert again.search(NEW, 1).ids.ravel().tolist() == NEW_IDS.tolist()
        index.close()
    with TwoGrainIndex.open(tmp_path, write=True) as again:
        assert again.search(NEW, 1).ids.ravel().tolist() == NEW_IDS.tolist()
        again.verify()


def test_a_folder_is_opened_though_the_disk_is_full(index: TwoGrainIndex, tmp_path: Path) -> None:
    index.close()
    for path in tmp_path.glob("two_grain.blocks.*"):
        path.unlink()
    with full_disk(100), TwoGrainIndex.open(tmp_path, write=True) as again:
        assert again.search(rows(N)[:9], 1).ids.ravel().tolist() == list(range(9))
        assert again.stats()["n_cells"] > 0


def test_what_was_removed_stays_so_though_there_is_no_room_to_compact(
    index: TwoGrainIndex, caplog: pytest.LogCaptureFixture
) -> None:
    with full_disk(9_000):
        index.remove(np.arange(N - 150))
    assert "could not compact" in caplog.text
    assert len(index) == 150
    assert index.stats()["n_rows"] == N
    index.remove([N - 1])
    assert index.stats()["n_rows"] == 149


def _fails(change: Callable[[TwoGrainIndex], object], index: TwoGrainIndex) -> str:
    try:
        change(index)
    except StorageError as error:
        return str(error)
    return ""


def _state(index: TwoGrainIndex) -> tuple[list[int], list[int], list[list[int]], list[int]]:
    """Return the ids, and whom each row of all that ever were is nearest to."""
    x = np.concatenate([rows(N), NEW, rows(5, 3)])
    found = index.search(x, 1, recall=0.995)
    years = [index.search(x[:1], N, filter=year == YEAR) for year in (1980, 1990, 2003)]
    near = found.ids.ravel()[found.scores.ravel() > 0.999]
    ids = [sorted(each.ids[each.ids >= 0].tolist()) for each in years]
    return sorted(index.ids.tolist()), sorted(near.tolist()), ids, [len(index), index.dim]
