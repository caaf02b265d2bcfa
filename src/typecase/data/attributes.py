"""What is known of the rows of an index beside their vectors: typed columns, for filters.

A table is immutable. `with_rows` shares the older rows: they lie in a few pieces, each at least
twice as long as the next, so that a row is rewritten about log2(n) times. `with_values` keeps other
values for older rows in a patch of their column, laid over the pieces when it has grown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_ids
from typecase.base.errors import InvalidInputError
from typecase.base.registry import unknown_name
from typecase.data.attribute_patches import Patch
from typecase.data.attribute_pieces import Piece, joined, read_piece, tidy
from typecase.data.attribute_reading import KIND_WORDS, ColumnKind, Lists
from typecase.data.bitmap_cache import BitmapCache, Evaluated
from typecase.data.bitmaps import WORD_BITS, Bitmap, complement, place, zeros
from typecase.data.predicates import And, Isin, Leaf, Not, Or, Predicate, Prefix, Present, Range
from typecase.data.scalars import Kind

Columns = Mapping[str, ArrayLike | Sequence[Any] | Lists]
"""Values by the name of their column; see `typecase.data.attribute_reading`."""

CACHED_BITMAPS = 64
"""Together they take at most 8 bytes a row."""

_PATCHED_ROWS = 1024
_PATCHED_SHARE = 1 / 64

_COMPARED_WITH: dict[ColumnKind, Kind] = {
    "int": "number",
    "float": "number",
    "ints": "number",
    "bool": "bool",
    "date": "date",
    "str": "str",
    "strs": "str",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeTable:
    """Columns over rows 0 to n - 1.

    A column holds whole numbers, floats, booleans, dates, strings, or lists of strings or whole
    numbers, as its first values say. Later values must be the same; whole numbers may join
    floats.
    """

    kinds: dict[str, ColumnKind]
    """What each column holds, by name."""
    pieces: tuple[Piece, ...]
    """One or more, with columns in the order of kinds."""
    patches: dict[str, Patch] = field(default_factory=dict)
    """Values that were set later, by the name of their column."""
    cache: BitmapCache = field(
        default_factory=lambda: BitmapCache(size=CACHED_BITMAPS), repr=False, compare=False
    )

    @classmethod
    def of(cls, columns: Columns, n_rows: int) -> Self:
        """Return the table of columns with one value, or one list, a row.

        Raises:
            InvalidInputError: no columns, a name that is no string, or as `read_column`.
        """
        _check_names(columns)
        given = [(name, values, _UNKNOWN) for name, values in columns.items()]
        piece, kinds = read_piece(given, n_rows=n_rows)
        return cls(kinds=dict(zip(columns, kinds, strict=True)), pieces=(piece,))

    @classmethod
    def without_columns(cls, n_rows: int) -> Self:
        """Return the table of rows that have no attribute yet; `with_values` gives them some."""
        return cls(kinds={}, pieces=(Piece(n_rows, ()),))

    def __len__(self) -> int:
        return sum(piece.n_rows for piece in self.pieces)

    @property
    def size_bytes(self) -> int:
        """The memory of the columns, without bitmaps that are kept."""
        parts = [part for piece in self.pieces for part in piece.to_arrays()]
        parts += [part for patch in self.patches.values() for part in patch.to_arrays()]
        return sum(a.nbytes for part in parts for a in part.values() if isinstance(a, np.ndarray))

    def with_rows(self, columns: Columns, n_rows: int) -> Self:
        """Return the table with rows behind.

        Raises:
            InvalidInputError: a column is absent, unknown or of another kind, or as `of`.
        """
        if not isinstance(columns, Mapping):
            raise InvalidInputError("attributes must map names to columns.")
        for name in columns:
            self._place(name)
        for name in self.kinds:
            if name not in columns:
                raise InvalidInputError(
                    f"attributes must have every column, {name!r} is missing. "
                    "Give None where a row has no value."
                )
        given = [(name, columns[name], kind) for name, kind in self.kinds.items()]
        piece, kinds = read_piece(given, n_rows=n_rows)
        return replace(
            self,
            kinds=dict(zip(self.kinds, kinds, strict=True)),
            pieces=tidy([*self.pieces, piece]),
            cache=self.cache.copy(),
        )

    def with_values(self, rows: NDArray[np.int64], columns: Columns) -> Self:
        """Return the table with other values in some rows, (m,), each at most once.

        A name that is not there yet makes a column, in which other rows have no value.

        Raises:
            InvalidInputError: a column is of another kind than before, or as `of`.
        """
        _check_names(columns)
        given = [(name, columns[name], self.kinds.get(name, _UNKNOWN)) for name in columns]
        piece, kinds = read_piece(given, n_rows=len(rows))
        n_new = len(columns.keys() - self.kinds.keys())
        new = {
            name: Patch.of(rows, column, self.patches.get(name))
            for name, column in zip(columns, piece.columns, strict=True)
        }
        table = replace(
            self,
            kinds=self.kinds | dict(zip(columns, kinds, strict=True)),
            pieces=tuple(p.widened(n_new) for p in self.pieces) if n_new else self.pieces,
            patches=self.patches | new,
            cache=self.cache.without(columns),
        )
        most = max(_PATCHED_ROWS, int(_PATCHED_SHARE * len(self)))
        return table.folded() if any(len(patch) > most for patch in new.values()) else table

    def folded(self) -> Self:
        """Return the same table with its patches laid over the pieces."""
        if not self.patches:
            return self
        pieces, start = [], 0
        for piece in self.pieces:
            columns = [
                self.patches[name].laid_over(column, start) if name in self.patches else column
                for name, column in zip(self.kinds, piece.columns, strict=True)
            ]
            pieces.append(Piece(piece.n_rows, tuple(columns)))
            start += piece.n_rows
        return replace(self, pieces=tuple(pieces), patches={})

    def with_cache(self, cache: BitmapCache) -> Self:
        """Return the table with the bitmaps of an older one, whose rows have the same values."""
        return replace(self, cache=cache)

    def take(self, rows: ArrayLike) -> Self:
        """Return some rows, each at most once, in the order asked for, as one piece.

        Raises:
            InvalidInputError: a row is not there or comes twice.
        """
        numbers = check_ids(rows, name="rows")
        if len(numbers) and numbers.max() >= len(self):
            raise InvalidInputError(f"rows must be below {len(self)}, got {numbers.max()}.")
        return type(self)(kinds=self.kinds, pieces=(joined(self.folded().pieces).take(numbers),))

    def rows_where(self, predicate: Predicate) -> Bitmap:
        """Return which rows match, one bit a row, (ceil(n / 32),) uint32, read-only.

        Row r is bit r % 32 of word r // 32; bits past the last row are 0. What was asked for
        lately is kept; after an append only the new rows are looked at.

        Raises:
            InvalidInputError: no predicate, an attribute that is not there, or a value of another
                kind than the column's.
        """
        if not isinstance(predicate, Predicate):
            raise InvalidInputError(f"A predicate is needed, got {type(predicate).__name__}.")
        known = self.cache.get(predicate)
        if known is not None and known[0] == len(self):
            return known[1]
        if isinstance(predicate, Isin | Range | Prefix | Present):
            bitmap = self._match(predicate, known or (0, zeros(0)))
        else:
            bitmap = self._combine(predicate)
        return self.cache.put(predicate, len(self), bitmap)

    def to_arrays(self) -> dict[str, Any]:
        """Return everything as arrays and plain values, by name; `from_arrays` takes it back."""
        out: dict[str, Any] = {}
        pieces: list[list[dict[str, Any]]] = []
        for piece in self.folded().pieces:
            pieces.append([])
            for column in piece.to_arrays():
                arrays = {k: v for k, v in column.items() if isinstance(v, np.ndarray)}
                out |= {_key(pieces, name): array for name, array in arrays.items()}
                plain = {k: v for k, v in column.items() if k not in arrays}
                pieces[-1].append(plain | {"arrays": list(arrays)})
        return out | {_STATE: {"kinds": list(self.kinds.items()), "pieces": pieces}}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self | None:
        """Take back what `to_arrays` gave, among other things; None when there was no table."""
        state = arrays.get(_STATE)
        if state is None:
            return None
        pieces: list[list[dict[str, Any]]] = []
        for piece in state["pieces"]:
            pieces.append([])
            for column in piece:
                own = {name: arrays[_key(pieces, name)] for name in column["arrays"]}
                pieces[-1].append(column | own)
        made = tuple(Piece.from_arrays(columns) for columns in pieces)
        return cls(kinds=dict(state["kinds"]), pieces=made)

    def _match(self, leaf: Leaf, known: Evaluated) -> Bitmap:
        """Return the rows that match a comparison; those known already are not looked at."""
        column = self._place(leaf.attribute)
        _check_kind(leaf, self.kinds[leaf.attribute])
        out = zeros(len(self))
        n_known = known[0] // WORD_BITS * WORD_BITS
        out[: n_known // WORD_BITS] = known[1][: n_known // WORD_BITS]
        start = 0
        for piece in self.pieces:
            first = max(0, n_known - start) // WORD_BITS * WORD_BITS
            if first < piece.n_rows:
                place(out, piece.columns[column].match(leaf, first), start + first)
            start += piece.n_rows
        if (patch := self.patches.get(leaf.attribute)) is not None:
            patch.write(leaf, out)
        return out

    def _combine(self, predicate: Predicate) -> Bitmap:
        if isinstance(predicate, Not):
            return complement(self.rows_where(predicate.part), len(self))
        if not isinstance(predicate, And | Or):
            raise InvalidInputError(f"Unknown predicate {type(predicate).__name__}.")
        join = np.bitwise_and if isinstance(predicate, And) else np.bitwise_or
        first, second, *others = (self.rows_where(part) for part in predicate.parts)
        out: Bitmap = join(first, second)
        for other in others:
            join(out, other, out=out)
        return out

    def _place(self, name: str) -> int:
        if name not in self.kinds:
            raise InvalidInputError(unknown_name("attribute", str(name), self.kinds))
        return list(self.kinds).index(name)


def with_new_rows(
    table: AttributeTable | None, columns: Columns | None, *, n_old: int, n_new: int
) -> AttributeTable | None:
    """Return the attributes of n_old rows and of new ones behind; the first rows decide on them.

    Raises:
        InvalidInputError: columns are given where older rows have none, not given where they
            have, or as `AttributeTable.with_rows`.
    """
    if table is None and columns is not None and n_old == 0:
        return AttributeTable.of(columns, n_new)
    if table is None and columns is not None:
        raise InvalidInputError(
            "The rows that are there have no attributes. Give them some first: set_attributes()."
        )
    if table is not None and columns is None:
        names = ", ".join(table.kinds)
        raise InvalidInputError(f"The index has attributes; give {names} of the new rows too.")
    return None if table is None or columns is None else table.with_rows(columns, n_new)


_UNKNOWN: ColumnKind = "missing"
_STATE = "attributes_"


def _key(pieces: list[list[Any]], name: str) -> str:
    """Return the name of an array of the column that comes next."""
    return f"{_STATE}{len(pieces) - 1}_{len(pieces[-1])}_{name}_"


def _check_names(columns: Columns) -> None:
    if not isinstance(columns, Mapping) or not columns:
        raise InvalidInputError("attributes must map names to columns, at least one.")
    for name in columns:
        if not isinstance(name, str) or not name:
            raise InvalidInputError(f"An attribute's name must be a string, got {name!r}.")


def _check_kind(leaf: Leaf, kind: ColumnKind) -> None:
    wanted = _COMPARED_WITH.get(kind)
    if wanted is None or leaf.kind is None or leaf.kind == wanted:
        return
    raise InvalidInputError(
        f"Attribute {leaf.attribute!r} holds {KIND_WORDS[kind]} and cannot be asked for {leaf}."
    )
