"""What a filter asks of the attributes, in a form that every engine's adapter can translate."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.filtered.attributes import Column

SHARES = (0.5, 0.1, 0.01, 0.001, 0.0001)
MOST_VALUES = 60


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The row's label, or one of its set, is among these codes."""

    column: str
    codes: tuple[int, ...]

    def mask(self, columns: dict[str, Column]) -> NDArray[np.bool_]:
        """Return which rows match, (n,) bool."""
        return columns[self.column].rows_of_any(np.array(self.codes))


@dataclass(frozen=True, slots=True)
class Between:
    """The row's number is in [low, high]."""

    column: str
    low: int
    high: int

    def mask(self, columns: dict[str, Column]) -> NDArray[np.bool_]:
        """Return which rows match, (n,) bool."""
        return columns[self.column].rows_between(self.low, self.high)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these holds."""

    parts: tuple["Filter", ...]

    def mask(self, columns: dict[str, Column]) -> NDArray[np.bool_]:
        """Return which rows match, (n,) bool."""
        return np.logical_and.reduce([part.mask(columns) for part in self.parts])


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold; a row with an empty set matches the negation of any of its values."""

    part: "Filter"

    def mask(self, columns: dict[str, Column]) -> NDArray[np.bool_]:
        """Return which rows match, (n,) bool."""
        return ~self.part.mask(columns)


