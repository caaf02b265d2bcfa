"""The rows of an index: vectors, their ids, and which of them live. Immutable; changes are copies
of everything but the vectors."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.data.id_table import IdTable
from typecase.data.rows import Rows

MAX_NORM = 1e18
"""Two such vectors have a product that float32 still holds."""

NORM_FLOOR = 1e-12

_BLOCK_ROWS = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorTable:
    """n rows, removed ones among them until the table is built anew."""

    x: Rows
    ids: NDArray[np.int64]
    """(n,); an id may stand twice when its older row is removed."""
    lookup: IdTable
    """The live ids."""
    alive: NDArray[np.bool_] | None
    """(n,), or None when no row was removed."""
    inverse_norms: NDArray[np.float32] | None
    """(n,), for cosine, of norms floored at 1e-12; None for the plain product."""
    row_norm: float
    """At least the norm of every row, as the metric sees it."""

    @classmethod
    def of(cls, x: Rows, ids: NDArray[np.int64], *, cosine: bool) -> Self:
        """Return the table of checked vectors and unique ids.

        Raises:
            InvalidInputError: a vector is longer than MAX_NORM.
        """
        norms = _norms(x)
        return cls(
            x=x,
            ids=ids,
            lookup=IdTable.of(ids, np.arange(len(ids))),
            alive=None,
            inverse_norms=_inverse(norms) if cosine else None,
            row_norm=1.0 if cosine else float(norms.max(initial=0.0)),
        )

    def with_rows(self, x: Rows, ids: NDArray[np.int64]) -> Self:
        """Return the table with rows behind, none of whose ids lives.

        Raises:
            InvalidInputError: a vector is longer than MAX_NORM.
        """
        new = self.of(x, ids, cosine=self.inverse_norms is not None)
        alive = self.alive
        if alive is not None:
            alive = np.concatenate([alive, np.ones(len(ids), dtype=bool)])
        inverse = self.inverse_norms
        if inverse is not None and new.inverse_norms is not None:
            inverse = np.concatenate([inverse, new.inverse_norms])
        return replace(
            self,
            x=self.x.joined(x),
            ids=np.concatenate([self.ids, ids]),
            lookup=self.lookup.with_ids(ids, len(self.ids) + np.arange(len(ids))),
            alive=alive,
            inverse_norms=inverse,
            row_norm=max(self.row_norm, new.row_norm),
        )

    def without(self, ids: NDArray[np.int64]) -> Self:
        """Return the table with the rows of some live ids marked as removed."""
        if not len(ids):
            return self
        alive = np.ones(len(self.ids), dtype=bool) if self.alive is None else self.alive.copy()
        alive[self.lookup.find(ids)] = False
        return replace(self, alive=alive, lookup=self.lookup.without_ids(ids))

    def to_arrays(self) -> dict[str, Any]:
        """Return everything as arrays and numbers, by name; vectors as one array a piece."""
        arrays: dict[str, Any] = {"dim_": self.x.dim, "ids_": self.ids, "row_norm_": self.row_norm}
        if self.alive is not None:
            arrays["alive_"] = self.alive
        if self.inverse_norms is not None:
            arrays["inverse_norms_"] = self.inverse_norms
        return arrays | {f"x_{i}_": piece for i, piece in enumerate(self.x.pieces)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self:
        """Take back what `to_arrays` gave. Vectors may be memory maps."""
        pieces = [piece for i in range(len(arrays)) if (piece := arrays.get(f"x_{i}_")) is not None]
        ids, alive = np.asarray(arrays["ids_"]), arrays.get("alive_")
        live = np.arange(len(ids)) if alive is None else np.flatnonzero(alive)
        return cls(
            x=Rows(pieces, dim=arrays["dim_"]),
            ids=ids,
            lookup=IdTable.of(ids[live], live),
            alive=alive,
            inverse_norms=arrays.get("inverse_norms_"),
            row_norm=arrays["row_norm_"],
        )


def check_norms(x: NDArray[np.float32], *, name: str) -> NDArray[np.float64]:
    """Return the norms of the rows of x, (n,).

    Raises:
        InvalidInputError: one is longer than MAX_NORM.
    """
    wide = x.astype(np.float64)
    norms: NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", wide, wide))
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
    return inverse
