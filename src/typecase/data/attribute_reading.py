"""One column as it was given, brought to arrays: what kind of values, which rows have none.

A column is given as an array, as a list with None where a row has no value, or, with several
values a row, as a list of lists or as `Lists`.
"""

import datetime
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.errors import InvalidInputError
from typecase.data.scalars import INT64_MAX, INT64_MIN, as_scalar

ColumnKind = Literal["int", "float", "bool", "date", "str", "ints", "strs", "lists", "missing"]
"""What a column holds; "lists" and "missing" until a value says more."""

KIND_WORDS: dict[ColumnKind, str] = {
    "int": "whole numbers",
    "float": "numbers",
    "bool": "booleans",
    "date": "dates",
    "str": "strings",
    "ints": "lists of whole numbers",
    "strs": "lists of strings",
    "lists": "lists",
    "missing": "nothing yet",
}

_EXACT_FLOAT = 2**53
_FIRST_DAY = datetime.date.min.toordinal() - datetime.date(1970, 1, 1).toordinal()
_LAST_DAY = datetime.date.max.toordinal() - datetime.date(1970, 1, 1).toordinal()


class Lists(NamedTuple):
    """Several values a row, without a Python list a row; a row may have none."""

    flat: ArrayLike | Sequence[str]
    """(total,) strings or whole numbers."""
    offsets: ArrayLike
    """(n + 1,): row r has flat[offsets[r]:offsets[r + 1]]."""


