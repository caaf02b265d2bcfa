"""A column of several values a row, kept by value: the rows of each, as flat rows plus offsets.

Asking for a value, a range or a prefix is then a slice. Kept by row it would take as much memory
(codes, and offsets for every row), and every question would read all of it.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from typecase.data import bitmaps
from typecase.data.attribute_reading import ColumnKind, Given
from typecase.data.attribute_spans import code_spans
from typecase.data.bitmaps import Bitmap
from typecase.data.dictionaries import (
    Dictionary,
    SortedInts,
    SortedStrings,
    codes_in,
    dictionary_from,
    least_dtype,
    union,
)
from typecase.data.predicates import Leaf, Present
from typecase.data.scalars import check_text

Numbers = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, slots=True)
class ListColumn:
    """Strings or whole numbers, any number a row; the same one twice counts once."""

    type: ClassVar[str] = "lists"
    kind: ColumnKind
    n_rows: int
    dictionary: Dictionary
    starts: Numbers
    """(n_values + 1,): the rows of value v are rows[starts[v]:starts[v + 1]]."""
    rows: Numbers
    """(total,), ascending for each value."""
    missing: Numbers
    """(m,), ascending: the rows that have no list, not even an empty one."""

    @classmethod
    def of(cls, given: Given) -> Self:
        """Return the column of what was read."""
        is_text = given.kind == "strs"
        dictionary, codes = _of_strings(given.values) if is_text else _of_ints(given.values)
        missing = np.empty(0) if given.missing is None else np.flatnonzero(given.missing)
        rows = np.empty(0, dtype=np.int64) if given.rows is None else given.rows
        return cls._of(given.kind, given.n_rows, dictionary, codes, rows, missing)

    @classmethod
    def _of(
        cls,
        kind: ColumnKind,
        n_rows: int,
        dictionary: Dictionary,
        codes: NDArray[np.int64],
        rows: NDArray[np.int64],
        missing: NDArray[Any],
    ) -> Self:
        """Return the column of pairs of a code and a row, in any order."""
        pairs = codes.astype(np.uint64) * np.uint64(n_rows) + rows.astype(np.uint64)
        pairs.sort()
        pairs = pairs[np.insert(pairs[1:] != pairs[:-1], 0, values=True)[: len(pairs)]]
        codes, rows = (part.astype(np.int64) for part in np.divmod(pairs, max(n_rows, 1)))
        used, counts = np.unique_counts(codes)
        starts = np.concatenate([[0], np.cumsum(counts)])
        return cls(
            kind,
            n_rows,
            dictionary if len(used) == dictionary.n_values else dictionary.taken(used),
            starts.astype(least_dtype(len(rows))),
            rows.astype(least_dtype(n_rows)),
            missing.astype(least_dtype(n_rows)),
        )

    def __len__(self) -> int:
        return self.n_rows

    def match(self, leaf: Leaf, first: int) -> Bitmap:
        """Return which rows from row first on match."""
        hits = np.zeros(self.n_rows - first, dtype=bool)
        if isinstance(leaf, Present):
            hits[:] = True
            hits[_from(self.missing, first)] = False
            return bitmaps.pack(hits)
        for low, high in code_spans(leaf, self.dictionary):
            hits[_from(self.rows[int(self.starts[low]) : int(self.starts[high])], first)] = True
        return bitmaps.pack(hits)

    def joined(self, other: "ListColumn") -> "ListColumn":
        """Return this column with another behind it."""
        whole = union(self.dictionary, other.dictionary)
        return self._of(
            self.kind if self.kind != "lists" else other.kind,
            self.n_rows + other.n_rows,
            whole,
            np.concatenate([codes_in(whole, c.dictionary, c._codes()) for c in (self, other)]),
            np.concatenate([self.rows, other.rows.astype(np.int64) + self.n_rows]),
            np.concatenate([self.missing, other.missing.astype(np.int64) + self.n_rows]),
        )

    def take(self, rows: NDArray[np.int64]) -> "ListColumn":
        """Return some rows, each at most once; values that none of them has are forgotten."""
        place = np.full(self.n_rows, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        new_rows, missing = place[self.rows], place[self.missing]
        kept = new_rows >= 0
        return self._of(
            self.kind,
            len(rows),
            self.dictionary,
            self._codes()[kept],
            new_rows[kept],
            np.sort(missing[missing >= 0]),
        )

    def to_arrays(self) -> dict[str, Any]:
        """Return everything."""
        own = {"kind": self.kind, "n_rows": self.n_rows, "starts": self.starts}
        own |= {"rows": self.rows, "missing": self.missing}
        return own | self.dictionary.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self:
        """Take back what `to_arrays` gave."""
        parts = [arrays[name].view(np.ndarray) for name in ("starts", "rows", "missing")]
        return cls(arrays["kind"], arrays["n_rows"], dictionary_from(arrays), *parts)

    def _codes(self) -> NDArray[np.int64]:
        """Return the code of each of `rows`, (total,)."""
        starts = self.starts.astype(np.int64)
        return np.repeat(np.arange(len(starts) - 1, dtype=np.int64), starts[1:] - starts[:-1])


def _of_strings(values: list[str]) -> tuple[SortedStrings, NDArray[np.int64]]:
    distinct = sorted(set(values))
    code_of = {value: code for code, value in enumerate(distinct)}
    codes = np.fromiter(map(code_of.__getitem__, values), np.int64, len(values))
    return SortedStrings.of(check_text(v, "An attribute") for v in distinct), codes


def _of_ints(values: NDArray[np.int64]) -> tuple[SortedInts, NDArray[np.int64]]:
    distinct, codes = np.unique(values, return_inverse=True)
    return SortedInts(distinct), codes


def _from(rows: Numbers, first: int) -> NDArray[np.int64]:
    """Return those of some rows that come from first on, counted from there."""
    if not first:
        return rows.astype(np.int64)
    return rows[rows >= first].astype(np.int64) - first
