"""Columns over rows that follow each other, and how several such pieces become one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.data.attribute_columns import AttributeColumn, CodedColumn, FloatColumn
from typecase.data.attribute_lists import ListColumn
from typecase.data.attribute_reading import KIND_WORDS, ColumnKind, Given, check_exact, read_column

_SMALL_ROWS = 1024
_COLUMNS: dict[str, type[AttributeColumn]] = {
    "coded": CodedColumn,
    "float": FloatColumn,
    "lists": ListColumn,
}
_UNDECIDED: dict[ColumnKind, tuple[ColumnKind, ...]] = {
    "missing": ("int", "float", "bool", "date", "str", "ints", "strs", "lists"),
    "lists": ("ints", "strs"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Immutable."""

    n_rows: int
    columns: tuple[AttributeColumn, ...]

    @property
    def kinds(self) -> tuple[ColumnKind, ...]:
        """What each column holds."""
        return tuple(column.kind for column in self.columns)

    def take(self, rows: NDArray[np.int64]) -> "Piece":
        """Return some rows, each at most once, in the order asked for."""
        return Piece(len(rows), tuple(column.take(rows) for column in self.columns))

    def widened(self, n_columns: int) -> "Piece":
        """Return the piece with columns without a value behind."""
        column = _column(_nothing("missing", self.n_rows))
        return Piece(self.n_rows, (*self.columns, *[column] * n_columns))

    def to_arrays(self) -> list[dict[str, Any]]:
        """Return arrays and plain values by name, for each column."""
        return [column_to_arrays(column) for column in self.columns]

    @classmethod
    def from_arrays(cls, columns: list[dict[str, Any]]) -> Self:
        """Take back what `to_arrays` gave."""
        return cls(columns[0]["size"], tuple(map(column_from, columns)))


def column_to_arrays(column: AttributeColumn) -> dict[str, Any]:
    """Return the arrays and plain values of a column by name."""
    return {"type": column.type, "size": len(column)} | column.to_arrays()


def column_from(arrays: dict[str, Any]) -> AttributeColumn:
    """Take back what `column_to_arrays` gave."""
    return _COLUMNS[arrays["type"]].from_arrays(arrays)


def read_piece(
    columns: Sequence[tuple[str, Any, ColumnKind]], *, n_rows: int
) -> tuple[Piece, tuple[ColumnKind, ...]]:
    """Return columns given as name, values and the kind of the rows before, and their kinds now.

    Raises:
        InvalidInputError: as `read_column`, or a column has another kind than before.
    """
    read = [
        _as_before(read_column(values, name=name, n_rows=n_rows), name, before)
        for name, values, before in columns
    ]
    kinds = [
        before if given.kind in _UNDECIDED and _fits(given.kind, before) else given.kind
        for given, (_, _, before) in zip(read, columns, strict=True)
    ]
    return Piece(n_rows, tuple(map(_column, read))), tuple(kinds)


def tidy(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Merge the last pieces until each is at least twice as long as the next, small ones aside."""
    out = [piece for piece in pieces if piece.n_rows] or list(pieces[-1:])
    while len(out) > 1:
        one, other = out[-2:]
        if one.n_rows >= 2 * other.n_rows and one.n_rows + other.n_rows > _SMALL_ROWS:
            break
        out[-2:] = [joined(out[-2:])]
    return tuple(out)


def joined(pieces: Sequence[Piece]) -> Piece:
    """Return all rows of at least one piece as one."""
    whole = pieces[-1]
    for piece in reversed(pieces[:-1]):  # the short ones first, which are last
        columns = tuple(map(joined_columns, piece.columns, whole.columns))
        whole = Piece(whole.n_rows + piece.n_rows, columns)
    return whole


def joined_columns(one: AttributeColumn, other: AttributeColumn) -> AttributeColumn:
    """Return a column with another behind it, of the same kind, or one of them without values."""
    if one.kind == "missing":
        one = _column(_nothing(other.kind, len(one)))
    if other.kind == "missing":
        other = _column(_nothing(one.kind, len(other)))
    return one.joined(other)


def _column(given: Given) -> AttributeColumn:
    if given.kind in ("ints", "strs", "lists"):
        return ListColumn.of(given)
    return FloatColumn.of(given) if given.kind == "float" else CodedColumn.of(given)


def _nothing(kind: ColumnKind, n_rows: int) -> Given:
    """Return rows without a value."""
    values: Any = np.zeros(n_rows, dtype=np.int64)
    if kind in ("str", "ints", "strs", "lists"):
        values = [None] * n_rows if kind == "str" else values[:0]
    return Given(kind=kind, n_rows=n_rows, values=values, missing=np.ones(n_rows, dtype=bool))


def _as_before(given: Given, name: str, before: ColumnKind) -> Given:
    """Return what was given if it may follow rows of another kind; whole numbers become floats."""
    if before == "float" and given.kind == "int":
        check_exact(given.values.tolist(), f"Attribute {name!r}")
        values = given.values.astype(np.float64)
        return Given(kind="float", n_rows=given.n_rows, values=values, missing=given.missing)
    if given.kind != before and not (_fits(given.kind, before) or _fits(before, given.kind)):
        raise InvalidInputError(
            f"Attribute {name!r} holds {KIND_WORDS[before]}, got {KIND_WORDS[given.kind]}."
        )
    return given


def _fits(undecided: ColumnKind, kind: ColumnKind) -> bool:
    return kind in _UNDECIDED.get(undecided, ())
