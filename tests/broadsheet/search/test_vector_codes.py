"""Codes are made where vectors are written; who reads uses what there is and never waits."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.model.errors import IndexBrokenError
from broadsheet.search.vector_codes import ROWS_A_STEP, CodeKeeper, open_vectors
from broadsheet.search.vector_folders import stamp_of
from typecase.base.errors import StorageError
from typecase.data.vector_store import VectorStore
from typecase.indexes import TwoGrainIndex

N = 5_000


def _vectors(n: int, *, seed: int = 3) -> NDArray[np.float32]:
    x = np.random.default_rng(seed).standard_normal((n, 16)).astype(np.float32)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def _append(folder: Path, keys: NDArray[np.int64], x: NDArray[np.float32]) -> None:
    with VectorStore.open(folder, write=True, dim=16) as store:
        store.append(keys, x)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Vectors as a version without codes has left them."""
    _append(tmp_path, np.arange(N), _vectors(N))
    return tmp_path


@pytest.fixture(scope="module")
def coded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coded")
    _append(folder, np.arange(N), _vectors(N))
    CodeKeeper().bring_up(folder, is_whole=False)
    return folder


@pytest.fixture
def coded(coded_once: Path, tmp_path: Path) -> Path:
    """The same, with codes."""
    return Path(shutil.copytree(coded_once, tmp_path / "coded"))


def _n_coded(folder: Path) -> int:
    attached = VectorStore.open(folder).attached("two_grain")
    return 0 if attached is None else VectorStore.open(folder).n_rows_at(attached.seq)


def test_vectors_without_codes_are_looked_at_one_by_one(folder: Path) -> None:
    opened = open_vectors(folder)
    assert opened.index is None
    assert len(opened.table) == N
    assert _n_coded(folder) == 0


def test_they_get_their_codes_once(folder: Path) -> None:
    keeper, said = CodeKeeper(), []
    for _ in range(2):
        keeper.bring_up(folder, is_whole=False, progress=lambda *step: said.append(step))
    assert said == [("indexing the vectors", 0, None)]
    assert _n_coded(folder) == N
    assert open_vectors(folder).index is not None


def test_few_vectors_get_none(tmp_path: Path) -> None:
    _append(tmp_path, np.arange(4_000), _vectors(4_000))
    before = stamp_of(tmp_path / "manifest.json")
    CodeKeeper().bring_up(tmp_path, is_whole=True)
    assert stamp_of(tmp_path / "manifest.json") == before


def test_a_folder_that_is_missing_stays_so(tmp_path: Path) -> None:
    CodeKeeper().bring_up(tmp_path / "none", is_whole=True)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("n_new", "n_coded"), [(ROWS_A_STEP - 1, N), (ROWS_A_STEP, N + 1024)])
def test_new_vectors_get_codes_in_steps(coded: Path, n_new: int, n_coded: int) -> None:
    keeper = CodeKeeper()
    _append(coded, np.arange(N, N + n_new), _vectors(n_new, seed=4))
    keeper.bring_up(coded, is_whole=False)
    assert _n_coded(coded) == n_coded
    opened = open_vectors(coded)
    assert opened.index is not None
    assert len(opened.index) == N + n_new


@pytest.mark.slow
def test_a_reader_makes_no_codes_of_many_new_vectors(coded: Path) -> None:
    _append(coded, np.arange(N, 4 * N), _vectors(3 * N, seed=4))
    assert open_vectors(coded).index is None
    CodeKeeper().bring_up(coded, is_whole=False)
    assert open_vectors(coded).index is not None


@pytest.mark.parametrize("harm", ["lost", "cut"])
def test_damaged_codes_are_made_anew(
    coded: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = next(coded.glob("two_grain.blocks.*"))
    if harm == "lost":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:1000])
    assert open_vectors(coded).index is None
    assert "codes are made anew" in caplog.text
    CodeKeeper().bring_up(coded, is_whole=False)
    assert open_vectors(coded).index is not None


def test_damaged_vectors_are_reported(folder: Path) -> None:
    next(folder.glob("x.*.npy")).write_bytes(b"")
    with pytest.raises(IndexBrokenError, match="indexing the vectors"):
        CodeKeeper().bring_up(folder, is_whole=False)


def test_a_whole_library_is_written_in_the_order_of_its_cells(folder: Path) -> None:
    _append(folder, np.arange(200), _vectors(200, seed=5))
    keeper = CodeKeeper()
    keeper.bring_up(folder, is_whole=False)
    assert len(open_vectors(folder).table) == N + 200
    keeper.bring_up(folder, is_whole=True)
    opened = open_vectors(folder)
    assert len(opened.table) == N
    assert (np.diff(opened.table.ids) < 0).any()
    assert np.array_equal(VectorStore.open(folder).take([7, 4_000]), _expected(7, 4_000))
    before = stamp_of(folder / "manifest.json")
    CodeKeeper().bring_up(folder, is_whole=True)
    assert stamp_of(folder / "manifest.json") == before


def _expected(replaced: int, kept: int) -> NDArray[np.float32]:
    return np.stack([_vectors(200, seed=5)[replaced], _vectors(N)[kept]])


def test_who_is_embedding_is_left_alone(folder: Path) -> None:
    keeper = CodeKeeper()
    with VectorStore.open(folder, write=True):
        keeper.bring_up(folder, is_whole=False)
        assert _n_coded(folder) == 0
    keeper.bring_up(folder, is_whole=False)
    assert _n_coded(folder) == N


def test_a_failure_is_logged_and_not_repeated_until_something_changes(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise StorageError("no space is left")

    keeper = CodeKeeper()
    with monkeypatch.context() as patch:
        patch.setattr(TwoGrainIndex, "open", refuse)
        keeper.bring_up(folder, is_whole=False)
        keeper.bring_up(folder, is_whole=False)
    assert caplog.text.count("searched without an index") == 1
    _append(folder, np.array([N]), _vectors(1))
    keeper.bring_up(folder, is_whole=False)
    assert _n_coded(folder) == N + 1
