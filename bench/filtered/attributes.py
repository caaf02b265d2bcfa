"""Attributes of the rows: labels, sets of labels, whole numbers; one .npz file holds them all.

A label column `c` is stored as codes `c` (n,) int32 and names `c.names`; a column of sets as flat
codes `c`, `c.offsets` (n + 1,) int64 and `c.names`; a column of numbers as `c` (n,) int64.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


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


def save_attributes(path: Path, columns: dict[str, Column]) -> None:
    parts: dict[str, Any] = {}
    for name, column in columns.items():
        parts[name] = column.values
        if column.names is not None:
            parts[f"{name}.names"] = column.names
        if column.offsets is not None:
            parts[f"{name}.offsets"] = column.offsets
    np.savez_compressed(path, **parts)


def load_attributes(path: Path, n: int | None = None) -> dict[str, Column]:
    """Return the columns of a file, of the first n rows if n is given."""
    with np.load(path, allow_pickle=False) as file:
        parts = {name: file[name] for name in file.files}
    columns = {
        name: Column(
            values=values.astype(np.int64),
            names=parts.get(f"{name}.names"),
            offsets=parts.get(f"{name}.offsets"),
        )
        for name, values in parts.items()
        if not name.endswith((".names", ".offsets"))
    }
    return columns if n is None else {name: c.head(n) for name, c in columns.items()}
