"""Checks of arguments, done once at the public border; what is behind it trusts its input.

Each returns the value in the one form that the engine works with, and never writes into the
caller's array: an array that already has that form is passed on, not copied.
"""

import operator
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.errors import InvalidInputError

RandomState = int | np.random.Generator | None

_BLOCK_ROWS = 8192
_MOST_RESULTS = 2**31 - 1


def as_array(value: Any, name: str) -> NDArray[Any]:
    """Return value as an array of any shape and dtype, without a copy where it is one.

    Raises:
        InvalidInputError: rows of several lengths, or masked values, which an array cannot hold.
    """
    if np.ma.is_masked(value):
        raise InvalidInputError(f"{name} must have no masked values.")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InvalidInputError(f"{name} must be an array with rows of one length.") from error


def check_vectors(
    x: ArrayLike, *, name: str = "x", dim: int | None = None, min_rows: int = 0
) -> NDArray[np.float32]:
    """Return x as (n, dim) float32 in C order. Read-only arrays and memory maps stay as they are.

    Args:
        x: real numbers, two dimensions.
        dim: the number of columns that is required; None takes any but 0.

    Raises:
        InvalidInputError: not two-dimensional, not numeric, not finite (also after the
            conversion to float32), another dim, fewer rows than min_rows.
    """
    array = as_array(x, name)
    if array.dtype.kind not in "fiub":
        raise InvalidInputError(f"{name} must hold real numbers, got dtype {array.dtype}.")
    if array.ndim != 2:
        raise InvalidInputError(f"{name} must be (n, dim), got shape {array.shape}.{_hint(array)}")
    _check_shape(array.shape, name, dim, min_rows)
    with np.errstate(over="ignore"):
        vectors = np.ascontiguousarray(array, dtype=np.float32)
    _check_finite(vectors, name)
    return _aligned(vectors)


def check_ids(
    ids: ArrayLike, *, n: int | None = None, name: str = "ids", unique: bool = True
) -> NDArray[np.int64]:
    """Return ids as (n,) int64.

    Args:
        n: how many there must be; None takes any number.
        unique: refuse an id that comes twice.

    Raises:
        InvalidInputError: not one-dimensional, not whole numbers, negative (-1 is the padding of
            results), another length than n, or not unique.
    """
    array = as_array(ids, name)
    if array.ndim != 1:
        raise InvalidInputError(f"{name} must be one-dimensional, got shape {array.shape}.")
    if array.dtype.kind not in "iu" and array.size:
        raise InvalidInputError(f"{name} must be whole numbers, got dtype {array.dtype}.")
    if n is not None and len(array) != n:
        raise InvalidInputError(f"{name} must hold one id a row: {n} rows, {len(array)} ids.")
    if array.dtype == np.uint64 and (array > np.iinfo(np.int64).max).any():
        raise InvalidInputError(f"{name} must fit into int64, got {array.max()}.")
    out = np.ascontiguousarray(array, dtype=np.int64)
    if (out < 0).any():
        raise InvalidInputError(f"{name} must be 0 or more, got {out.min()}.")
    if unique:
        _check_unique(out, name)
    return _aligned(out)


def check_row_groups(pairs: ArrayLike, *, n_rows: int, width: int = 2) -> NDArray[np.int64]:
    """Return groups of rows, (n, width), as pairs that name two rows each; n may be 0.

    Raises:
        InvalidInputError: not (n, width) whole numbers, or one names no row from 0 to n_rows - 1.
    """
    rows = as_array(pairs, "pairs")
    if rows.size == 0:
        return np.zeros((0, width), dtype=np.int64)
    if rows.ndim != 2 or rows.shape[1] != width or rows.dtype.kind not in "iu":
        raise InvalidInputError(f"pairs must be (n, {width}) whole numbers, got {rows.shape}.")
    if rows.min() < 0 or rows.max() >= n_rows:
        raise InvalidInputError(f"pairs must name rows from 0 to {n_rows - 1}.")
    return rows.astype(np.int64)


