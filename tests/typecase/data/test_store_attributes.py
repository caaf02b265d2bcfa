"""Attributes in the folder of a store are those of a dict, whatever is done, and lie on disk."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from typecase.base.errors import InvalidInputError, StorageError, UnknownIdError
from typecase.data import attribute_pieces, attributes, segments, store_writer
from typecase.data.attributes import AttributeTable
from typecase.data.bitmaps import unpack
from typecase.data.predicates import Attribute, Predicate
from typecase.data.rows import Rows
from typecase.data.vector_store import VectorStore
from typecase.kernels.mapped_memory import is_mapped

DIM = 2
WORDS = ("ab", "abc", "b", None)
Plain = dict[int, dict[str, Any]]
NUMBERS = st.lists(st.integers(0, 40), max_size=12, unique=True)
KINDS = st.sampled_from(["append", "append", "set", "set", "remove", "compact", "beside", "reopen"])
number, word, flag = map(Attribute, ("number", "word", "flag"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces, patches and merges at sizes at which a test meets them, and no wait for the disk."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    monkeypatch.setattr(segments, "_MERGED_AT_ONCE", 3)
    monkeypatch.setattr(store_writer, "_MOST_UNSETTLED", 9)
    monkeypatch.setattr(attribute_pieces, "_SMALL_ROWS", 4)
    monkeypatch.setattr(attributes, "_PATCHED_ROWS", 6)


@given(st.lists(st.tuples(KINDS, NUMBERS, st.integers(0, 99)), max_size=30))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_predicate_finds_what_a_loop_over_dicts_finds(
    tmp_path_factory: pytest.TempPathFactory,
    small: None,
    steps: list[tuple[str, list[int], int]],
) -> None:
    folder, plain = tmp_path_factory.mktemp("attributes"), Plain()
    store = VectorStore.open(folder, write=True, dim=DIM)
    append(store, plain, [1], 0)
    reader = VectorStore.open(folder)
    for kind, ids, seed in steps:
        if kind == "reopen":
            store.close()
            store = VectorStore.open(folder, write=True)
        elif kind == "beside":
            compact_while_changing(store, plain, ids, seed)
        else:
            CHANGES[kind](store, plain, ids, seed)
        check(store, plain)
        if seed % 2:
            reader.refresh()
            check(reader, plain)
    check(VectorStore.open(folder), plain)
    store.verify()
    names = {entry["file"] for entry in _files(store)}
    assert {path.name for path in folder.glob("*.npy") if path.name[0] in "cp"} == names
    store.close()


def append(store: VectorStore, plain: Plain, ids: list[int], seed: int) -> None:
    given = values(seed, len(ids))
    if any("flag" in row for row in plain.values()) or "flag" in kinds(store):
        given |= {"flag": [None] * len(ids)}
    store.append(ids_of(ids), np.ones((len(ids), DIM)), attributes=given)
    for i, number in enumerate(ids):
        plain[number] = {name: column[i] for name, column in given.items()}


def set_some(store: VectorStore, plain: Plain, ids: list[int], seed: int) -> None:
    there = [number for number in ids if number in plain]
    new = values(seed, len(there)) | {"flag": [i % 2 == seed % 2 for i in range(len(there))]}
    new = new if seed % 4 == 0 else dict([[*new.items()][seed % 4 - 1]])
    store.set_attributes(ids_of(there), new)
    for i, number in enumerate(there):
        plain[number] |= {name: column[i] for name, column in new.items()}


def remove(store: VectorStore, plain: Plain, ids: list[int], seed: int) -> None:
    there = [number for number in ids if number in plain]
    store.remove(ids_of(there))
    for number in there:
        del plain[number]


def compact(store: VectorStore, plain: Plain, ids: list[int], seed: int) -> None:
    store.compact(order=np.random.default_rng(seed).permutation(len(store)))


CHANGES = {"append": append, "set": set_some, "remove": remove, "compact": compact}


def compact_while_changing(store: VectorStore, plain: Plain, ids: list[int], seed: int) -> None:
    """Change everything between the writing of the rows and the publication."""

    def change(_: np.ndarray, x: Rows) -> dict[str, dict[str, np.ndarray]]:
        remove(store, plain, ids[:3], seed)
        append(store, plain, ids[2:], seed)
        for i in range(5):
            append(store, plain, [50 + i], seed + i)
            set_some(store, plain, list({*ids[::2], 50, 50 + i}), seed + i)
        return {}

    store.compact(order=np.random.default_rng(seed).permutation(len(store)), attach=change)


def values(seed: int, n: int) -> dict[str, list[Any]]:
    picked = np.random.default_rng(seed).integers(0, 40, (2, n)).tolist()
    return {
        "number": [None if i % 9 == 0 else i for i in picked[0]],
        "word": [WORDS[i % len(WORDS)] for i in picked[1]],
    }


def check(store: VectorStore, plain: Plain) -> None:
    table, laws = store.table(), [*LAWS]
    if "flag" not in kinds(store):
        laws = laws[:-2]
    for predicate, holds in laws:
        wanted = {i for i, row in plain.items() if holds(row)}
        assert found(store, predicate) == wanted, str(predicate)
    assert table.attributes is None or len(table.attributes) == len(table)


LAWS: list[tuple[Predicate, Any]] = [
    (number == 7, lambda row: row["number"] == 7),
    (number.between(5, 20), lambda row: row["number"] is not None and 5 <= row["number"] <= 20),
    (word.startswith("ab"), lambda row: (row["word"] or "").startswith("ab")),
    (~word.is_present(), lambda row: row["word"] is None),
    (~(word == "b") & (number > 9), lambda row: row["word"] != "b" and (row["number"] or 0) > 9),
    (flag == True, lambda row: row.get("flag") is True),  # noqa: E712
    (
        flag.is_present() | (word == "b"),
        lambda row: row.get("flag") is not None or row["word"] == "b",
    ),
]


def found(store: VectorStore, predicate: Predicate) -> set[int]:
    table = store.table()
    assert table.attributes is not None
    rows = unpack(table.attributes.rows_where(predicate), len(table))
    if table.alive is not None:
        rows &= table.alive
    return set(table.ids[rows].tolist())


def kinds(store: VectorStore) -> dict[str, Any]:
    return {} if store.attributes is None else store.attributes.kinds


def ids_of(ids: list[int]) -> np.ndarray:
    return np.array(ids, dtype=np.int64)


def _files(store: VectorStore) -> list[dict[str, Any]]:
    entry = store._view.manifest["attributes"]
    return [part["file"] for part in (*entry["pieces"], *entry["patches"].values())]


def test_large_columns_stay_on_disk(tmp_path: Path) -> None:
    n = 200_000
    given = {"year": np.arange(n) % 30, "tags": [[str(i % 7)] for i in range(n)]}
    with VectorStore.open(tmp_path, write=True, dim=1) as store:
        store.append(np.arange(n), np.ones((n, 1)), attributes=given)
        for table in (store.attributes, VectorStore.open(tmp_path).attributes):
            assert table is not None
            year, tags = table.pieces[0].to_arrays()
            assert is_mapped(year["codes"])
            assert is_mapped(tags["rows"])


def test_a_change_writes_what_it_changes(tmp_path: Path) -> None:
    n = 100_000
    with VectorStore.open(tmp_path, write=True, dim=1) as store:
        store.append(np.arange(n), np.ones((n, 1)), attributes={"year": np.arange(n)})
        store.set_attributes([3], {"seen": [True]})
        before = {entry["file"] for entry in _files(store)}
        store.set_attributes([4, 5], {"seen": [True, False]})
        (new,) = [entry for entry in _files(store) if entry["file"] not in before]
        assert new["size_bytes"] < 1000
        assert found(store, Attribute("seen") == True) == {3, 4}  # noqa: E712


def test_bitmaps_of_other_columns_are_kept(tmp_path: Path) -> None:
    with VectorStore.open(tmp_path, write=True, dim=1) as store:
        for first in (0, 50):
            given = {"year": range(50), "seen": [False] * 50}
            store.append(np.arange(first, first + 50), np.ones((50, 1)), attributes=given)
        reader = VectorStore.open(tmp_path)
        tables = [store.attributes, reader.attributes]
        kept = [table.rows_where(Attribute("year") > 7) for table in tables if table]
        seen = [table.rows_where(Attribute("seen") == True) for table in tables if table]  # noqa: E712
        store.set_attributes([4], {"seen": [True]})
        reader.refresh()
        for i, table in enumerate((store.attributes, reader.attributes)):
            assert isinstance(table, AttributeTable)
            assert table.rows_where(Attribute("year") > 7) is kept[i]
            assert table.rows_where(Attribute("seen") == True).sum() > seen[i].sum()  # noqa: E712


def test_what_does_not_fit_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with VectorStore.open(tmp_path, write=True, dim=1) as store:
        store.append([1, 2], np.ones((2, 1)), attributes={"year": [2001, 2002]})
        seq, one = store.seq, np.ones((1, 1))
        for given, message in (
            (None, "give year of the new rows too"),
            ({"yeer": [1]}, "Did you mean 'year'"),
            ({"year": [1], "venue": ["ACL"]}, "venue"),
            ({"year": ["2003"]}, "'year' holds whole numbers, got strings"),
            ({"year": [1, 2]}, "one value a row: 1, got 2"),
        ):
            with pytest.raises(InvalidInputError, match=message):
                store.append([3], one, attributes=given)
        with pytest.raises(UnknownIdError, match="id 9 is not stored"):
            store.set_attributes([1, 9], {"year": [1, 2]})
        with pytest.raises(InvalidInputError, match="at least one"):
            store.set_attributes([1], {})
        with pytest.raises(StorageError, match="open for reading"):
            VectorStore.open(tmp_path).set_attributes([1], {"year": [1]})
        assert store.seq == seq
        assert found(store, Attribute("year") == 2001) == {1}


def test_the_columns_of_no_rows_are_remembered(tmp_path: Path) -> None:
    with VectorStore.open(tmp_path, write=True, dim=1) as store:
        store.append([1], np.ones((1, 1)), attributes={"year": [2001]})
        store.remove([1])
        store.compact()
        assert len(store.table()) == 0
    with VectorStore.open(tmp_path, write=True) as store:
        with pytest.raises(InvalidInputError, match="give year"):
            store.append([2], np.ones((1, 1)))
        store.append([2], np.ones((1, 1)), attributes={"year": [2002]})
        assert found(store, Attribute("year") >= 2002) == {2}
