import datetime
import tracemalloc
from typing import Any

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.data.attribute_reading import Lists
from typecase.data.attributes import CACHED_BITMAPS, AttributeTable
from typecase.data.bitmaps import unpack
from typecase.data.predicates import Attribute, Predicate

year, venue, tags, score, flag, day, readers = map(
    Attribute, ("year", "venue", "tags", "score", "is_open", "day", "readers")
)
D = datetime.date
COLUMNS: dict[str, Any] = {
    "year": [2019, 2020, None, 2024, -5],
    "venue": ["ACL", "ICML", "ACL", None, "NeurIPS"],
    "tags": [["cs.LG", "cs.CL"], ["cs.LG"], [], None, ["math.PR", "math.PR"]],
    "score": [0.5, None, float("inf"), -1.0, 2],
    "is_open": [True, False, None, True, False],
    "day": [D(2024, 2, 29), None, D(1, 1, 1), D(2024, 3, 1), D(9999, 12, 31)],
    "readers": [{7, 9}, (7,), [], None, np.array([2**40])],
}
TABLE = AttributeTable.of(COLUMNS, 5)


def rows(table: AttributeTable, predicate: Predicate) -> list[int]:
    return np.flatnonzero(unpack(table.rows_where(predicate), len(table))).tolist()


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (year == 2020, [1]),
        (year == 2020.5, []),
        (year < 2020, [0, 4]),
        (year <= 2020, [0, 1, 4]),
        (year > 2019.5, [1, 3]),
        (year.between(2024, 2019), []),
        (year.isin([2024, -5, 3000]), [3, 4]),
        (year.isin([]), []),
        (venue == "ACL", [0, 2]),
        (venue == "AC", []),
        (venue.startswith("I"), [1]),
        (venue.startswith(""), [0, 1, 2, 4]),
        (venue >= "ICML", [1, 4]),
        (venue < "ICML", [0, 2]),
        (tags == "cs.LG", [0, 1]),
        (tags.startswith("math."), [4]),
        (tags > "cs.LG", [4]),
        (tags.isin(["cs.CL", "math.PR"]), [0, 4]),
        (score > 0.5, [2, 4]),
        (score >= 0.5, [0, 2, 4]),
        (score == 2, [4]),
        (score.isin([]), []),
        (flag == True, [0, 3]),  # noqa: E712
        (flag.isin([True, False]), [0, 1, 3, 4]),
        (D(2024, 2, 29) < day, [3, 4]),
        (D(1, 1, 1) == day, [2]),
        (readers == 7, [0, 1]),
        (readers >= 8, [0, 4]),
        ((year > 2000) & (tags == "cs.LG"), [0, 1]),
        ((year == 2024) | (venue == "ACL"), [0, 2, 3]),
    ],
    ids=str,
)
def test_the_rows_that_match(predicate: Predicate, expected: list[int]) -> None:
    assert rows(TABLE, predicate) == expected


@pytest.mark.parametrize("attribute", [year, venue, tags, score, flag, day, readers], ids=str)
def test_not_is_the_plain_complement(attribute: Attribute) -> None:
    """A row without a value matches no comparison, so it matches every negated one."""
    values = COLUMNS[attribute.name]
    missing = [row for row in range(5) if values[row] is None]
    assert rows(TABLE, ~attribute.is_present()) == missing
    some = next(v for v in values if v is not None)
    asked = attribute.isin(some if isinstance(some, list | set) else [some])
    assert set(rows(TABLE, ~asked)) == set(range(5)) - set(rows(TABLE, asked)) >= set(missing)
    present_only = rows(TABLE, ~asked & attribute.is_present())
    assert present_only == [row for row in rows(TABLE, ~asked) if row not in missing]