def check_count(value: Any, *, name: str, minimum: int = 1, maximum: int | None = None) -> int:
    """Return a whole number between minimum and maximum, both included.

    Raises:
        InvalidInputError: not a whole number (True and 3.0 are not), or out of range.
    """
    number: int = value if type(value) is int else _whole(value, name)
    if number < minimum or (maximum is not None and number > maximum):
        upper = "" if maximum is None else f" and at most {maximum}"
        raise InvalidInputError(f"{name} must be at least {minimum}{upper}, got {number}.")
    return number


def _whole(value: Any, name: str) -> int:
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise InvalidInputError(f"{name} must be a whole number, got {value!r}.") from None


def check_k(k: Any) -> int:
    """Return k, the number of results, as an int of 1 to 2^31 - 1. It may exceed what is there."""
    return check_count(k, name="k", maximum=_MOST_RESULTS)


def check_choice(value: Any, choices: Collection[str], *, name: str) -> str:
    """Return value if it is one of choices.

    Raises:
        InvalidInputError: it is not; the message lists them.
    """
    if not isinstance(value, str) or value not in choices:
        raise InvalidInputError(f"{name} must be one of {', '.join(choices)}, got {value!r}.")
    return value


def check_rng(random_state: RandomState) -> np.random.Generator:
    """Return a Generator: the one given, or a new one from the seed (None: from the system).

    Raises:
        InvalidInputError: neither a seed of 0 or more, nor a Generator, nor None.
    """
    if isinstance(random_state, np.random.Generator):
        return random_state
    if random_state is None:
        return np.random.default_rng()
    return np.random.default_rng(check_count(random_state, name="random_state", minimum=0))


def check_texts(texts: Iterable[str], *, name: str = "texts") -> list[str]:
    """Return texts as a list of str.

    Raises:
        InvalidInputError: one str instead of a list of them, or an item that is not a str.
    """
    if isinstance(texts, str | bytes):
        raise InvalidInputError(f"{name} must be a list of strings; put one string into a list.")
    try:
        items = list(texts)
    except TypeError:
        kind = type(texts).__name__
        raise InvalidInputError(f"{name} must be a list of strings, got {kind}.") from None
    for position, item in enumerate(items):
        if not isinstance(item, str):
            kind = type(item).__name__
            raise InvalidInputError(f"{name}[{position}] must be a string, got {kind}.")
    return items


def _aligned(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array that native code may read; one cut out of bytes may begin anywhere."""
    return array if array.flags.aligned else array.copy()


def _hint(array: NDArray[Any]) -> str:
    return " Put one vector into a list." if array.ndim == 1 and array.size else ""


def _check_shape(shape: tuple[int, ...], name: str, dim: int | None, min_rows: int) -> None:
    n, columns = shape
    if dim is not None and columns != dim:
        raise InvalidInputError(f"{name} must have {dim} columns, got {columns}.")
    if columns == 0:
        raise InvalidInputError(f"{name} must have at least one column, got shape {shape}.")
    if n < min_rows:
        raise InvalidInputError(f"{name} must have at least {min_rows} rows, got {n}.")


def _check_finite(vectors: NDArray[np.float32], name: str) -> None:
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = vectors[start : start + _BLOCK_ROWS]
        with np.errstate(invalid="ignore", over="ignore"):
            total = block.sum()
        # A finite sum has finite terms; an infinite one may also come from large finite terms.
        if not np.isfinite(total) and not (good := np.isfinite(block).all(axis=1)).all():
            row = start + int(np.argmin(good))
            raise InvalidInputError(f"{name} must be finite in float32; row {row} is not.")


def _check_unique(ids: NDArray[np.int64], name: str) -> None:
    ordered = np.sort(ids)
    same = ordered[1:] == ordered[:-1]
    if same.any():
        raise InvalidInputError(f"{name} must be unique, {ordered[1:][same][0]} comes twice.")
