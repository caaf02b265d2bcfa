"""What the filtered benchmark takes: attributes, the filters that follow from them, wrong files."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bench.filtered.attributes import (
    Column,
    from_records,
    kind_of,
    labels,
    load_attributes,
    numbers,
    save_attributes,
    sets,
)
from bench.filtered.dataset import DataError, open_dataset
from bench.filtered.filters import AllOf, AnyOf, Between, Not, Row, rows_of
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
VENUES = ["ACL", "EMNLP", "ICML", "ACL"]


@pytest.fixture
def columns() -> dict[str, Column]:
    return {
        "venue": labels(VENUES),
        "author": sets([["Ada", "Bob"], [], ["Bob"], ["Cy"]]),
        "year": numbers([1999, 2020, 2024, 2021]),
    }


def test_a_negation_keeps_what_has_no_value_at_all(columns: dict[str, Column]) -> None:
    assert Not(AnyOf("author", (1,))).mask(columns).tolist() == [False, True, False, True]


def test_a_conjunction_keeps_what_all_parts_keep(columns: dict[str, Column]) -> None:
    chosen = AllOf(
        (AnyOf("venue", (0, 2)), Between("year", 2000, 2030), Not(AnyOf("author", (2,))))
    )
    assert chosen.mask(columns).tolist() == [False, False, True, False]


def rows_by_name(n: int = 2000) -> tuple[dict[str, Row], dict[str, Column], dict[str, Column]]:
    rng = np.random.default_rng(0)
    names = np.array(["a", "b", "c", "d"])

    def made(n: int) -> dict[str, Column]:
        return {
            "field": labels(names[rng.integers(0, 4, n)].tolist()),
            "tags": sets([names[rng.random(4) < 0.3].tolist() for _ in range(n)]),
            "year": numbers(rng.integers(1990, 2026, n)),
        }

    base, queries = made(n), made(50)
    return {row.name: row for row in rows_of(base, queries, 50)}, base, queries


def test_rows_ask_for_own_values_others_and_all_but_own() -> None:
    rows, base, queries = rows_by_name()
    for query in range(50):
        code = int(queries["field"].values[query])
        is_own = base["field"].values == code
        for name, wanted in (("own field", is_own), ("not own field", ~is_own)):
            chosen = rows[name].filters[query]
            assert chosen is not None
            np.testing.assert_array_equal(chosen.mask(base), wanted)
        other = rows["other field"].filters[query]
        assert other is not None
        assert not (other.mask(base) & is_own).any()


def test_the_last_rows_join_the_own_value_with_a_range_and_a_negation() -> None:
    rows, base, queries = rows_by_name()
    both, three = list(rows.values())[-2:]
    assert (both.kind, three.kind) == ("and", "and, not")
    tenth = float((base["year"].values >= int(both.name.split(">= ")[1])).mean())
    assert 0.05 < tenth < 0.2
    common = int(np.argmax(base["tags"].counts()))
    year, tags = base["year"].values, base["tags"].rows_of_any(np.array([common]))
    is_own = base["field"].values == int(queries["field"].values[0])
    wanted = is_own & (year >= int(both.name.split(">= ")[1]))
    for row, expected in ((both, wanted), (three, wanted & ~tags)):
        chosen = row.filters[0]
        assert chosen is not None
        np.testing.assert_array_equal(chosen.mask(base), expected)


def test_queries_that_have_no_frequent_value_are_not_asked() -> None:
    rows, base, queries = rows_by_name()
    asked = rows["own tags"].queries
    has_any = np.diff(queries["tags"].offsets if queries["tags"].offsets is not None else [0]) > 0
    np.testing.assert_array_equal(asked, np.flatnonzero(has_any))
    assert len(base["tags"]) == 2000


def test_records_become_labels_sets_and_numbers() -> None:
    found = from_records(
        [{"venue": "ACL", "year": 2020, "tags": ["x", "y"]}, {"year": 2021, "venue": "EMNLP"}]
    )
    assert {name: kind_of(column) for name, column in found.items()} == {
        "venue": "label",
        "year": "number",
        "tags": "set",
    }
    assert found["tags"].value(1) == []
    assert found["year"].values.tolist() == [2020, 2021]


@pytest.mark.parametrize("value", [1.5, {"a": 1}, "2020", None])
def test_records_of_other_types_are_refused(value: object) -> None:
    records = [{"year": 2020}, {"year": value}] if value is not None else [{"year": None}]
    with pytest.raises(ValueError, match="year must be all str, all int or all list"):
        from_records(records)


def test_the_command_makes_attributes_of_lines(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"year": 2020}\n{"year": 2021}\n', "utf-8")
    command = [sys.executable, "-m", "bench.filtered.attributes", str(tmp_path / "rows.jsonl")]
    subprocess.run([*command, str(tmp_path / "a.npz")], cwd=ROOT, check=True, capture_output=True)
    assert load_attributes(tmp_path / "a.npz")["year"].values.tolist() == [2020, 2021]


def unit_vectors(n: int, dim: int = 8) -> NDArray[np.float32]:
    x = np.random.default_rng(1).standard_normal((n, dim)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x


def write_data(folder: Path, x: object, n_attributes: int) -> tuple[Path, Path]:
    np.save(folder / "x.npy", np.asarray(x))
    save_attributes(folder / "a.npz", {"year": numbers(np.arange(n_attributes))})
    return folder / "x.npy", folder / "a.npz"


def test_the_last_rows_are_held_out_where_there_are_no_queries(tmp_path: Path) -> None:
    x = unit_vectors(500)
    data = open_dataset(*write_data(tmp_path, x, 500))
    assert (data.n, len(data.queries)) == (450, 50)
    np.testing.assert_array_equal(data.queries, x[450:])
    assert data.query_columns["year"].values[0] == 450


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (unit_vectors(500).astype(np.float64), "must hold a float32 array"),
        (unit_vectors(500).ravel(), "must hold a float32 array"),
        (2 * unit_vectors(500), "vectors of length 1, found one of 2"),
        (np.full((500, 8), np.nan, dtype=np.float32), "vectors of length 1, found one of nan"),
        (np.asfortranarray(unit_vectors(500)), "must be in C order"),
        (unit_vectors(100), "year has 500 rows, but there are 100 vectors"),
    ],
    ids=["float64", "flat", "long", "nan", "fortran", "fewer"],
)
def test_wrong_vectors_are_refused_with_the_reason(tmp_path: Path, x: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        open_dataset(*write_data(tmp_path, x, 500))


def test_few_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="leaves 45 rows to search; at least 100 are needed"):
        open_dataset(*write_data(tmp_path, unit_vectors(50), 50))


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    x, attributes = write_data(tmp_path, unit_vectors(500), 500)
    with pytest.raises(DataError, match=r"There is no file .*other\.npy"):
        open_dataset(tmp_path / "other.npy", attributes)
    with pytest.raises(DataError, match=r"There is no file .*other\.npz"):
        open_dataset(x, tmp_path / "other.npz")
    (tmp_path / "a.npz").write_text("year,2020", "utf-8")
    with pytest.raises(DataError, match=r"a\.npz is no \.npz file of attributes"):
        open_dataset(x, attributes)
    (tmp_path / "x.npy").write_text("0.1 0.2", "utf-8")
    with pytest.raises(DataError, match=r"x\.npy is no \.npy file of vectors"):
        open_dataset(x, attributes)


def test_queries_must_fit_the_vectors(tmp_path: Path) -> None:
    x, attributes = write_data(tmp_path, unit_vectors(500), 500)
    np.save(tmp_path / "x_queries.npy", unit_vectors(20, dim=9))
    with pytest.raises(DataError, match="has 9 dimensions, the vectors beside it 8"):
        open_dataset(x, attributes)
    np.save(tmp_path / "x_queries.npy", unit_vectors(20))
    assert open_dataset(x, attributes).query_columns == {}
    of_queries = tmp_path / "x_queries_attributes.npz"
    save_attributes(of_queries, {"venue": labels(["ACL"] * 20)})
    with pytest.raises(DataError, match="the queries have venue, which the vectors have not"):
        open_dataset(x, attributes)
    save_attributes(of_queries, {"year": labels(["2020"] * 20)})
    with pytest.raises(DataError, match="year is of another kind"):
        open_dataset(x, attributes)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--vectors", "none.npy"], "give --vectors and --attributes, or --quick"),
        (["--vectors", "none.npy", "--attributes", "a.npz"], "There is no file none.npy"),
        (["--engines", "fais"], "unknown: fais. Known: typecase TwoGrainIndex"),
        (["--stages", "dual"], "unknown: dual. Known: build, sweep"),
    ],
    ids=["half", "missing", "engine", "stage"],
)
def test_the_command_says_what_is_wrong(tmp_path: Path, given: list[str], said: str) -> None:
    command = [sys.executable, "-m", "bench.filtered", "--cache", str(tmp_path), *given]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert said in done.stderr