def test_an_empty_list_is_a_value() -> None:
    assert rows(TABLE, tags.is_present()) == [0, 1, 2, 4]


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 64, 1000])
def test_bits_past_the_last_row_are_zero(n: int) -> None:
    table = AttributeTable.of({"year": np.arange(n)}, n)
    for predicate in (year >= 0, ~(year < 0), ~~(year >= 0) | (year == 3)):
        bitmap = table.rows_where(predicate)
        assert (bitmap.dtype, bitmap.shape) == (np.uint32, (-(-n // 32),))
        assert int(np.bitwise_count(bitmap).sum()) == n


def test_row_r_is_bit_r_of_its_word() -> None:
    table = AttributeTable.of({"year": np.arange(70)}, 70)
    assert table.rows_where(year.isin([0, 33, 69])).tolist() == [1, 2, 1 << 5]


def test_a_bitmap_is_kept_and_cannot_be_written() -> None:
    table = AttributeTable.of(COLUMNS, 5)
    bitmap = table.rows_where((year == 2020) & (venue == "ICML"))
    assert table.rows_where((venue == "ICML") & (year == 2020.0)) is bitmap
    with pytest.raises(ValueError, match="read-only"):
        bitmap[0] = 1


def test_the_cache_forgets_what_was_unused_for_longest() -> None:
    table = AttributeTable.of({"year": np.arange(50)}, 50)
    first = table.rows_where(year == -1)
    second = table.rows_where(year == -2)
    for number in range(CACHED_BITMAPS - 1):
        table.rows_where(number == year)
        assert table.rows_where(year == -1) is first
    assert table.rows_where(year == -2) is not second


def test_an_append_leaves_the_older_table_as_it_was() -> None:
    table = AttributeTable.of({"year": [1, 2], "venue": ["b", "a"]}, 2)
    one = table.with_rows({"venue": ["c"], "year": [1]}, 1)
    other = table.with_rows({"year": [None], "venue": ["A"]}, 1)
    assert rows(table, year == 1) == [0]
    assert rows(one, year == 1) == [0, 2]
    assert rows(other, year == 1) == [0]
    assert rows(other, venue < "b") == [1, 2]
    assert (len(table), len(one)) == (2, 3)


def test_only_new_rows_are_looked_at_after_an_append(monkeypatch: pytest.MonkeyPatch) -> None:
    from typecase.data import attribute_columns

    seen: list[int] = []
    scan = attribute_columns.scan
    monkeypatch.setattr(
        attribute_columns, "scan", lambda v, test: seen.append(len(v)) or scan(v, test)
    )
    table = AttributeTable.of({"year": np.arange(100_000) % 50}, 100_000)
    table.rows_where(year == 7)
    more = table.with_rows({"year": np.arange(1000)}, 1000)
    assert len(rows(more, year == 7)) == 2001
    assert seen == [100_000, 1000]


@pytest.mark.parametrize("n_known", [31, 32, 33, 64])
def test_a_kept_bitmap_grows_at_any_row(n_known: int) -> None:
    def given(n: int) -> dict[str, Any]:
        return {"year": [3] * n, "venue": ["x"] * n, "tags": [["x"]] * n, "score": [0.5] * n}

    questions = [year == 3, venue == "x", tags == "x", score > 0, tags.is_present()]
    table = AttributeTable.of(given(n_known), n_known)
    for asked in questions:
        table.rows_where(asked)
    table = table.with_rows(given(70), 70)
    for asked in questions:
        assert rows(table, asked) == list(range(n_known + 70))


def test_values_below_all_before_are_found() -> None:
    table = AttributeTable.of({"year": [2020, 2024]}, 2)
    table = table.with_rows({"year": [1990]}, 1).with_rows({"year": [-(2**40)]}, 1)
    assert rows(table, year < 2000) == [2, 3]
    assert rows(table, year == 2020) == [0]


def test_the_same_value_twice_in_a_row_is_kept_once() -> None:
    once, twice = ([["a"] * n] * 1000 for n in (1, 2))
    sizes = [AttributeTable.of({"tags": given}, 1000).size_bytes for given in (once, twice)]
    assert sizes[0] == sizes[1]


def test_pieces_stay_few_and_share_older_rows() -> None:
    table = AttributeTable.of({"year": np.arange(50_000)}, 50_000)
    first = table.pieces[0]
    for start in range(0, 20_000, 500):
        table = table.with_rows({"year": np.arange(start, start + 500)}, 500)
    assert table.pieces[0] is first
    assert len(table.pieces) < 8
    assert rows(table, year == 700) == [700, 50_700]


def test_taken_rows_come_in_the_order_asked_for() -> None:
    table = AttributeTable.of(COLUMNS, 5).with_rows(COLUMNS, 5).take([9, 3, 0, 6])
    assert rows(table, year == 2020) == [3]
    assert rows(table, tags.startswith("math")) == [0]
    assert rows(table, ~tags.is_present()) == [1]
    assert rows(table, readers == 9) == [2]
    assert rows(table, score.is_present()) == [0, 1, 2]
    assert rows(table, D(2024, 3, 1) >= day) == [1, 2]
    assert len(table.take([])) == 0


def test_values_of_no_row_are_forgotten_by_take() -> None:
    names = [f"name {number}" for number in range(1000)]
    table = AttributeTable.of({"venue": names, "tags": [[name] for name in names]}, 1000)
    assert table.take([5, 3]).size_bytes < table.size_bytes / 100


@pytest.mark.parametrize("wrong", [[5], [-1], [1, 1], [0.5]])
def test_rows_that_cannot_be_taken_are_refused(wrong: list[Any]) -> None:
    with pytest.raises(InvalidInputError):
        TABLE.take(wrong)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None], "int"),
        (np.arange(2, dtype=np.uint8), "int"),
        ([np.int8(1), 2**63 - 1], "int"),
        ([-(2**63) + 1, 2**63 - 1], "int"),
        ([1, 2.5], "float"),
        (np.ones(2, dtype=np.float16), "float"),
        ([np.bool_(True), None], "bool"),
        (np.array(["a", "b"]), "str"),
        ([D(2020, 1, 1), np.datetime64("2020-01-02")], "date"),
        (np.array(["2020-01-01", "NaT"], dtype="datetime64[ns]"), "date"),
        ([["a"], None], "strs"),
        ([{1}, np.array([2])], "ints"),
        ([[], None], "lists"),
        ([None, None], "missing"),
        (np.ma.masked_array([1, 2], [True, False]), "int"),
        (np.array([1, None], dtype=object), "int"),
        ((value for value in "ab"), "str"),
        (Lists(["a", "b"], [0, 0, 2]), "strs"),
        (Lists(np.arange(2), np.array([0, 1, 2])), "ints"),
    ],
)
def test_the_kind_follows_from_the_values(values: Any, kind: str) -> None:
    assert AttributeTable.of({"a": values}, 2).kinds == {"a": kind}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1], "one value a row: 2, got 1"),
        ([1, 2, 3], "one value a row: 2, got 3"),
        ([1, "a"], "one type, rows before 1 hold numbers, that one str"),
        ([True, 1], "one type"),
        (["a", ["b"]], "one type"),
        ([D(2020, 1, 1), 3], "one type"),
        ([1.0, float("nan")], "must not hold NaN, row 1 does"),
        (np.array([np.nan, 1]), "must not hold NaN, row 0 does"),
        ([2**63, 1], "whole numbers from"),
        ([-(2**63), 1], "whole numbers from"),
        (np.array([2**63, 1], dtype=np.uint64), "whole numbers from"),
        ([0.5, 2**53 + 1], "cannot hold 9007199254740993 exactly"),
        ([1j, 2], "cannot hold complex, as in row 0"),
        (np.array([1j, 2]), "dtype complex128"),
        ([b"a", b"b"], "cannot hold bytes"),
        ([datetime.datetime(2020, 1, 1), None], "cannot hold datetime"),
        ([np.timedelta64(1, "D"), 1], "cannot hold timedelta64"),
        (np.array(["2020-01-01T12", "2020-01-02"], dtype="datetime64[h]"), "whole days"),
        (np.array(["20000-01-01", "2020-01-02"], dtype="datetime64[D]"), "years 1 to 9999"),
        (["a", "\ud800"], "UTF-8"),
        ("ab", "must be a list or an array"),
        ({1: 2}, "must be a list or an array"),
        (3, "must be a list or an array"),
        (np.ones((2, 2)), "one-dimensional"),
        ([[1], ["a"]], "in its lists, must hold one type"),
        ([[1], [None]], "got None"),
        ([[1.5], []], "strings or whole numbers, got numbers"),
        ([[["a"]], []], "strings or whole numbers, got lists"),
        ([np.ones((1, 1)), []], "one-dimensional lists"),
        (Lists(["a"], [0, 1]), "3 whole offsets"),
        (Lists(["a"], [0, 2, 1]), "rise from 0 to 1"),
        (Lists(["a"], [0.0, 1.0, 1.0]), "3 whole offsets"),
    ],
)
def test_a_column_that_does_not_fit_is_refused(values: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        AttributeTable.of({"a": values}, 2)


@pytest.mark.parametrize("columns", [{}, None, [1], {3: [1]}, {"": [1]}])
def test_columns_without_names_are_refused(columns: Any) -> None:
    with pytest.raises(InvalidInputError):
        AttributeTable.of(columns, 1)


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        (Attribute("yeer") == 1, "called 'yeer'. Did you mean 'year'. Known: day, "),
        (year == "x", "'year' holds whole numbers and cannot be asked for year == 'x'"),
        (year.startswith("2"), "'year' holds whole numbers"),
        (D(2020, 1, 1) == year, "'year' holds whole numbers"),
        (year == True, "'year' holds whole numbers"),  # noqa: E712
        (venue < 3, "'venue' holds strings"),
        (tags == 3, "'tags' holds lists of strings"),
        (readers == "ada", "'readers' holds lists of whole numbers"),
        (score == "x", "'score' holds numbers"),
        (flag == 1, "'is_open' holds booleans"),
        (day > 2020, "'day' holds dates"),
        ((year == 2020) & ~(venue == 3), "'venue' holds strings"),
    ],
    ids=str,
)  # fmt: skip
def test_a_question_that_does_not_fit_is_refused(predicate: Predicate, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message.replace("?", r"\?")):
        TABLE.rows_where(predicate)


