"""A bitmap is what a plain loop over the values finds, in whatever parts the rows came."""

import datetime
import json
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from typecase.data.attributes import AttributeTable
from typecase.data.bitmaps import unpack
from typecase.data.predicate_dicts import predicate_from_dict
from typecase.data.predicates import Attribute, Predicate

NUMBERS = st.integers(-3, 3) | st.sampled_from([-(2**63) + 1, 2**63 - 1, 2**53, 2**53 + 1, 300])
FLOATS = st.sampled_from([-1.5, 0.0, 0.5, 2.0, 2.0**53, 2.0**63, -1e308, 5e-324])
WORDS = st.text("ab.é€𝔸", max_size=3)
DAYS = st.dates(datetime.date(1969, 12, 30), datetime.date(1970, 1, 3)) | st.dates()
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "int": NUMBERS,
    "float": FLOATS | st.just(float("inf")),
    "bool": st.booleans(),
    "str": WORDS,
    "date": DAYS,
    "ints": st.lists(st.integers(-3, 3), max_size=3),
    "strs": st.frozensets(WORDS, max_size=3),
}
ASKED = SCALARS | {"float": FLOATS | NUMBERS, "int": NUMBERS | FLOATS, "strs": WORDS}
ASKED["ints"] = st.integers(-4, 4)

Values = dict[str, list[Any]]
Law = tuple[Predicate, Callable[[dict[str, Any]], bool]]
"""A predicate, and the same asked of one row in plain Python."""


def of_any(value: Any, holds: Callable[[Any], bool]) -> bool:
    """One of the values of a row does; none where there is no value."""
    values = value if isinstance(value, list | frozenset) else [value]
    return value is not None and any(holds(one) for one in values)


@st.composite
def comparisons(draw: st.DrawFn) -> Law:
    name = draw(st.sampled_from(sorted(SCALARS)))
    asked, attribute = ASKED[name], Attribute(name)
    forms = ["==", "!=", "isin", "present"]
    forms += [] if name == "bool" else ["<", "<=", ">", ">=", "between"]
    forms += ["startswith"] if name in ("str", "strs") else []
    form = draw(st.sampled_from(forms))
    if form == "present":
        return attribute.is_present(), lambda row: row[name] is not None
    if form == "isin":
        some = draw(st.lists(asked, max_size=25))
        return attribute.isin(some), lambda row: of_any(row[name], lambda v: v in some)
    one, other = draw(asked), draw(asked)
    if form == "between":
        law = attribute.between(one, other)
        return law, lambda row: of_any(row[name], lambda v: one <= v <= other)
    if form == "startswith":
        law = attribute.startswith(one)
        return law, lambda row: of_any(row[name], lambda v: v.startswith(one))
    if form == "!=":
        return attribute != one, lambda row: not of_any(row[name], lambda v: v == one)
    compare = {"==": operator.eq, "<": operator.lt, "<=": operator.le}
    compare |= {">": operator.gt, ">=": operator.ge}
    law = compare[form](attribute, one)
    return law, lambda row: of_any(row[name], lambda v: compare[form](v, one))


def nested(parts: st.SearchStrategy[Law]) -> st.SearchStrategy[Law]:
    pairs = st.tuples(parts, parts)
    return st.one_of(
        parts.map(lambda p: (~p[0], lambda row: not p[1](row))),
        pairs.map(lambda p: (p[0][0] & p[1][0], lambda row: p[0][1](row) and p[1][1](row))),
        pairs.map(lambda p: (p[0][0] | p[1][0], lambda row: p[0][1](row) or p[1][1](row))),
    )


LAWS = st.recursive(comparisons(), nested, max_leaves=8)


@st.composite
def columns(draw: st.DrawFn) -> Values:
    """A few values of each kind, dealt out to the rows by a seed: many draws would be slow."""
    n = draw(st.integers(0, 80))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    pools = {name: draw(st.lists(st.none() | v, max_size=6)) for name, v in SCALARS.items()}
    return {
        name: [pool[place] for place in rng.integers(0, len(pool), n)] if pool else [None] * n
        for name, pool in pools.items()
    }


def part(values: Values, first: int, last: int) -> Values:
    return {name: column[first:last] for name, column in values.items()}


def plain(values: Values, holds: Callable[[dict[str, Any]], bool]) -> list[bool]:
    n = len(values["int"])
    return [holds({name: column[row] for name, column in values.items()}) for row in range(n)]


