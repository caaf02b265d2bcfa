"""The store of vectors: what was acknowledged is there, newest wins, readers follow."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from typecase.base.errors import (
    CorruptFileError,
    FormatVersionError,
    InvalidInputError,
    LockedError,
    StorageError,
    UnknownIdError,
)
from typecase.base.files import read_manifest, write_manifest
from typecase.data.vector_store import VectorStore

DIM = 4


def vectors(n: int, start: float = 0.0) -> np.ndarray:
    return (np.arange(n * DIM, dtype=np.float32) + start).reshape(n, DIM)


def filled(folder: Path) -> VectorStore:
    store = VectorStore.open(folder, write=True, dim=DIM)
    store.append([10, 11, 12], vectors(3))
    store.append([13, 14], vectors(2, 100))
    return store


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    filled(tmp_path / "v").close()
    store = VectorStore.open(tmp_path / "v")
    assert store.ids().tolist() == [10, 11, 12, 13, 14]
    assert np.array_equal(
        np.asarray(store.vectors()), np.concatenate([vectors(3), vectors(2, 100)])
    )
    assert len(store) == 5
    assert store.dim == DIM


def test_vectors_stay_on_disk(tmp_path: Path) -> None:
    filled(tmp_path).close()
    for piece in VectorStore.open(tmp_path).vectors().pieces:
        assert not piece.flags.writeable
        assert not piece.flags.owndata


def test_the_newer_row_of_an_id_wins(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        store.append([11, 20], vectors(2, 500))
        assert store.ids().tolist() == [10, 12, 13, 14, 11, 20]
        assert np.array_equal(store.take([11])[0], vectors(1, 500)[0])
    assert VectorStore.open(tmp_path).ids().tolist() == [10, 12, 13, 14, 11, 20]


def test_removed_ids_are_gone_and_may_come_back(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        store.remove([10, 14])
        assert store.ids().tolist() == [11, 12, 13]
        store.append([10], vectors(1, 700))
        assert store.ids().tolist() == [11, 12, 13, 10]
    again = VectorStore.open(tmp_path)
    assert again.ids().tolist() == [11, 12, 13, 10]
    assert again.take([10])[0, 0] == 700


def test_removing_an_absent_id_removes_nothing(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        with pytest.raises(UnknownIdError, match="id 99 is not stored"):
            store.remove([10, 99])
        assert len(store) == 5


def test_a_content_hash_says_what_need_not_be_embedded_again(tmp_path: Path) -> None:
    hashes = np.arange(32, dtype=np.uint8).reshape(2, 16)
    with VectorStore.open(tmp_path, write=True, dim=DIM) as store:
        store.append([1, 2], vectors(2), hashes)
        assert store.is_current([1, 2, 3], hashes[[0, 0, 1]]).tolist() == [True, False, False]
        store.remove([1])
        assert store.is_current([1], hashes[:1]).tolist() == [False]


def test_a_reader_sees_new_rows_after_refresh(tmp_path: Path) -> None:
    with filled(tmp_path) as writer:
        reader = VectorStore.open(tmp_path)
        assert not reader.refresh()
        writer.append([30], vectors(1))
        assert len(reader) == 5
        assert reader.refresh()
        assert reader.ids().tolist() == [10, 11, 12, 13, 14, 30]


def test_changes_since_tells_an_index_what_to_do(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        seen = store.changes_since(-1)
        assert seen.ids.tolist() == [10, 11, 12, 13, 14]
        store.remove([12])
        store.append([11, 40], vectors(2, 900))
        changes = store.changes_since(seen.seq)
        assert not changes.anew
        assert changes.removed.tolist() == [12]
        assert changes.ids.tolist() == [11, 40]
        assert np.array_equal(np.asarray(changes.x), vectors(2, 900))
        assert store.changes_since(changes.seq).ids.tolist() == []


def test_after_compact_a_follower_starts_anew(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        before = store.seq
        store.remove([10])
        store.compact()
        changes = store.changes_since(before)
        assert changes.anew
        assert changes.ids.tolist() == [11, 12, 13, 14]
        assert not store.changes_since(changes.seq).anew
    assert len(list(tmp_path.glob("*.npy"))) == 2
    assert VectorStore.open(tmp_path).ids().tolist() == [11, 12, 13, 14]


def test_compacting_an_empty_store_leaves_it_empty(tmp_path: Path) -> None:
    with VectorStore.open(tmp_path, write=True, dim=DIM) as store:
        store.append([1], vectors(1))
        store.remove([1])
        store.compact()
        assert store.vectors().shape == (0, DIM)


def test_many_small_appends_leave_few_segments(tmp_path: Path) -> None:
    with VectorStore.open(tmp_path, write=True, dim=DIM) as store:
        for i in range(80):
            store.append([i], vectors(1, i))
        store.append([3], vectors(1, 1000))
        assert store.ids().tolist() == [0, 1, 2, *range(4, 80), 3]
    again = VectorStore.open(tmp_path)
    assert again.ids().tolist() == [0, 1, 2, *range(4, 80), 3]
    assert again.take([79, 3])[:, 0].tolist() == [79, 1000]
    assert len(list(tmp_path.glob("x.*.npy"))) <= 16


def test_a_reader_follows_through_merges(tmp_path: Path) -> None:
    with VectorStore.open(tmp_path, write=True, dim=DIM) as writer:
        writer.append([0], vectors(1))
        reader = VectorStore.open(tmp_path)
        seen = reader.changes_since(-1).seq
        for i in range(1, 30):
            writer.append([i], vectors(1, i))
        writer.remove([5])
        reader.refresh()
        changes = reader.changes_since(seen)
        assert not changes.anew
        assert changes.ids.tolist() == [1, 2, 3, 4, *range(6, 30)]
        assert np.asarray(changes.x)[:, 0].tolist() == [1, 2, 3, 4, *range(6, 30)]


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with filled(tmp_path), pytest.raises(LockedError, match="written by another process"):
        VectorStore.open(tmp_path, write=True)
    VectorStore.open(tmp_path, write=True).close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    filled(tmp_path).close()
    with pytest.raises(StorageError, match="write=True"):
        VectorStore.open(tmp_path).append([1], vectors(1))


def test_a_missing_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="opening the vectors in"):
        VectorStore.open(tmp_path / "nothing")


def test_creating_needs_a_dim(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="dim is needed"):
        VectorStore.open(tmp_path / "v", write=True)


def test_another_dim_is_refused(tmp_path: Path) -> None:
    filled(tmp_path).close()
    with pytest.raises(InvalidInputError, match="has dim 4, asked for 5"):
        VectorStore.open(tmp_path, dim=5)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInputError, match=r"notes\.txt"):
        VectorStore.open(tmp_path, write=True, dim=DIM)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_bad_rows_are_refused_and_nothing_is_added(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        for ids, x in (
            ([1, 1], vectors(2)),
            ([1], vectors(2)),
            ([-1], vectors(1)),
            ([1], vectors(1) * np.nan),
            ([1], np.ones((1, DIM + 1))),
        ):
            with pytest.raises(InvalidInputError):
                store.append(ids, x)
        with pytest.raises(InvalidInputError, match="hashes"):
            store.append([1], vectors(1), np.zeros((1, 15), np.uint8))
        assert len(store) == 5


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    filled(tmp_path).close()
    manifest = read_manifest(tmp_path / "manifest.json")
    write_manifest(tmp_path / "manifest.json", manifest | {"version": 4})
    with pytest.raises(FormatVersionError, match="Upgrade"):
        VectorStore.open(tmp_path)


@pytest.mark.parametrize("pattern", ["rows.*.npy", "manifest.json", "removals.*.npy"])
def test_a_flipped_bit_is_found_at_opening(tmp_path: Path, pattern: str) -> None:
    with filled(tmp_path) as store:
        store.remove([10])
    path = flip_a_bit(next(tmp_path.glob(pattern)))
    with pytest.raises(CorruptFileError, match=path.name):
        VectorStore.open(tmp_path)


def test_a_flipped_bit_of_a_vector_is_found_by_verify(tmp_path: Path) -> None:
    filled(tmp_path).close()
    path = flip_a_bit(next(tmp_path.glob("x.*.npy")))
    store = VectorStore.open(tmp_path)
    with pytest.raises(CorruptFileError, match=path.name):
        store.verify()


def test_a_cut_off_file_is_found_at_opening(tmp_path: Path) -> None:
    filled(tmp_path).close()
    path = next(tmp_path.glob("x.*.npy"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorruptFileError, match="bytes, its manifest says"):
        VectorStore.open(tmp_path)


def test_leftovers_of_a_killed_writer_go(tmp_path: Path) -> None:
    filled(tmp_path).close()
    (tmp_path / ".tmp-0123").write_bytes(b"half")
    (tmp_path / "x.0123456789abcdef.npy").write_bytes(b"orphan")
    VectorStore.open(tmp_path, write=True).close()
    assert not (tmp_path / ".tmp-0123").exists()
    assert not (tmp_path / "x.0123456789abcdef.npy").exists()


def test_a_full_disk_loses_nothing_and_leaves_no_part(tmp_path: Path) -> None:
    # A limit on the size of files is what a full disk is to this process.
    filled(tmp_path).close()
    code = (
        "import sys, numpy as np\n"
        "from typecase.base.errors import StorageError\n"
        "from typecase.data.vector_store import VectorStore\n"
        "store = VectorStore.open(sys.argv[1], write=True)\n"
        "try:\n"
        "    store.append(np.arange(9000), np.ones((9000, 4)))\n"
        "except StorageError as error:\n"
        "    assert 'appending' in str(error) or 'writing' in str(error), error\n"
        "    sys.exit(7)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)),
        check=False,
    )
    assert done.returncode == 7
    assert len(list(tmp_path.glob("x.*.npy"))) == 2
    assert VectorStore.open(tmp_path).ids().tolist() == [10, 11, 12, 13, 14]


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_nothing_acknowledged(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    acknowledged = 0
    for _ in range(12):
        receiver, sender = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("fork")
        writer = context.Process(target=append_forever, args=(tmp_path, acknowledged, sender))
        writer.start()
        sender.close()
        for _ in range(int(rng.integers(1, 30))):
            acknowledged = receiver.recv()
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        while receiver.poll():
            try:
                acknowledged = receiver.recv()
            except EOFError:
                break
        receiver.close()
        store = VectorStore.open(tmp_path)
        n = len(store)
        assert n - acknowledged in (0, 2)  # the last append may have been published unheard
        assert store.ids().tolist() == list(range(n))
        assert np.asarray(store.vectors())[:, 0].tolist() == list(range(n))
        store.verify()
        acknowledged = n


def append_forever(folder: Path, start: int, sender: object) -> None:
    with VectorStore.open(folder, write=True, dim=DIM) as store:
        i = start
        while True:
            store.append([i, i + 1], np.full((2, DIM), 1.0) * [[i], [i + 1]])
            i += 2
            sender.send(i)


def flip_a_bit(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[-8] ^= 1
    path.write_bytes(content)
    return path