def test_something_else_than_a_predicate_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="A predicate is needed, got str"):
        TABLE.rows_where("year == 2020")  # type: ignore[arg-type]


def test_the_kind_is_fixed_by_the_first_values() -> None:
    table = AttributeTable.of({"a": [1]}, 1)
    for wrong in ([1.5], ["x"], [True], [D(2020, 1, 1)], [[1]], [[]]):
        with pytest.raises(InvalidInputError, match="'a' holds whole numbers, got"):
            table.with_rows({"a": wrong}, 1)
    assert table.with_rows({"a": [None]}, 1).kinds == {"a": "int"}


def test_whole_numbers_may_join_floats() -> None:
    table = AttributeTable.of({"a": [0.5]}, 1).with_rows({"a": np.array([3])}, 1)
    assert rows(table, Attribute("a") == 3) == [1]
    with pytest.raises(InvalidInputError, match="exactly"):
        table.with_rows({"a": [2**53 + 1]}, 1)


@pytest.mark.parametrize(
    "later", [[1], [0.5], ["x"], [True], [D(2020, 1, 1)], [["x"]], [[1]], [[]]]
)
def test_a_column_without_values_takes_any_later(later: list[Any]) -> None:
    a = Attribute("a")
    table = AttributeTable.of({"a": [None] * 40}, 40)
    assert rows(table, a == "anything") == rows(table, a == 3) == []
    table = table.with_rows({"a": later}, 1).with_rows({"a": [None]}, 1)
    assert rows(table, a.is_present()) == [40]
    assert rows(table.take([41, 40]), a.is_present()) == [1]


