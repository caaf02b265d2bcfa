"""What damage and a full disk do to a store: it is found and named, and nothing else is lost."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from typecase.base.errors import CorruptFileError, StorageError
from typecase.base.files import PAGE_BYTES, write_manifest
from typecase.data import segments, store_writer
from typecase.data.predicates import Attribute
from typecase.data.vector_store import VectorStore

DIM = 4
KINDS = {"x", "rows", "ids", "seq", "hash", "order", "removals", "live", "copy", "manifest"}
KINDS |= {"columns_0", "patch_0"}


def vectors(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


def append(store: VectorStore, ids: np.ndarray) -> None:
    tags = [["ab", str(i)] for i in ids.tolist()]
    store.append(ids, vectors(len(ids)), attributes={"year": ids, "tags": tags})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VectorStore]:
    """A store with a file of every kind, however few its rows."""
    monkeypatch.setattr(segments, "_MOST_RECORDS", 20)
    monkeypatch.setattr(store_writer, "_MOST_UNSETTLED", 40)
    with VectorStore.open(tmp_path, write=True, dim=DIM) as store:
        append(store, np.arange(100)[::-1])
        append(store, np.arange(90, 110))
        store.remove([3, 4])
        append(store, np.arange(200, 260))
        store.set_attributes([7, 8], {"year": [2000, None]})
        store.attach("copy", {"ids": store.ids(), "none": np.empty((0, 3))}, store.seq)
        yield store


def test_the_store_has_a_file_of_every_kind(store: VectorStore) -> None:
    assert {path.name.split(".")[0] for path in _files(store)} == KINDS


def test_a_flipped_bit_in_any_file_is_found_and_named(store: VectorStore) -> None:
    rng = np.random.default_rng(1)
    for path in _files(store):
        whole = path.read_bytes()
        for _ in range(10):
            damaged = bytearray(whole)
            damaged[rng.integers(len(damaged))] ^= 1 << int(rng.integers(8))
            path.write_bytes(damaged)
            with pytest.raises(CorruptFileError, match=path.name):
                VectorStore.open(store.folder).verify()
            with pytest.raises(CorruptFileError, match=path.name):
                store.verify()
        path.write_bytes(whole)
    VectorStore.open(store.folder).verify()


def test_every_flipped_bit_of_the_head_of_an_array_is_found_and_named(tmp_path: Path) -> None:
    with VectorStore.open(tmp_path, write=True, dim=DIM) as store:
        store.append([1, 2], vectors(2))
    path = next(tmp_path.glob("x.*"))
    whole = path.read_bytes()
    for bit in (*range(0, 8 * 128, 5), *range(8 * 128, 8 * (PAGE_BYTES + 32), 151)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(CorruptFileError, match=path.name):
            VectorStore.open(tmp_path).verify()


def test_another_spelling_of_a_number_in_the_manifest_is_found(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_manifest(path, {"norms": [1e-7]})
    path.write_bytes(path.read_bytes().replace(b"1e-07", b"1E-07"))
    with pytest.raises(CorruptFileError, match=r"manifest\.json"):
        VectorStore.open(tmp_path)


def test_a_cut_off_or_lost_file_is_found_at_opening(store: VectorStore) -> None:
    for path in _files(store):
        kind = path.name.split(".")[0]
        if kind in {"manifest", "order", "copy"}:
            continue
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        with pytest.raises(CorruptFileError, match=path.name):
            VectorStore.open(store.folder)
        path.unlink()
        with pytest.raises(CorruptFileError, match="is missing"):
            VectorStore.open(store.folder)
        path.write_bytes(whole)


def test_a_lost_order_of_ids_is_made_anew(
    store: VectorStore, caplog: pytest.LogCaptureFixture
) -> None:
    next(store.folder.glob("order.*")).unlink()
    again = VectorStore.open(store.folder)
    assert "sorting ids anew" in caplog.text
    assert np.array_equal(again.take([77]), store.take([77]))
    store.compact()
    VectorStore.open(store.folder).verify()


Change = Callable[[VectorStore], object]
CHANGES: dict[str, Change] = {
    "append": lambda store: append(store, np.arange(1000, 9000)),
    "append few": lambda store: append(store, np.array([1000])),
    "set attributes": lambda store: store.set_attributes([200, 201], {"year": [1, 2]}),
    "set a new attribute": lambda store: store.set_attributes([200, 201], {"seen": [True, False]}),
    "remove": lambda store: store.remove(np.arange(5, 90)),
    "compact": lambda store: store.compact(),
    "compact and attach": lambda store: store.compact(attach={"big": {"x": vectors(9000)}}),
    "attach": lambda store: store.attach("big", {"x": vectors(9000)}, store.seq),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("free_bytes", [0, 100, 2000, 2400])
def test_a_full_disk_changes_nothing(store: VectorStore, name: str, free_bytes: int) -> None:
    before, files = _state(store), _files(store)
    with full_disk(free_bytes):
        failed = _fails(CHANGES[name], store)
    if failed:
        assert store.folder.name in failed
        assert (_state(store), _files(store)) == (before, files)
        assert _state(VectorStore.open(store.folder)) == before
        CHANGES[name](store)  # there is room again
    assert list(store.folder.glob(".tmp*")) == []
    assert _state(VectorStore.open(store.folder)) == _state(store)
    store.verify()


def test_a_full_disk_has_met_every_change(store: VectorStore) -> None:
    for change in CHANGES.values():
        with full_disk(0), pytest.raises(StorageError):
            change(store)


@contextmanager
def full_disk(free_bytes: int) -> Iterator[None]:
    """Let no file grow past a size, which to a process is what a full disk is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _fails(change: Change, store: VectorStore) -> str:
    try:
        change(store)
    except StorageError as error:
        return str(error)
    return ""


def _state(store: VectorStore) -> tuple[list[int], bytes, int, list[bytes]]:
    x, table = np.asarray(store.vectors()).tobytes(), store.attributes
    assert table is not None
    asked = [Attribute("year") < 100, Attribute("tags") == "205"]
    if "seen" in table.kinds:
        asked.append(Attribute("seen").is_present())
    return store.ids().tolist(), x, store.seq, [table.rows_where(p).tobytes() for p in asked]


def _files(store: VectorStore) -> list[Path]:
    names = sorted(os.listdir(store.folder))  # noqa: PTH208
    return [store.folder / name for name in names if not name.startswith(".")]
