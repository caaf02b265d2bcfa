"""Folders of older versions open, and become version 3 by the first change.

`store_v1` was written by the code of version 1: ids 12, 10, 11; then 13, 14; 10 removed; then 11
anew, and 20. `store_v2` by that of version 2: the same, compacted before 11 came anew; then `copy`
attached, and 13 removed.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from typecase.base.files import read_manifest
from typecase.data.predicates import Attribute
from typecase.data.vector_store import VectorStore
from typecase.indexes import TwoGrainIndex

HASHES = np.arange(48, dtype=np.uint8).reshape(3, 16)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(Path(__file__).parent / "store_v1", tmp_path / "old"))


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return Path(shutil.copytree(Path(__file__).parent / "store_v2", tmp_path / "second"))


def test_a_store_of_version_1_is_read_as_it_is(old: Path) -> None:
    before = (old / "manifest.json").read_bytes()
    store = VectorStore.open(old)
    assert store.ids().tolist() == [12, 13, 14, 11, 20]
    assert np.asarray(store.vectors())[:, 0].tolist() == [0, 100, 104, 500, 504]
    assert store.is_current([12, 10, 11], HASHES).tolist() == [True, False, False]
    assert store.changes_since(5).ids.tolist() == [11, 20]
    assert store.changes_since(4).removed.tolist() == [10]
    store.verify()
    assert (old / "manifest.json").read_bytes() == before


def test_a_store_of_version_1_is_written_on(old: Path) -> None:
    with VectorStore.open(old, write=True) as store:
        assert read_manifest(old / "manifest.json")["version"] == 1
        store.append([30], np.ones((1, 4)))
        store.remove([12])
        assert store.ids().tolist() == [13, 14, 11, 20, 30]
    assert read_manifest(old / "manifest.json")["version"] == 3
    assert VectorStore.open(old).ids().tolist() == [13, 14, 11, 20, 30]


def test_a_store_of_version_1_is_compacted(old: Path) -> None:
    with VectorStore.open(old, write=True) as store:
        store.compact()
        assert store.is_current([12], HASHES[:1]).tolist() == [True]
        assert store.table(cosine=False).row_norm == pytest.approx(np.linalg.norm(range(504, 508)))
    assert VectorStore.open(old).ids().tolist() == [12, 13, 14, 11, 20]


def test_a_table_of_version_1_finds_its_norms_by_reading(old: Path) -> None:
    table = VectorStore.open(old).table()
    assert table.inverse_norms is not None
    assert table.inverse_norms[-1] == pytest.approx(1 / np.linalg.norm(range(504, 508)))


def test_a_store_of_version_2_is_read_as_it_is(second: Path) -> None:
    before = (second / "manifest.json").read_bytes()
    store = VectorStore.open(second)
    assert store.ids().tolist() == [12, 14, 11, 20]
    assert np.asarray(store.vectors())[:, 0].tolist() == [0, 104, 500, 504]
    assert store.attributes is None
    copy = store.attached("copy")
    assert copy is not None
    assert copy.arrays["ids"].tolist() == [12, 13, 14, 11, 20]
    store.verify()
    assert (second / "manifest.json").read_bytes() == before


def test_rows_of_older_versions_are_given_attributes(old: Path, second: Path) -> None:
    year = Attribute("year")
    for folder in (old, second):
        with TwoGrainIndex.open(folder, write=True) as index:
            index.set_attributes([14, 20], {"year": [2014, 2020]})
            index.add(np.ones((1, 4)), [30], {"year": [2030]})
        assert read_manifest(folder / "manifest.json")["version"] == 3
        found = TwoGrainIndex.open(folder).search(np.ones((1, 4)), 9, filter=year >= 2015)
        assert set(found.ids[0].tolist()) == {20, 30, -1}