def test_lists_without_values_take_either_later() -> None:
    table = AttributeTable.of({"a": [[]]}, 1)
    assert rows(table.with_rows({"a": [["x"]]}, 1), Attribute("a") == "x") == [1]
    assert rows(table.with_rows({"a": [[4]]}, 1), Attribute("a") == 4) == [1]
    with pytest.raises(InvalidInputError, match="'a' holds lists, got strings"):
        table.with_rows({"a": ["x"]}, 1)


def test_an_append_must_name_every_column_and_no_other() -> None:
    table = AttributeTable.of({"year": [1], "venue": ["a"]}, 1)
    with pytest.raises(InvalidInputError, match="every column, 'venue' is missing"):
        table.with_rows({"year": [2]}, 1)
    with pytest.raises(InvalidInputError, match=r"called 'venu'\. Did you mean 'venue'"):
        table.with_rows({"year": [2], "venue": ["b"], "venu": ["b"]}, 1)
    with pytest.raises(InvalidInputError, match="must map names"):
        table.with_rows([2], 1)  # type: ignore[arg-type]


def test_codes_take_the_least_type_that_holds_them() -> None:
    n = 100_000
    table = AttributeTable.of(
        {
            "year": 2000 + np.arange(n) % 30,
            "day": np.arange(n) % 40_000,
            "venue": [f"v{number % 200}" for number in range(n)],
            "is_open": np.arange(n) % 2 == 0,
            "tags": Lists(np.arange(n) % 7, np.arange(n + 1)),
        },
        n,
    )
    assert table.size_bytes < n * (1 + 2 + 1 + 1 + 4) + 10_000


