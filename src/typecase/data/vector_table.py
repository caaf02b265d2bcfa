"""The rows of an index: vectors, their ids, and which of them live. Immutable; a change makes a new
table that shares what has not changed, so that adding to millions costs what is added."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.data.attributes import AttributeTable, Columns, with_new_rows
from typecase.data.growing import Growing
from typecase.data.id_table import IdRun, IdTable
from typecase.data.row_bits import RowBits
from typecase.data.rows import Rows
from typecase.kernels.inner_product import NORM_FLOOR, UNIT_SLACK, is_unit, row_norms

MAX_NORM = 1e18
"""Two such vectors have a product that float32 still holds."""

_BLOCK_ROWS = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorTable:
    """n rows, removed ones among them until the table is built anew."""

    x: Rows
    lookup: IdTable
    """The ids of the rows, and which of them live."""
    cosine: bool
    """Whether the metric is cosine; else it is the plain product."""
    norms: Growing[np.float32] | None
    """What `inverse_norms` gives."""
    row_norm: float
    """At least the norm of every row, as the metric sees it."""
    attributes: AttributeTable | None = None
    """Of the same rows, removed ones included."""

    @classmethod
    def of(
        cls,
        x: Rows,
        ids: NDArray[np.int64],
        *,
        cosine: bool,
        attributes: AttributeTable | None = None,
    ) -> Self:
        """Return the table of checked vectors, unique ids and attributes.

        Raises:
            InvalidInputError: a vector is longer than MAX_NORM.
        """
        table = cls.of_lookup(x, IdTable.of(ids), cosine=cosine)
        return table if attributes is None else replace(table, attributes=attributes)

    @classmethod
    def of_lookup(
        cls,
        x: Rows,
        lookup: IdTable,
        *,
        cosine: bool,
        norm_range: tuple[float, float] | None = None,
    ) -> Self:
        """Return the table of checked vectors and their ids, dead rows among them.

        Args:
            norm_range: the smallest and the largest norm of a row; None finds out, which reads
                all rows, as do norms that differ from one for cosine.

        Raises:
            InvalidInputError: a vector is longer than MAX_NORM.
        """
        if norm_range is not None and norm_range[1] <= MAX_NORM:
            if not cosine:
                return cls(x=x, lookup=lookup, cosine=False, norms=None, row_norm=norm_range[1])
            if is_unit(np.array(norm_range)).all():
                return cls(x=x, lookup=lookup, cosine=True, norms=None, row_norm=_UNIT_NORM)
        norms = _norms(x)
        inverse = _inverse(norms) if cosine else None
        return cls(
            x=x,
            lookup=lookup,
            cosine=cosine,
            norms=None if inverse is None or (inverse == 1.0).all() else Growing(inverse),
            row_norm=_UNIT_NORM if cosine else float(norms.max(initial=0.0)),
        )

    def __len__(self) -> int:
        """The number of rows, removed ones included."""
        return len(self.x)

    @property
    def ids(self) -> NDArray[np.int64]:
        """(n,), put together where they lie in parts: `ids_at` costs less for some rows.

        An id may stand twice when its older row is removed.
        """
        return self.lookup.ids

    @property
    def alive(self) -> NDArray[np.bool_] | None:
        """(n,), unpacked from `lookup.alive`; None when no row was removed."""
        return None if self.lookup.alive is None else self.lookup.alive.bools()

    @property
    def inverse_norms(self) -> NDArray[np.float32] | None:
        """(n,), for cosine, of norms floored at 1e-12, and 1.0 for norms within 1e-6 of one.

        None for the plain product, and when all are 1.0: the rows are then used as they are.
        """
        return None if self.norms is None else self.norms.array

    def ids_at(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the ids of some rows, (m,)."""
        return self.lookup.ids_at(rows)

    def with_rows(self, x: Rows, ids: NDArray[np.int64], attributes: Columns | None = None) -> Self:
        """Return the table with rows behind, none of whose ids lives.

        Raises:
            InvalidInputError: a vector is longer than MAX_NORM, or as
                `typecase.data.attributes.with_new_rows`.
        """
        grown = with_new_rows(self.attributes, attributes, n_old=len(self), n_new=len(x))
        new = self.of(x, ids, cosine=self.cosine)
        norms = self.norms
        if norms is None and new.norms is not None:
            norms = Growing(np.ones(len(self), dtype=np.float32))
        if norms is not None:
            ones = np.ones(len(x), dtype=np.float32)
            norms = norms.with_rows(ones if new.norms is None else new.norms.array)
        return replace(
            self,
            x=self.x.joined(x),
            lookup=self.lookup.with_ids(ids),
            norms=norms,
            row_norm=max(self.row_norm, new.row_norm),
            attributes=grown,
        )

    def without(self, ids: NDArray[np.int64]) -> Self:
        """Return the table with the rows of some live ids marked as removed."""
        return replace(self, lookup=self.lookup.without_ids(ids)) if len(ids) else self

    def with_attributes(self, ids: NDArray[np.int64], columns: Columns) -> Self:
        """Return the table with other values of some unique ids.

        Raises:
            UnknownIdError: an id is not there.
            InvalidInputError: as `AttributeTable.with_values`.
        """
        old = self.attributes
        table = AttributeTable.without_columns(len(self)) if old is None else old
        return replace(self, attributes=table.with_values(self.lookup.known(ids), columns))

    def to_arrays(self) -> dict[str, Any]:
        """Return everything as arrays and numbers, by name; vectors as one array a piece."""
        run = IdRun.of(self.ids)
        arrays: dict[str, Any] = {"dim_": self.x.dim, "ids_": run.ids, "row_norm_": self.row_norm}
        arrays["cosine_"] = self.cosine
        if run.order is not None:
            arrays["ids_order_"] = run.order
        if self.lookup.alive is not None:
            arrays["alive_bits_"] = self.lookup.alive.packed()
        if self.inverse_norms is not None:
            arrays["inverse_norms_"] = self.inverse_norms
        if self.attributes is not None:
            arrays |= self.attributes.to_arrays()
        return arrays | {f"x_{i}_": piece for i, piece in enumerate(self.x.pieces)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self:
        """Take back what `to_arrays` gave, now or in version 0.1. Arrays may be memory maps."""
        pieces = [piece for i in range(len(arrays)) if (piece := arrays.get(f"x_{i}_")) is not None]
        ids, inverse = np.asarray(arrays["ids_"]), arrays.get("inverse_norms_")
        order = arrays.get("ids_order_")
        run = IdRun.of(ids) if order is None else IdRun.sorted_by(ids, np.asarray(order))
        return cls(
            x=Rows(pieces, dim=arrays["dim_"]),
            lookup=IdTable((run,) if len(ids) else (), _alive_from(arrays, len(ids))),
            cosine=arrays.get("cosine_", inverse is not None),
            norms=None if inverse is None else Growing(np.asarray(inverse)),
            row_norm=arrays["row_norm_"],
            attributes=AttributeTable.from_arrays(arrays),
        )


_UNIT_NORM = 1.0 + 2 * UNIT_SLACK


def check_norms(x: NDArray[np.float32], *, name: str) -> NDArray[np.float64]:
    """Return the norms of the rows of x, (n,).

    Raises:
        InvalidInputError: one is longer than MAX_NORM.
    """
    norms = row_norms(x)
    if (norms > MAX_NORM).any():
        raise InvalidInputError(f"{name} must be no longer than {MAX_NORM:g}, got {norms.max():g}.")
    return norms


def _norms(x: Rows) -> NDArray[np.float64]:
    norms = np.empty(len(x), dtype=np.float64)
    for first, block in x.blocks(_BLOCK_ROWS):
        norms[first : first + len(block)] = check_norms(block, name="x")
    return norms


def _inverse(norms: NDArray[np.float64]) -> NDArray[np.float32]:
    inverse: NDArray[np.float32] = (1.0 / np.maximum(norms, NORM_FLOOR)).astype(np.float32)
    inverse[is_unit(norms)] = 1.0
    return inverse


def _alive_from(arrays: dict[str, Any], n: int) -> RowBits | None:
    if (bits := arrays.get("alive_bits_")) is not None:
        return RowBits.from_packed(np.asarray(bits), n)
    if (alive := arrays.get("alive_")) is not None:  # version 0.1
        return RowBits.from_packed(np.packbits(np.asarray(alive), bitorder="little"), n)
    return None
