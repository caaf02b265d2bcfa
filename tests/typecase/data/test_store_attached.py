"""Derived arrays beside the rows: published with them, gone when the rows move."""

from pathlib import Path

import numpy as np
import pytest

from typecase.base.errors import CorruptFileError, InvalidInputError, StorageError
from typecase.data.attributes import AttributeTable
from typecase.data.bitmaps import unpack
from typecase.data.predicates import Attribute
from typecase.data.rows import Rows
from typecase.data.vector_store import VectorStore

DIM = 4
CODES = {"codes": np.arange(10, dtype=np.uint8), "scale": np.ones((5, 2), np.float32)}


def vectors(n: int, start: float = 0.0) -> np.ndarray:
    return (np.arange(n * DIM, dtype=np.float32) + start).reshape(n, DIM)


def filled(folder: Path) -> VectorStore:
    store = VectorStore.open(folder, write=True, dim=DIM)
    store.append([10, 11, 12], vectors(3))
    store.append([13, 14], vectors(2, 100))
    return store


def test_attached_arrays_come_back_mapped_with_their_seq(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        seq = store.seq
        store.attach("two_grain", CODES, seq)
        store.append([20], vectors(1))
    found = VectorStore.open(tmp_path).attached("two_grain")
    assert found is not None
    assert found.seq == seq
    assert {name: array.tolist() for name, array in found.arrays.items()} == {
        name: array.tolist() for name, array in CODES.items()
    }
    assert not found.arrays["codes"].flags.owndata
    assert VectorStore.open(tmp_path).attached("other") is None


def test_a_new_attachment_replaces_the_old_files(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        store.attach("codes", CODES, store.seq)
        held = store.attached("codes")
        store.attach("codes", {"codes": np.zeros(3)}, store.seq)
        assert held is not None
        assert held.arrays["codes"].tolist() == list(range(10))
    assert len(list(tmp_path.glob("codes.*.npy"))) == 1


def test_a_reader_sees_an_attachment_after_refresh(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        reader = VectorStore.open(tmp_path)
        store.attach("codes", CODES, store.seq)
        assert reader.attached("codes") is None
        assert reader.refresh()
        assert reader.attached("codes") is not None


def test_compaction_drops_what_is_attached(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        before = store.seq
        store.attach("codes", CODES, before)
        store.compact()
        assert store.attached("codes") is None
        assert list(tmp_path.glob("codes.*")) == []
        with pytest.raises(InvalidInputError, match="seq must be between"):
            store.attach("codes", CODES, before)


def test_compaction_writes_rows_in_the_order_asked_for_and_attaches(tmp_path: Path) -> None:
    def made(ids: np.ndarray, x: Rows) -> dict[str, dict[str, np.ndarray]]:
        return {"codes": {"ids": ids, "first": np.asarray(x)[:, 0]}}

    with filled(tmp_path) as store:
        store.remove([11])
        store.compact(order=[3, 0, 2, 1], attach=made)
        assert store.attached("codes") is not None
    store = VectorStore.open(tmp_path)
    found = store.attached("codes")
    assert found is not None
    assert store.ids().tolist() == found.arrays["ids"].tolist() == [14, 10, 13, 12]
    assert np.asarray(store.vectors())[:, 0].tolist() == [104, 0, 100, 8]
    assert found.arrays["first"].tolist() == [104, 0, 100, 8]
    assert found.seq == store.seq
    assert store.changes_since(found.seq).ids.tolist() == []


def test_an_empty_store_is_filled_in_the_order_asked_for(tmp_path: Path) -> None:
    def made(ids: np.ndarray, x: Rows) -> dict[str, dict[str, np.ndarray]]:
        return {"codes": {"ids": ids, "first": np.asarray(x)[:, 0]}}

    table = AttributeTable.of({"year": [2000, 2001, 2002]}, 3)
    with VectorStore.open(tmp_path, write=True, dim=DIM) as store:
        store.fill([10, 11, 12], vectors(3), attributes=table, order=[2, 0, 1], attach=made)
        seq = store.seq
        store.append([11], vectors(1, 50), attributes={"year": [1999]})
        assert store.changes_since(seq).ids.tolist() == [11]
    store = VectorStore.open(tmp_path)
    found = store.attached("codes")
    assert found is not None
    assert found.arrays["ids"].tolist() == [12, 10, 11]
    assert found.arrays["first"].tolist() == [8, 0, 4]
    assert store.ids().tolist() == [12, 10, 11]
    assert np.asarray(store.vectors())[:, 0].tolist() == [8, 0, 50]
    assert store.attributes is not None
    assert unpack(store.attributes.rows_where(Attribute("year") >= 2001), 4).tolist() == [
        True,
        False,
        True,  # the older row of 11, which is dead
        False,
    ]
    store.verify()


def test_a_store_is_filled_once_and_with_what_fits(tmp_path: Path) -> None:
    with VectorStore.open(tmp_path, write=True, dim=DIM) as store:
        for ids, x, more in (
            ([1], vectors(2), {}),
            ([1, 1], vectors(2), {}),
            ([1, 2], vectors(2)[:, 1:], {}),
            ([1, 2], vectors(2), {"order": [0, 2]}),
            ([1, 2], vectors(2), {"attributes": AttributeTable.of({"year": [1]}, 1)}),
            ([1, 2], vectors(2), {"attach": {"Codes": CODES}}),
        ):
            with pytest.raises(InvalidInputError):
                store.fill(ids, x, **more)
            assert len(store) == 0
            assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "manifest.json"]
        store.fill([1, 2], vectors(2))
        with pytest.raises(InvalidInputError, match="holds rows already"):
            store.fill([3], vectors(1))
    with pytest.raises(StorageError, match="open for reading"):
        VectorStore.open(tmp_path).fill([3], vectors(1))
    assert VectorStore.open(tmp_path).ids().tolist() == [1, 2]


def test_rows_in_another_order_can_still_be_replaced_and_removed(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        store.compact(order=[4, 3, 2, 1, 0])
        seq = store.seq
        store.append([12, 30], vectors(2, 500))
        store.remove([14])
        changes = store.changes_since(seq)
        assert changes.ids.tolist() == [12, 30]
        assert changes.removed.tolist() == [14]
    assert VectorStore.open(tmp_path).ids().tolist() == [13, 11, 10, 12, 30]


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 2, 3, 5], [0, 0, 1, 2, 3]])
def test_an_order_that_is_no_permutation_is_refused(tmp_path: Path, order: list[int]) -> None:
    with filled(tmp_path) as store:
        with pytest.raises(InvalidInputError, match="order"):
            store.compact(order=order)
        assert len(store) == 5


@pytest.mark.parametrize("name", ["Codes", "../codes", "", "codes.npy"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with filled(tmp_path) as store, pytest.raises(InvalidInputError, match="names must be"):
        store.attach(name, CODES, store.seq)


def test_a_lost_attachment_is_named_and_the_rows_stay_readable(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        store.attach("codes", CODES, store.seq)
    next(tmp_path.glob("codes.scale.*")).unlink()
    store = VectorStore.open(tmp_path)
    assert len(store) == 5
    with pytest.raises(CorruptFileError, match=r"codes\.scale"):
        store.attached("codes")
    with pytest.raises(CorruptFileError, match=r"codes\.scale"):
        store.verify()
    with VectorStore.open(tmp_path, write=True) as store:
        store.attach("codes", CODES, store.seq)
        assert store.attached("codes") is not None