@pytest.mark.parametrize("n_distinct", [254, 255, 256, 65_535, 65_536])
def test_types_change_at_their_limits(n_distinct: int) -> None:
    values = np.arange(n_distinct)
    given = {"year": [None, *values.tolist()], "venue": [None, *map(str, values.tolist())]}
    table = AttributeTable.of(given, n_distinct + 1)
    for predicate in (year.is_present(), venue.is_present(), year >= 0):
        assert rows(table, predicate) == list(range(1, n_distinct + 1))
    assert rows(table, n_distinct - 1 == year) == [n_distinct]
    assert rows(table, str(n_distinct - 1) == venue) == [n_distinct]


@pytest.mark.parametrize("spread", [10, 1 << 16, 1 << 30, 2**62])
@pytest.mark.parametrize("n_values", [3, 40])
def test_many_values_are_found_in_any_type(spread: int, n_values: int) -> None:
    values = np.arange(0, 200) * (spread // 200 or 1) - spread
    wanted = values[:: 200 // n_values]
    table = AttributeTable.of({"year": values}, 200)
    assert rows(table, year.isin(wanted)) == np.flatnonzero(np.isin(values, wanted)).tolist()


def test_strings_are_in_code_point_order_past_ascii() -> None:
    words = ["z", "é", "€", "𝔸", "", "zz", "a\0b", "a"]
    table = AttributeTable.of({"venue": words}, len(words))
    for bound in [*words, "b", "\U0010ffff"]:
        expected = [row for row, word in enumerate(words) if word < bound]
        assert rows(table, bound > venue) == expected
        expected = [row for row, word in enumerate(words) if word.startswith(bound)]
        assert rows(table, venue.startswith(bound)) == expected


def test_read_only_memory_maps_work(tmp_path: Any) -> None:
    table = AttributeTable.of(COLUMNS, 5).with_rows(COLUMNS, 5)
    state: dict[str, Any] = {}
    for name, value in table.to_arrays().items():
        if isinstance(value, np.ndarray):
            np.save(tmp_path / name, value, allow_pickle=False)
            value = np.load(tmp_path / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        state[name] = value
    loaded = AttributeTable.from_arrays(state)
    assert loaded is not None
    for predicate in (year < 2020, venue.startswith("I"), tags == "cs.LG", D(2024, 3, 1) <= day):
        assert rows(loaded, predicate) == rows(table, predicate)
    more = loaded.with_rows(COLUMNS, 5)
    assert rows(more, score == 2) == [4, 9, 14]


def test_without_a_table_there_is_none() -> None:
    assert AttributeTable.from_arrays({"x_0_": np.ones(3)}) is None


def test_a_comparison_takes_little_memory() -> None:
    n = 1_000_000
    table = AttributeTable.of({"day": np.arange(n)}, n)
    tracemalloc.start()
    table.rows_where(Attribute("day").between(5, 50_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_threads_may_ask_at_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    table = AttributeTable.of({"year": np.arange(10_000) % 300}, 10_000)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: len(rows(table, n % 300 == year)), range(1200)))
    assert found == [len(range(n % 300, 10_000, 300)) for n in range(1200)]