Filter = AnyOf | Between | AllOf | Not


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of the tables: a filter for each query.

    Args:
        name: what the tables call it.
        kind: label, range, set, random, correlated, anti-correlated, and, not or none.
        filters: one a query; None lets all rows pass.
        queries: which queries have this filter (those without the attribute have none).
    """

    name: str
    kind: str
    filters: tuple[Filter | None, ...]
    queries: NDArray[np.int64]


def rows_of(
    columns: dict[str, Column], query_columns: dict[str, Column], n_queries: int
) -> list[Row]:
    """Return the rows that these attributes allow.

    Unfiltered; values and ranges of fixed shares; each query's own value, another one, any but its
    own; its own value within a range, and beside another attribute's commonest value.
    """
    everyone = np.arange(n_queries)
    rows = [Row(name="none", kind="none", filters=(None,) * n_queries, queries=everyone)]
    of_own: list[Row] = []
    for name, column in columns.items():
        fixed = _ranges(name, column) if column.names is None else _values(name, column)
        kind = _kind(name, column)
        for title, chosen in fixed:
            rows.append(Row(name=title, kind=kind, filters=(chosen,) * n_queries, queries=everyone))
        if name in query_columns and column.names is not None:
            found = _own(name, column, query_columns[name])
            of_own += found[:1]
            rows += found
    return rows + (_combined(columns, of_own[0]) if of_own else [])


def _kind(name: str, column: Column) -> str:
    if column.names is None:
        return "random" if _is_random(name) else "range"
    return "label" if column.offsets is None else "set"


def _is_random(name: str) -> bool:
    return name[0] == "r" and name[1:].replace("_", "").isdigit()


def _ranges(name: str, column: Column) -> list[tuple[str, Between]]:
    """Return the newest so many per cent; of a 0/1 column, the ones."""
    if _is_random(name):
        return [(name.replace("_", "."), Between(name, 1, 1))]
    top = int(column.values.max())
    found: dict[int, tuple[str, Between]] = {}
    for share in SHARES:
        low = int(np.quantile(column.values, 1 - share, method="higher"))
        found.setdefault(low, (f"{name} >= {low}", Between(name, low, top)))
    oldest = int(np.quantile(column.values, 0.001, method="higher"))
    bottom = int(column.values.min())
    return [*found.values(), (f"{name} <= {oldest}", Between(name, bottom, oldest))]


def _values(name: str, column: Column) -> list[tuple[str, Filter]]:
    """Return for each share the value that comes nearest to it, and a set of three values."""
    assert column.names is not None
    shares = column.counts() / len(column)
    chosen: dict[int, tuple[str, Filter]] = {}
    for share in SHARES:
        ratio = np.abs(np.log(np.maximum(shares, 1e-12) / share))
        code = int(np.argmin(ratio))
        if ratio[code] < np.log(2.5):
            chosen.setdefault(code, (f"{name} = {column.names[code]}", AnyOf(name, (code,))))
    if len(shares) > 30:
        codes = tuple(int(c) for c in np.argsort(-shares)[10:20:4])
        chosen[-1] = (f"{name} in {len(codes)} values", AnyOf(name, codes))
    return list(chosen.values())


def _own(name: str, column: Column, of_queries: Column) -> list[Row]:
    """Return the rows "own" and "other": each query's own value if frequent, and another."""
    codes = _codes_of_queries(column, of_queries)
    counts = column.counts()
    often = np.argsort(-counts, kind="stable")[:MOST_VALUES]
    frequent = np.sort(often[counts[often] >= max(20, len(column) // 2000)])
    has = np.flatnonzero(np.isin(codes, frequent))
    if len(has) < len(codes) // 10:
        return []
    own = [AnyOf(name, (int(c),)) for c in codes]
    other = [AnyOf(name, (int(c),)) for c in _others(codes, frequent)]
    return [
        Row(name=f"own {name}", kind="correlated", filters=tuple(own), queries=has),
        Row(name=f"other {name}", kind="anti-correlated", filters=tuple(other), queries=has),
        Row(name=f"not own {name}", kind="not", filters=tuple(map(Not, own)), queries=has),
    ]


def _combined(columns: dict[str, Column], own: Row) -> list[Row]:
    """Return rows that ask for the query's own value and more: a range, and not a common value."""
    of_ranges = _near_a_tenth(columns)
    if of_ranges is None:
        return []
    title, tenth = of_ranges
    named = f"{own.name} and {title}"
    rows = [_also(own, named, "and", tenth)]
    name = own.name.removeprefix("own ")
    common = _common(columns, name)
    if common is not None:
        other, code, title = common
        row = _also(own, f"{named} and not {title}", "and, not", tenth, Not(AnyOf(other, (code,))))
        itself = AnyOf(name, (code,)) if other == name else None
        kept = [query for query in own.queries if own.filters[query] != itself]
        rows.append(replace(row, queries=np.array(kept)))
    return rows


def _common(columns: dict[str, Column], own: str) -> tuple[str, int, str] | None:
    """Return the column, code and title of the value that takes most nearly half of the rows.

    Of those rows that have a value of `own`; that column itself counts where a row has several.
    """
    offsets = columns[own].offsets
    has_own = np.ones(len(columns[own]), dtype=bool) if offsets is None else np.diff(offsets) > 0
    found = []
    for name, column in columns.items():
        if column.names is None or (name == own and offsets is None):
            continue
        code = int(np.argmax(column.counts()))
        share = float(AnyOf(name, (code,)).mask(columns)[has_own].mean())
        found.append((abs(share - 0.5), (name, code, f"{name} = {column.names[code]}")))
    return min(found)[1] if found else None


def _near_a_tenth(columns: dict[str, Column]) -> tuple[str, Between] | None:
    """Return the range, of all columns of numbers, that keeps nearest to a tenth of the rows."""
    found = [
        (abs(float(np.log(max(chosen.mask(columns).mean(), 1e-9) / 0.1))), title, chosen)
        for name, column in columns.items()
        if column.names is None
        for title, chosen in _ranges(name, column)
    ]
    return min(found, key=lambda one: one[0])[1:] if found else None


def _also(own: Row, title: str, kind: str, *more: Filter) -> Row:
    filters = tuple(None if f is None else AllOf((f, *more)) for f in own.filters)
    return Row(name=title, kind=kind, filters=filters, queries=own.queries)


def _codes_of_queries(column: Column, of_queries: Column) -> NDArray[np.int64]:
    """Return the code in the base of each query's (first) value; -1 where there is none."""
    assert column.names is not None
    assert of_queries.names is not None
    code_of = {str(name): code for code, name in enumerate(column.names)}
    to_base = np.array([code_of.get(str(name), -1) for name in of_queries.names], dtype=np.int64)
    if of_queries.offsets is None:
        return to_base[of_queries.values]
    first = of_queries.offsets[:-1]
    is_empty = first == of_queries.offsets[1:]
    padded = np.append(of_queries.values, 0)
    return np.where(is_empty, -1, to_base[padded[first]])


def _others(codes: NDArray[np.int64], frequent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each code a fixed other frequent one, as topic + 7 among 40."""
    place = np.searchsorted(frequent, np.maximum(codes, 0)) % len(frequent)
    return frequent[(place + max(1, len(frequent) * 7 // 40)) % len(frequent)]
