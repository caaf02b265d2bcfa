"""What a search may return, compiled to one boolean a row before the search.

`filter=` of a search takes one of four things, told apart by type:

- an integer array: the ids that may be returned (unknown ones are not an error);
- a boolean array: one value for each of `index.ids`, in that order;
- `IdMask(allowed)`: a boolean array indexed by id, for ids that are dense small numbers;
- a `Predicate` over the attributes that the index was fitted with, such as
  `Attribute("year").between(2020, 2024)`; see `typecase.data.predicates`.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import as_array, check_ids
from typecase.base.errors import InvalidInputError
from typecase.data.attributes import AttributeTable
from typecase.data.bitmaps import unpack
from typecase.data.id_table import IdTable
from typecase.data.predicates import Predicate


@dataclass(frozen=True, slots=True)
class IdMask:
    """Allow the ids at which `allowed` is true. An id past its end is not allowed.

    Attribute columns over ids 0..N give it with one comparison, whatever the index holds by now:
    a row that was added after the mask was made is left out, not refused.

    An index may keep what it has made of a mask for as long as this object is there: when other
    ids are to be allowed, make another IdMask instead of writing to `allowed`.
    """

    allowed: NDArray[np.bool_]


Filter: TypeAlias = ArrayLike | IdMask | Predicate


def allowed_rows(
    chosen: Filter, table: IdTable, attributes: AttributeTable | None = None
) -> NDArray[np.bool_]:
    """Return which rows may be returned, (n,) bool, new memory.

    Args:
        table: the ids of the rows, and which of them live.
        attributes: of the same rows; None when there are none.

    Raises:
        InvalidInputError: neither an IdMask, a Predicate nor a one-dimensional array of booleans
            or whole numbers, a boolean array of another length than the live rows, or a
            predicate that does not fit the attributes.
    """
    if isinstance(chosen, Predicate):
        return _by_attributes(chosen, table, attributes)
    if isinstance(chosen, IdMask):
        return _by_id(chosen.allowed, table)
    array = as_array(chosen, "filter")
    if array.ndim != 1 or not (array.dtype.kind in "biu" or array.size == 0):
        raise InvalidInputError(
            "filter must be an IdMask, a predicate, or one-dimensional: ids, or one boolean a row; "
            f"got {array.dtype} {array.shape}."
        )
    if array.dtype.kind == "b":
        return _by_row(array, table)
    out = np.zeros(table.n_rows, dtype=bool)
    rows = table.find(check_ids(array, name="filter", unique=False))
    out[rows[rows >= 0]] = True
    return out


def _by_attributes(
    chosen: Predicate, table: IdTable, attributes: AttributeTable | None
) -> NDArray[np.bool_]:
    if attributes is None:
        raise InvalidInputError(
            f"The index has no attributes to filter by {chosen!s:.80}. Fit it with attributes=."
        )
    out = unpack(attributes.rows_where(chosen), len(attributes))
    return out if table.alive is None else out & table.alive.bools()


def _by_id(allowed: NDArray[np.bool_], table: IdTable) -> NDArray[np.bool_]:
    mask = as_array(allowed, "IdMask.allowed")
    if mask.dtype.kind != "b" or mask.ndim != 1:
        raise InvalidInputError(
            f"IdMask.allowed must be one-dimensional booleans, got {mask.dtype} {mask.shape}."
        )
    out = np.zeros(table.n_rows, dtype=bool)
    if len(mask) == 0:
        return out
    for start, run in table.placed():
        here = out[start : start + len(run)]
        mask.take(run.ids, mode="clip", out=here)
        if len(mask) <= int(run.ids.max()):
            here &= run.ids < len(mask)
    return out if table.alive is None else out & table.alive.bools()


def _by_row(mask: NDArray[np.bool_], table: IdTable) -> NDArray[np.bool_]:
    if len(mask) != len(table):
        raise InvalidInputError(
            f"filter must have one boolean for each of the {len(table)} rows, got {len(mask)}. "
            "For a mask indexed by id, use IdMask."
        )
    if table.alive is None:
        return mask.copy()
    out = np.zeros(table.n_rows, dtype=bool)
    out[np.flatnonzero(table.alive.bools())] = mask
    return out