Column = ArrayLike | Sequence[Any] | Lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The values of n rows."""

    kind: ColumnKind
    n_rows: int
    values: Any
    """(n,) int64 for int, bool and date (days since 1970), float64 for float, a list for str with
    anything where missing; for lists (total,) of their values."""
    missing: NDArray[np.bool_] | None
    """(n,), or None when every row has a value."""
    rows: NDArray[np.int64] | None = None
    """(total,) the row of each value, for lists."""


def read_column(values: Any, *, name: str, n_rows: int) -> Given:
    """Return what a column holds.

    Raises:
        InvalidInputError: another length than n_rows, values of several types or of none that an
            attribute can have, NaN (None says that there is no value), ints beyond int64, a time
            of day, text that UTF-8 does not hold.
    """
    label = f"Attribute {name!r}"
    if isinstance(values, Lists):
        return _read_flat(values, label, n_rows)
    items = _items(values, label)
    if len(items) != n_rows:
        raise InvalidInputError(f"{label} must have one value a row: {n_rows}, got {len(items)}.")
    if isinstance(items, np.ndarray):
        return _read_array(items, label)
    return _read_list(items, label)


def _items(values: Any, label: str) -> NDArray[Any] | list[Any]:
    """Return an array of numbers or days, or a list of anything."""
    if isinstance(values, np.ma.MaskedArray):
        values = values.tolist()
    if isinstance(values, list):
        return values
    if isinstance(values, str | bytes | dict) or not isinstance(values, Iterable):
        raise InvalidInputError(f"{label} must be a list or an array, got {values!r:.60}.")
    array = np.asarray(values) if hasattr(values, "__array__") else None
    if array is None:
        return list(values)
    if array.ndim != 1:
        raise InvalidInputError(f"{label} must be one-dimensional, got shape {array.shape}.")
    listed: list[Any] = array.tolist() if array.dtype.kind in "OUT" else []
    return listed if array.dtype.kind in "OUT" else array


def _read_array(array: NDArray[Any], label: str) -> Given:
    kind = array.dtype.kind
    if kind == "b":
        return Given(kind="bool", n_rows=len(array), values=array.astype(np.int64), missing=None)
    if kind in "iu":
        return Given(kind="int", n_rows=len(array), values=_int64(array, label), missing=None)
    if kind == "f":
        return Given(kind="float", n_rows=len(array), values=_float64(array, label), missing=None)
    if kind == "M":
        return _read_days(array, label)
    raise InvalidInputError(f"{label} cannot hold values of dtype {array.dtype}.")


def _read_list(items: list[Any], label: str) -> Given:
    found = set(map(type, items))
    types = found - {type(None)}
    families = sorted({_family(cls) for cls in types})
    if families == ["float", "int"]:
        families = ["float"]
    if len(families) > 1 or families == ["other"]:
        _refuse_types(items, label)
    missing = _missing(items) if found != types else None
    if not families:
        return Given(kind="missing", n_rows=len(items), values=None, missing=missing)
    return _READERS[families[0]](items, types, missing, label)


def _read_bools(items: list[Any], _: set[type], missing: Any, label: str) -> Given:
    values = np.array([bool(v) for v in items], dtype=np.int64)
    return Given(kind="bool", n_rows=len(values), values=values, missing=missing)


def _read_ints(items: list[Any], _: set[type], missing: Any, label: str) -> Given:
    values = _int64([0 if v is None else int(v) for v in items], label)
    return Given(kind="int", n_rows=len(values), values=values, missing=missing)


def _read_floats(items: list[Any], types: set[type], missing: Any, label: str) -> Given:
    if any(_family(cls) == "int" for cls in types):
        check_exact((int(v) for v in items if isinstance(v, int | np.integer)), label)
    values = np.array([0.0 if v is None else v for v in items], dtype=np.float64)
    return Given(kind="float", n_rows=len(values), values=_float64(values, label), missing=missing)


def _read_strings(items: list[Any], _: set[type], missing: Any, label: str) -> Given:
    return Given(kind="str", n_rows=len(items), values=items, missing=missing)


def _read_dates(items: list[Any], types: set[type], missing: Any, label: str) -> Given:
    if types == {datetime.date}:
        return _read_days(np.array(items, dtype="datetime64[D]"), label)
    days = [None if _is_nat(v) else as_scalar(v, name=label) for v in items]
    return _read_days(np.array(days, dtype="datetime64[D]"), label)


def _read_lists(items: list[Any], types: set[type], missing: Any, label: str) -> Given:
    if np.ndarray in types:
        if any(isinstance(row, np.ndarray) and row.ndim != 1 for row in items):
            raise InvalidInputError(f"{label} must hold one-dimensional lists.")
        items = [row.tolist() if isinstance(row, np.ndarray) else row for row in items]
    present = [() if row is None else row for row in items]
    counts = np.fromiter(map(len, present), np.int64, len(present))
    flat = list(itertools.chain.from_iterable(present))
    kind, values = _flat_values(flat, label)
    return Given(kind=kind, n_rows=len(items), values=values, missing=missing, rows=_rows(counts))


def _read_flat(given: Lists, label: str, n_rows: int) -> Given:
    offsets = np.asarray(given.offsets)
    if offsets.shape != (n_rows + 1,) or offsets.dtype.kind not in "iu":
        raise InvalidInputError(
            f"{label} must have {n_rows + 1} whole offsets, got {offsets.dtype} {offsets.shape}."
        )
    offsets = offsets.astype(np.int64)
    flat = _items(given.flat, label)
    counts = np.diff(offsets)
    if offsets[0] != 0 or offsets[-1] != len(flat) or (counts < 0).any():
        raise InvalidInputError(f"{label} must have offsets that rise from 0 to {len(flat)}.")
    kind, values = _flat_values(flat, label)
    return Given(kind=kind, n_rows=n_rows, values=values, missing=None, rows=_rows(counts))


def _flat_values(flat: NDArray[Any] | list[Any], label: str) -> tuple[ColumnKind, Any]:
    if not len(flat):
        return "lists", np.empty(0, dtype=np.int64)
    label = f"{label}, in its lists,"
    given = _read_array(flat, label) if isinstance(flat, np.ndarray) else _read_list(flat, label)
    if given.missing is not None or given.kind not in ("int", "str"):
        held = "None" if given.missing is not None else KIND_WORDS[given.kind]
        raise InvalidInputError(f"{label} must hold strings or whole numbers, got {held}.")
    return ("ints" if given.kind == "int" else "strs"), given.values


def _read_days(array: NDArray[Any], label: str) -> Given:
    days = array.astype("datetime64[D]")
    missing = np.isnat(array)
    if ((days != array) & ~missing).any():
        raise InvalidInputError(
            f"{label} must hold whole days. Times of day go in as whole numbers, such as seconds."
        )
    values = np.where(missing, 0, days.astype(np.int64))
    if len(values) and not _FIRST_DAY <= values.min() <= values.max() <= _LAST_DAY:
        raise InvalidInputError(f"{label} must hold days of the years 1 to 9999.")
    if missing.all():
        return Given(kind="date", n_rows=len(values), values=values, missing=missing)
    return Given(
        kind="date", n_rows=len(values), values=values, missing=missing if missing.any() else None
    )


def _int64(values: Any, label: str) -> NDArray[np.int64]:
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "iu" and array.size:
            raise OverflowError
        if array.size and not INT64_MIN <= int(array.min()) <= int(array.max()) <= INT64_MAX:
            raise OverflowError
    except OverflowError:
        raise InvalidInputError(
            f"{label} must hold whole numbers from {INT64_MIN} to {INT64_MAX}."
        ) from None
    return array.astype(np.int64)


def _float64(values: NDArray[Any], label: str) -> NDArray[np.float64]:
    out = values.astype(np.float64)
    if np.isnan(out).any():
        row = int(np.argmax(np.isnan(out)))
        raise InvalidInputError(f"{label} must not hold NaN, row {row} does. None is no value.")
    return out


def check_exact(values: Iterable[int], label: str) -> None:
    """Refuse whole numbers that a column of floats would change."""
    for value in values:
        if abs(value) > _EXACT_FLOAT and (abs(value) > INT64_MAX or int(float(value)) != value):
            raise InvalidInputError(f"{label} holds floats, which cannot hold {value} exactly.")


def _missing(items: list[Any]) -> NDArray[np.bool_]:
    return np.fromiter((item is None for item in items), np.bool_, len(items))


def _is_nat(value: Any) -> bool:
    return value is None or (isinstance(value, np.datetime64) and bool(np.isnat(value)))


def _rows(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts)


def _family(cls: type) -> str:
    for parents, family in _FAMILIES:
        if issubclass(cls, parents):
            return family
    return "other"


def _refuse_types(items: list[Any], label: str) -> NoReturn:
    first = None
    for row, item in enumerate(items):
        family, held = _family(type(item)), type(item).__name__
        family = "numbers" if family in ("int", "float") else family
        if item is not None and family == "other":
            raise InvalidInputError(f"{label} cannot hold {held}, as in row {row}.")
        if item is not None and family != (first or family):
            raise InvalidInputError(
                f"{label} must hold one type, rows before {row} hold {first}, that one {held}."
            )
        first = first if item is None else family
    raise AssertionError("unreachable")


_FAMILIES: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool, np.bool_), "bool"),
    ((np.timedelta64, datetime.datetime), "other"),
    ((int, np.integer), "int"),
    ((float, np.floating), "float"),
    ((str,), "str"),
    ((datetime.date, np.datetime64), "date"),
    ((list, tuple, set, frozenset, np.ndarray), "lists"),
)
_READERS = {
    "bool": _read_bools,
    "int": _read_ints,
    "float": _read_floats,
    "str": _read_strings,
    "date": _read_dates,
    "lists": _read_lists,
}
