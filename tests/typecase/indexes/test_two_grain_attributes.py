"""An index in a folder answers predicates as a list of dicts does, whatever was done to it."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from typecase.base.errors import InvalidInputError, StorageError
from typecase.data import attribute_pieces, attributes
from typecase.data.predicates import Attribute, Predicate
from typecase.indexes import two_grain_build, two_grain_changes, two_grain_view
from typecase.indexes.two_grain import TwoGrainIndex
from typecase.indexes.two_grain_outlook import Effort

DIM = 6
BORDER = 100
Row = dict[str, Any]
Plain = dict[int, Row]

year, state, tags, day, score = map(Attribute, ("year", "state", "tags", "day", "score"))
DAYS = [datetime.date(2026, 1, 1) + datetime.timedelta(days=i) for i in range(9)]
STATES = ["new", "newer", "read", None]
LAWS: list[tuple[Predicate, Callable[[Row], bool]]] = [
    (year == 2003, lambda r: r["year"] == 2003),
    (year.between(2002, 2005), lambda r: r["year"] is not None and 2002 <= r["year"] <= 2005),
    (state.startswith("new"), lambda r: (r["state"] or "").startswith("new")),
    (tags.isin(["a", "c"]), lambda r: bool({"a", "c"} & set(r["tags"]))),
    (day < DAYS[4], lambda r: r["day"] < DAYS[4]),
    ((score > 0.5) & ~(tags == "b"), lambda r: r["score"] > 0.5 and "b" not in r["tags"]),
    (~state.is_present() | (year == 2001), lambda r: r["state"] is None or r["year"] == 2001),
]


@pytest.fixture(autouse=True)
def exhaustive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells from 100 rows on, an effort that finds every row, and small pieces and patches."""
    effort = Effort(recall=0.995, error=1e6, missing=0.0, believed=1.0)
    monkeypatch.setattr(two_grain_changes, "_EXACT_ROWS", BORDER)
    monkeypatch.setattr(two_grain_changes, "_EXAM_QUERIES", 5)
    monkeypatch.setattr(two_grain_build, "find_efforts", lambda trials, measure: (effort,))
    monkeypatch.setattr(two_grain_view, "FEW_ROWS", 3)
    monkeypatch.setattr(attribute_pieces, "_SMALL_ROWS", 32)
    monkeypatch.setattr(attributes, "_PATCHED_ROWS", 40)


def vectors(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


def columns(n: int, rng: np.random.Generator) -> dict[str, list[Any]]:
    picked = rng.integers(0, 9, (5, n)).tolist()
    return {
        "year": [None if i == 8 else 2000 + i for i in picked[0]],
        "state": [STATES[i % 4] for i in picked[1]],
        "tags": [[tag for j, tag in enumerate("abc") if i >> j & 1] for i in picked[2]],
        "day": [DAYS[i] for i in picked[3]],
        "score": [i / 8 for i in picked[4]],
    }


def put(plain: Plain, ids: np.ndarray, given: dict[str, list[Any]]) -> None:
    for i, number in enumerate(ids.tolist()):
        plain[number] = plain.get(number, {}) | {name: column[i] for name, column in given.items()}


def check(index: TwoGrainIndex, plain: Plain) -> None:
    assert set(index.ids.tolist()) == set(plain)
    for predicate, holds in LAWS:
        wanted = {number for number, row in plain.items() if holds(row)}
        found = index.search(vectors(1, 9), max(1, len(plain)), filter=predicate).ids[0].tolist()
        assert set(found) - {-1} == wanted, str(predicate)
        assert len(found) - found.count(-1) == len(wanted)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), steps=st.lists(st.sampled_from("aaurssco"), max_size=10))
def test_predicates_follow_any_changes(
    tmp_path_factory: pytest.TempPathFactory, seed: int, steps: list[str]
) -> None:
    folder, rng, plain = tmp_path_factory.mktemp("index"), np.random.default_rng(seed), Plain()
    index = TwoGrainIndex.open(folder, write=True, dim=DIM)
    try:
        index.add(vectors(1), [700], given := columns(1, rng))
        put(plain, np.array([700]), given)
        reader = TwoGrainIndex.open(folder)
        for step in ("a", *steps):
            ids = rng.permutation(600)[: int(rng.integers(0, 150))]
            if step == "a":
                ids = ids[~np.isin(ids, index.ids)]
                index.add(vectors(len(ids)), ids, given := columns(len(ids), rng))
                put(plain, ids, given)
            elif step == "u":
                index.update(vectors(len(ids), 1), ids, given := columns(len(ids), rng))
                put(plain, ids, given)
            elif step == "s":
                ids = ids[np.isin(ids, index.ids)]
                names = rng.permutation(["year", "state", "tags", "day", "score"])[:2].tolist()
                new = {name: columns(len(ids), rng)[name] for name in names}
                index.set_attributes(ids, new)
                put(plain, ids, new)
            elif step == "r":
                index.remove(ids, missing_ok=True)
                for number in ids.tolist():
                    plain.pop(number, None)
            elif step == "c":
                index.compact()
            else:
                index.close()
                index = TwoGrainIndex.open(folder, write=True)
            check(index, plain)
            if rng.random() < 0.5:
                reader.refresh()
                check(reader, plain)
    finally:
        index.close()


def test_a_reader_sees_attributes_when_it_refreshes(tmp_path: Path) -> None:
    rng, plain = np.random.default_rng(0), Plain()
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as writer:
        writer.add(vectors(200), np.arange(200), given := columns(200, rng))
        put(plain, np.arange(200), given)
        reader = TwoGrainIndex.open(tmp_path)
        before = {number: dict(row) for number, row in plain.items()}
        writer.set_attributes([3, 4], {"state": ["read", "read"]})
        put(plain, np.array([3, 4]), {"state": ["read", "read"]})
        check(writer, plain)
        check(reader, before)
        assert reader.refresh()
        check(reader, plain)
        with pytest.raises(StorageError, match="open for reading"):
            reader.set_attributes([3], {"state": ["new"]})
        check(reader, plain)


def test_rows_of_a_refused_call_are_not_there(tmp_path: Path) -> None:
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as index:
        index.add(vectors(2), [1, 2], {"year": [2001, 2002]})
        for change in (index.add, index.update):
            with pytest.raises(InvalidInputError, match="'year' holds whole numbers, got strings"):
                change(vectors(1), [3], {"year": ["2003"]})
            with pytest.raises(InvalidInputError, match="give year of the new rows too"):
                change(vectors(1), [3])
        assert index.ids.tolist() == [1, 2]
    assert TwoGrainIndex.open(tmp_path).ids.tolist() == [1, 2]


def test_what_was_saved_elsewhere_keeps_its_attributes(tmp_path: Path) -> None:
    rng, plain = np.random.default_rng(0), Plain()
    with TwoGrainIndex.open(tmp_path / "folder", write=True, dim=DIM) as index:
        index.add(vectors(150), np.arange(150), given := columns(150, rng))
        put(plain, np.arange(150), given)
        index.set_attributes([7], {"state": ["read"]})
        put(plain, np.array([7]), {"state": ["read"]})
        index.save(tmp_path / "saved")
    check(TwoGrainIndex.load(tmp_path / "saved"), plain)
