"""What a filter asks of the attributes, in a form that every engine's adapter can translate."""

from dataclasses import dataclass

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


Filter = AnyOf | Between


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of the tables: a filter for each query.

    Args:
        name: what the tables call it.
        kind: label, range, set, random, correlated, anti-correlated or none.
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
    """Return the rows that these attributes allow: unfiltered, fixed shares, own, another's."""
    everyone = np.arange(n_queries)
    rows = [Row(name="none", kind="none", filters=(None,) * n_queries, queries=everyone)]
    for name, column in columns.items():
        fixed = _ranges(name, column) if column.names is None else _values(name, column)
        kind = _kind(name, column)
        for title, chosen in fixed:
            rows.append(Row(name=title, kind=kind, filters=(chosen,) * n_queries, queries=everyone))
        if name in query_columns and column.names is not None:
            rows += _own(name, column, query_columns[name])
    return rows


def _kind(name: str, column: Column) -> str:
    if column.names is None:
        return "random" if _is_random(name) else "range"
    return "label" if column.offsets is None else "set"


def _is_random(name: str) -> bool:
    return name[0] == "r" and name[1:].replace("_", "").isdigit()


def _ranges(name: str, column: Column) -> list[tuple[str, Filter]]:
    """Return the newest so many per cent; of a 0/1 column, the ones."""
    if _is_random(name):
        return [(name.replace("_", "."), Between(name, 1, 1))]
    top = int(column.values.max())
    found: dict[int, tuple[str, Filter]] = {}
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
    other = _others(codes, frequent)
    rows = []
    for title, kind, pick in (
        (f"own {name}", "correlated", codes),
        (f"other {name}", "anti-correlated", other),
    ):
        filters: tuple[Filter | None, ...] = tuple(AnyOf(name, (int(c),)) for c in pick)
        rows.append(Row(name=title, kind=kind, filters=filters, queries=has))
    return rows


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
