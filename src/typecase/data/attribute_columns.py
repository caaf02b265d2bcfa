"""A column of one value a row: floats, or codes into a dictionary in the least type for them.

A comparison becomes spans of codes, and one pass over the codes makes it a bitmap.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from typecase.data import bitmaps
from typecase.data.attribute_reading import ColumnKind, Given
from typecase.data.attribute_scans import float_test, scan, span_test
from typecase.data.attribute_spans import code_spans
from typecase.data.bitmaps import Bitmap
from typecase.data.dictionaries import (
    Codes,
    Dictionary,
    IntSpan,
    SortedStrings,
    codes_in,
    dictionary_from,
    least_dtype,
    thinned,
    union,
)
from typecase.data.predicates import Leaf
from typecase.data.scalars import check_text


class AttributeColumn(Protocol):
    """The values of n rows, immutable."""

    type: ClassVar[str]

    @property
    def kind(self) -> ColumnKind:
        """What it holds."""

    def __len__(self) -> int: ...

    def match(self, leaf: Leaf, first: int) -> Bitmap:
        """Return which rows from row first on match; the kind of leaf fits."""

    def joined(self, other: Any) -> "AttributeColumn":
        """Return this column with another of the same class behind it."""

    def take(self, rows: NDArray[np.int64]) -> "AttributeColumn":
        """Return some rows, each at most once, in the order asked for."""

    def to_arrays(self) -> dict[str, Any]:
        """Return everything as arrays and plain values, by name."""

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self:
        """Take back what `to_arrays` gave."""


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """Whole numbers, booleans, dates (as days since 1970) or strings."""

    type: ClassVar[str] = "coded"
    kind: ColumnKind
    codes: Codes
    """(n,); the largest number of the type where there is no value."""
    dictionary: Dictionary

    @classmethod
    def of(cls, given: Given) -> Self:
        """Return the column of what was read."""
        if given.kind == "missing":
            return cls("missing", _no_codes(given.n_rows, np.dtype(np.uint8)), IntSpan(0, 0))
        if given.kind == "str":
            return cls._of_strings(given)
        values, missing = given.values, given.missing
        seen = values if missing is None else values[~missing]
        low, high = (int(seen.min()), int(seen.max())) if len(seen) else (0, -1)
        dictionary = IntSpan(low, high - low + 1)
        codes = (values.view(np.uint64) - np.array(low).view(np.uint64)).astype(
            least_dtype(dictionary.n_values)
        )
        if missing is not None:
            codes[missing] = _no_code(codes)
        return cls(given.kind, codes, dictionary)

    @classmethod
    def _of_strings(cls, given: Given) -> Self:
        values = sorted(set(given.values) - {None})
        dictionary = SortedStrings.of(check_text(v, "An attribute") for v in values)
        dtype = least_dtype(len(values))
        code_of: dict[str | None, int] = {value: code for code, value in enumerate(values)}
        code_of[None] = int(np.iinfo(dtype).max)
        codes = np.fromiter(map(code_of.__getitem__, given.values), dtype, len(given.values))
        return cls("str", codes, dictionary)

    def __len__(self) -> int:
        return len(self.codes)

    def match(self, leaf: Leaf, first: int) -> Bitmap:
        """Return which rows from row first on match."""
        spans = code_spans(leaf, self.dictionary)
        if not spans:
            return bitmaps.zeros(len(self) - first)
        return scan(self.codes[first:], span_test(spans, self.codes.dtype))

    def joined(self, other: "CodedColumn") -> "CodedColumn":
        """Return this column with another behind it."""
        whole = union(self.dictionary, other.dictionary)
        dtype = least_dtype(whole.n_values)
        parts = [_recode(column, whole, dtype) for column in (self, other)]
        return CodedColumn(self.kind, np.concatenate(parts), whole)

    def take(self, rows: NDArray[np.int64]) -> "CodedColumn":
        """Return some rows; values that none of them has are forgotten."""
        old = self.codes[rows]
        there = old != _no_code(old)
        dictionary, left = thinned(self.dictionary, old[there])
        codes = _no_codes(len(rows), least_dtype(dictionary.n_values))
        codes[there] = left
        return CodedColumn(self.kind, codes, dictionary)

    def to_arrays(self) -> dict[str, Any]:
        """Return the codes and the dictionary's arrays."""
        own: dict[str, Any] = {"kind": self.kind, "codes": self.codes}
        return own | self.dictionary.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self:
        """Take back what `to_arrays` gave."""
        codes = arrays["codes"].view(np.ndarray)
        dictionary = dictionary_from(arrays)
        return cls(arrays["kind"], codes, dictionary)


@dataclass(frozen=True, slots=True)
class FloatColumn:
    """Numbers, infinities among them."""

    type: ClassVar[str] = "float"
    values: NDArray[np.float64]
    """(n,); NaN where there is no value."""

    @classmethod
    def of(cls, given: Given) -> Self:
        """Return the column of what was read."""
        values = given.values.astype(np.float64)
        if given.missing is not None:
            values[given.missing] = np.nan
        return cls(values)

    @property
    def kind(self) -> ColumnKind:
        """Always "float"."""
        return "float"

    def __len__(self) -> int:
        return len(self.values)

    def match(self, leaf: Leaf, first: int) -> Bitmap:
        """Return which rows from row first on match."""
        return scan(self.values[first:], float_test(leaf))

    def joined(self, other: "FloatColumn") -> "FloatColumn":
        """Return this column with another behind it."""
        return FloatColumn(np.concatenate([self.values, other.values]))

    def take(self, rows: NDArray[np.int64]) -> "FloatColumn":
        """Return some rows."""
        return FloatColumn(self.values[rows])

    def to_arrays(self) -> dict[str, Any]:
        """Return the values."""
        return {"values": self.values}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self:
        """Take back what `to_arrays` gave."""
        return cls(arrays["values"].view(np.ndarray))


def _recode(column: CodedColumn, whole: Dictionary, dtype: np.dtype[Any]) -> Codes:
    codes = _no_codes(len(column), dtype)
    there = column.codes != _no_code(column.codes)
    codes[there] = codes_in(whole, column.dictionary, column.codes[there])
    return codes


def _no_codes(n_rows: int, dtype: np.dtype[Any]) -> Codes:
    return np.full(n_rows, np.iinfo(dtype).max, dtype=dtype)


def _no_code(codes: Codes) -> Any:
    return codes.dtype.type(np.iinfo(codes.dtype).max)
