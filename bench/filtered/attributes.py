"""Attributes of the rows: labels, sets of labels, whole numbers; one .npz file holds them all.

    python -m bench.filtered.attributes rows.jsonl X_attributes.npz

makes one from a file with an object a line, in the order of the vectors: text becomes a label, a
list a set, a whole number a number; an attribute that a line has not is an empty set, the label
"" or the number 0.

A label column `c` is stored as codes `c` (n,) int32 and names `c.names`; a column of sets as flat
codes `c`, `c.offsets` (n + 1,) int64 and `c.names`; a column of numbers as `c` (n,) int64.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EMPTY: dict[type, Any] = {str: "", int: 0, list: []}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=Path, help="a JSON object a line")
    parser.add_argument("out", type=Path, help="the .npz file to write")
    args = parser.parse_args()
    with args.rows.open(encoding="utf-8") as lines:
        try:
            columns = from_records([json.loads(line) for line in lines if line.strip()])
        except ValueError as error:
            parser.error(f"{args.rows}: {error}")
    save_attributes(args.out, columns)
    for name, column in columns.items():
        print(f"{name}: {kind_of(column)}, {len(column)} rows")


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One attribute.

    Args:
        values: codes of labels or numbers, (n,); for sets the codes of all rows, (total,).
        names: what the codes stand for; None for numbers.
        offsets: where each row's codes begin, (n + 1,); None where a row has one value.
    """

    values: NDArray[np.int64]
    names: NDArray[np.str_] | None = None
    offsets: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.values) if self.offsets is None else len(self.offsets) - 1

    def head(self, n: int) -> "Column":
        """Return the first n rows."""
        if self.offsets is None:
            return Column(values=self.values[:n], names=self.names)
        offsets = self.offsets[: n + 1]
        return Column(values=self.values[: offsets[-1]], names=self.names, offsets=offsets)

    def tail(self, n: int) -> "Column":
        """Return the last n rows."""
        if self.offsets is None:
            return Column(values=self.values[-n:], names=self.names)
        offsets = self.offsets[-n - 1 :]
        values = self.values[offsets[0] :]
        return Column(values=values, names=self.names, offsets=offsets - offsets[0])

    def value(self, row: int) -> int | list[int]:
        """Return the row's code or number; of a set, its codes."""
        if self.offsets is None:
            return int(self.values[row])
        codes: list[int] = self.values[self.offsets[row] : self.offsets[row + 1]].tolist()
        return codes

    def rows_of_any(self, codes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which rows have one of these codes, (n,) bool."""
        hits = np.isin(self.values, codes)
        if self.offsets is None:
            return hits
        rows = np.zeros(len(self), dtype=bool)
        rows[np.repeat(np.arange(len(self)), np.diff(self.offsets))[hits]] = True
        return rows

    def rows_between(self, low: int, high: int) -> NDArray[np.bool_]:
        """Return the rows whose number is in [low, high], (n,) bool."""
        inside: NDArray[np.bool_] = (self.values >= low) & (self.values <= high)
        return inside

    def counts(self) -> NDArray[np.int64]:
        """Return how many rows have each code."""
        n_codes = 0 if self.names is None else len(self.names)
        return np.bincount(self.values, minlength=n_codes)


def labels(values: Sequence[str]) -> Column:
    names, codes = np.unique(np.array(values, dtype=str), return_inverse=True)
    return Column(values=codes.astype(np.int64), names=names)


def sets(values: Sequence[Iterable[str]]) -> Column:
    rows = [sorted(set(row)) for row in values]
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    flat = labels(list(chain.from_iterable(rows)))
    return Column(values=flat.values, names=flat.names, offsets=offsets)


def numbers(values: Sequence[int] | NDArray[np.int64]) -> Column:
    return Column(values=np.asarray(values, dtype=np.int64))


def kind_of(column: Column) -> str:
    if column.names is None:
        return "number"
    return "label" if column.offsets is None else "set"


def from_records(records: Sequence[dict[str, Any]]) -> dict[str, Column]:
    """Return the columns of objects that have text, whole numbers or lists of text.

    Raises:
        ValueError: a value is of another type, or of two types in different rows.
    """
    columns = {}
    for name in dict.fromkeys(name for record in records for name in record):
        values = [record.get(name) for record in records]
        types = {type(value) for value in values if value is not None}
        if len(types) != 1 or not types <= _EMPTY.keys():
            found = ", ".join(sorted(t.__name__ for t in types)) or "nothing"
            raise ValueError(f"{name} must be all str, all int or all list, got {found}.")
        kind = types.pop()
        filled: list[Any] = [_EMPTY[kind] if value is None else value for value in values]
        make: Any = {str: labels, int: numbers, list: sets}[kind]
        columns[name] = make(filled)
    return columns


def save_attributes(path: Path, columns: dict[str, Column]) -> None:
    parts: dict[str, Any] = {}
    for name, column in columns.items():
        parts[name] = column.values
        if column.names is not None:
            parts[f"{name}.names"] = column.names
        if column.offsets is not None:
            parts[f"{name}.offsets"] = column.offsets
    np.savez_compressed(path, **parts)


def load_attributes(path: Path) -> dict[str, Column]:
    """Return the columns of a file."""
    with np.load(path, allow_pickle=False) as file:
        parts = {name: file[name] for name in file.files}
    return {
        name: Column(
            values=values.astype(np.int64),
            names=parts.get(f"{name}.names"),
            offsets=parts.get(f"{name}.offsets"),
        )
        for name, values in parts.items()
        if not name.endswith((".names", ".offsets"))
    }


if __name__ == "__main__":
    main()