def found(table: AttributeTable, predicate: Predicate) -> list[bool]:
    bitmap = table.rows_where(predicate)
    assert len(bitmap) == -(-len(table) // 32)
    bits: list[bool] = unpack(bitmap, len(table)).tolist()
    assert int(np.bitwise_count(bitmap).sum()) == sum(bits)
    return bits


@settings(max_examples=200, deadline=None)
@given(values=columns(), law=LAWS)
def test_a_bitmap_is_what_a_plain_loop_finds(values: Values, law: Law) -> None:
    predicate, holds = law
    table = AttributeTable.of(values, len(values["int"]))
    assert found(table, predicate) == plain(values, holds)


@settings(max_examples=60, deadline=None)
@given(values=columns(), laws=st.lists(LAWS, min_size=1, max_size=3), data=st.data())
def test_rows_added_in_parts_are_as_rows_added_at_once(
    values: Values, laws: list[Law], data: st.DataObject
) -> None:
    n = len(values["int"])
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=5)))
    table = AttributeTable.of(part(values, 0, 0), 0)
    for first, last in zip([0, *cuts], [*cuts, n], strict=True):
        table = table.with_rows(part(values, first, last), last - first)
        for predicate, holds in laws:
            assert found(table, predicate) == plain(part(values, 0, last), holds)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    values=columns(), later=columns(), laws=st.lists(LAWS, min_size=1, max_size=3), data=st.data()
)
def test_values_that_are_set_later_win(
    values: Values, later: Values, laws: list[Law], data: st.DataObject
) -> None:
    n, plain_values = len(values["int"]), {name: [*column] for name, column in values.items()}
    cut, table = n // 2, AttributeTable.of(part(values, 0, n // 2), n // 2)
    table = table.with_rows(part(values, cut, n), n - cut)
    first = 0
    while first < len(later["int"]):
        for predicate, _ in laws:
            table.rows_where(predicate)  # and is kept
        rows = data.draw(st.permutations(range(n)))[: data.draw(st.integers(1, 30))]
        rows = rows[: len(later["int"]) - first]
        names = data.draw(st.lists(st.sampled_from(sorted(SCALARS)), min_size=1, unique=True))
        given = {name: later[name][first : first + len(rows)] for name in names}
        table = table.with_values(np.array(rows, dtype=np.int64), given)
        for name in names:
            for row, value in zip(rows, given[name], strict=True):
                plain_values[name][row] = value
        first += max(1, len(rows))
        for predicate, holds in laws:
            assert found(table, predicate) == plain(plain_values, holds)
    behind = table.with_rows(values, n)
    for predicate, holds in laws:
        assert found(table.folded(), predicate) == plain(plain_values, holds)
        assert found(table.take(range(n)[::-1]), predicate) == plain(plain_values, holds)[::-1]
        assert found(behind, predicate) == plain(plain_values, holds) + plain(values, holds)


@settings(max_examples=60, deadline=None)
@given(values=columns(), law=LAWS, data=st.data())
def test_taken_rows_match_as_before(values: Values, law: Law, data: st.DataObject) -> None:
    predicate, holds = law
    n = len(values["int"])
    cut = data.draw(st.integers(0, n))
    kept = data.draw(st.permutations(range(n)))[: data.draw(st.integers(0, n))]
    table = AttributeTable.of(part(values, 0, cut), cut)
    table = table.with_rows(part(values, cut, n), n - cut).take(kept)
    whole = plain(values, holds)
    assert found(table, predicate) == [whole[row] for row in kept]
    again = {name: [column[row] for row in kept] for name, column in values.items()}
    assert found(table.with_rows(again, len(kept)), predicate) == 2 * [whole[r] for r in kept]


@settings(max_examples=50, deadline=None)
@given(values=columns(), law=LAWS)
def test_state_and_json_give_the_same_table_and_question(values: Values, law: Law) -> None:
    n = len(values["int"])
    table = AttributeTable.of(part(values, 0, n // 2), n // 2)
    table = table.with_rows(part(values, n // 2, n), n - n // 2)
    state = {
        name: value if isinstance(value, np.ndarray) else json.loads(json.dumps(value))
        for name, value in table.to_arrays().items()
    }
    loaded = AttributeTable.from_arrays(state)
    asked = predicate_from_dict(json.loads(json.dumps(law[0].to_dict())))
    assert asked == law[0]
    assert hash(asked) == hash(law[0])
    assert loaded is not None
    assert loaded.kinds == table.kinds
    assert found(loaded, asked) == found(table, law[0])
