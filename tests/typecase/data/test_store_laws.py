"""Whatever is done to a store, it holds what a dict would, and all who follow it see the same."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from typecase.data import segments, store_writer
from typecase.data.rows import Rows
from typecase.data.vector_store import VectorStore

DIM = 2
NUMBERS = st.lists(st.integers(0, 40), max_size=12, unique=True)
KINDS = st.sampled_from(["append", "append", "remove", "compact", "beside", "follow", "reopen"])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns, orders and merges at sizes at which a test meets them, and no wait for the disk."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    monkeypatch.setattr(segments, "_MOST_RECORDS", 5)
    monkeypatch.setattr(segments, "_MERGED_AT_ONCE", 3)
    monkeypatch.setattr(store_writer, "_MOST_UNSETTLED", 9)
    monkeypatch.setattr(store_writer, "_BLOCK_ROWS", 4)


class Follower:
    """An index that keeps up by `changes_since`, as the service's does."""

    def __init__(self, folder: Path) -> None:
        self.store = VectorStore.open(folder)
        self.rows: dict[int, float] = {}
        self.seq = -1

    def follow(self) -> None:
        self.store.refresh()
        changes = self.store.changes_since(self.seq)
        if changes.anew:
            self.rows = {}
        for number in changes.removed.tolist():
            self.rows.pop(number, None)
        for number, row in zip(changes.ids.tolist(), np.asarray(changes.x), strict=True):
            self.rows.pop(number, None)
            self.rows[number] = float(row[0])
        self.seq = changes.seq


@given(st.lists(st.tuples(KINDS, NUMBERS, st.integers(0, 99)), max_size=40))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_store_is_a_dict_to_all_who_look(
    tmp_path_factory: pytest.TempPathFactory, small: None, steps: list[tuple[str, list[int], int]]
) -> None:
    folder = tmp_path_factory.mktemp("laws")
    store = VectorStore.open(folder, write=True, dim=DIM)
    follower = Follower(folder)
    plain: dict[int, float] = {}
    for kind, numbers, value in steps:
        if kind == "append":
            append(store, plain, numbers, value)
        elif kind == "remove":
            remove(store, plain, numbers)
        elif kind == "compact":
            order = np.random.default_rng(value).permutation(len(store))
            store.compact(order=order)
        elif kind == "beside":
            compact_while_changing(store, plain, numbers, value)
        elif kind == "follow":
            follower.follow()
            assert follower.rows == plain
        else:
            store.close()
            store = VectorStore.open(folder, write=True)
        assert content(store) == plain
    assert content(VectorStore.open(folder)) == plain
    follower.follow()
    assert follower.rows == plain
    assert np.array_equal(follower.store.ids(), store.ids())
    store.verify()
    store.close()


def append(store: VectorStore, plain: dict[int, float], numbers: list[int], value: int) -> None:
    values = value + np.arange(len(numbers)) / 64
    store.append(np.array(numbers, dtype=np.int64), np.repeat(values[:, None], DIM, axis=1))
    plain |= dict(zip(numbers, values.tolist(), strict=True))


def remove(store: VectorStore, plain: dict[int, float], numbers: list[int]) -> None:
    there = [number for number in numbers if number in plain]
    store.remove(np.array(there, dtype=np.int64))
    for number in there:
        del plain[number]


def compact_while_changing(
    store: VectorStore, plain: dict[int, float], numbers: list[int], value: int
) -> None:
    """Append and remove between the writing of the rows and the publication."""

    def change(ids: np.ndarray, x: Rows) -> dict[str, dict[str, np.ndarray]]:
        remove(store, plain, numbers[:3])
        append(store, plain, numbers[2:], value)
        for i in range(4):
            append(store, plain, [50 + i], value)
        return {"copy": {"ids": ids}}

    store.compact(attach=change)
    copy = store.attached("copy")
    assert copy is not None
    n = store.n_rows_at(copy.seq)
    assert np.array_equal(store.table().ids[:n], copy.arrays["ids"])
    since = store.changes_since(copy.seq)
    assert not since.anew
    assert set(since.ids.tolist()) >= {50, 51, 52, 53}


def content(store: VectorStore) -> dict[int, float]:
    ids, x = store.ids(), np.asarray(store.vectors())
    assert len(store) == len(ids) == len(x)
    assert np.array_equal(store.take(ids), x)
    table = store.table(cosine=False)
    rows = table.lookup.find(ids)
    assert np.array_equal(table.x.take(rows), x)
    assert np.array_equal(table.ids_at(rows), ids)
    return dict(zip(ids.tolist(), x[:, 0].tolist(), strict=True))


def test_readers_go_on_while_their_files_are_replaced(tmp_path: Path) -> None:
    with VectorStore.open(tmp_path, write=True, dim=DIM) as store:
        store.append(np.arange(50), np.ones((50, DIM)) * np.arange(50)[:, None])
        reader = VectorStore.open(tmp_path)
        table = reader.table(cosine=False)
        store.compact(order=np.arange(50)[::-1])
        store.append([3], np.full((1, DIM), 9.0))
        assert reader.take([3])[0, 0] == 3
        assert table.x.take(np.array([3]))[0, 0] == 3
        assert reader.refresh()
        assert reader.take([3])[0, 0] == 9
        assert reader.ids()[0] == 49


def test_a_writer_that_was_closed_while_compacting_publishes_nothing(tmp_path: Path) -> None:
    store = VectorStore.open(tmp_path, write=True, dim=DIM)
    store.append([1, 2], np.ones((2, DIM)))

    def close(ids: np.ndarray, x: Rows) -> dict[str, dict[str, np.ndarray]]:
        store.close()
        return {}

    with pytest.raises(OSError, match="was closed meanwhile"):
        store.compact(attach=close)
    assert len(list(tmp_path.glob("x.*"))) == 1
    assert len(VectorStore.open(tmp_path)) == 2
