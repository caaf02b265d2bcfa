"""The values that attributes hold and predicates compare, brought to one form and one kind."""

import datetime
import math
from typing import Any, Literal, TypeAlias

import numpy as np

from typecase.base.errors import InvalidInputError

Scalar: TypeAlias = bool | int | float | str | datetime.date
Kind = Literal["bool", "number", "str", "date"]

INT64_MIN = -(2**63) + 1
"""The lowest int64 stands for no value, as in datetime64."""
INT64_MAX = 2**63 - 1


def as_scalar(value: Any, *, name: str) -> Scalar:
    """Return a value in the one form that equal values share: 2020.0 becomes 2020.

    Args:
        name: of the attribute, for the error.

    Raises:
        InvalidInputError: None, NaN, an infinity, an int beyond int64, a time of day, or
            something else that is no bool, number, string or date.
    """
    if isinstance(value, np.datetime64):
        value = _whole_day(value, name)
    elif isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return _float(value, name)
    if isinstance(value, bool) or (isinstance(value, int) and INT64_MIN <= value <= INT64_MAX):
        return value
    if isinstance(value, str):
        return check_text(str(value), name)
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    hint = " is_present() asks whether there is one." if value is None else ""
    got = f"got {value!r:.80}.{hint}"
    raise InvalidInputError(
        f"{name} takes a bool, an int64, a finite float, a string or a date, {got}"
    )


def kind_of(scalar: Scalar) -> Kind:
    """Return the kind of what `as_scalar` returned."""
    if isinstance(scalar, bool):
        return "bool"
    if isinstance(scalar, int | float):
        return "number"
    return "str" if isinstance(scalar, str) else "date"


def day_number(day: datetime.date) -> int:
    """Return the days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def check_text(text: str, name: str) -> str:
    """Return text that UTF-8 can hold.

    Raises:
        InvalidInputError: it holds half of a surrogate pair.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInputError(f"{name} must be text that UTF-8 holds, got {text!r}.") from None
    return text


def as_json(scalar: Scalar) -> Any:
    """Return a scalar as what JSON can hold."""
    return {"date": scalar.isoformat()} if isinstance(scalar, datetime.date) else scalar


def from_json(value: Any) -> Any:
    """Return what `as_json` was given.

    Raises:
        InvalidInputError: a date that is none.
    """
    if not isinstance(value, dict):
        return value
    try:
        return datetime.date.fromisoformat(value["date"])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"This is no date: {str(value)[:80]}.") from error


def show(scalar: Scalar | None) -> str:
    """Return a scalar as a person reads it."""
    return scalar.isoformat() if isinstance(scalar, datetime.date) else repr(scalar)


_EPOCH = datetime.date(1970, 1, 1).toordinal()


def _float(value: float, name: str) -> Scalar:
    if not math.isfinite(value):
        raise InvalidInputError(f"{name} takes finite numbers, got {value}.")
    is_int64 = value.is_integer() and INT64_MIN <= value <= INT64_MAX
    return int(value) if is_int64 else value


def _whole_day(value: np.datetime64, name: str) -> datetime.date:
    day = value.astype("datetime64[D]")
    if np.isnat(value) or day != value or not isinstance(day.item(), datetime.date):
        raise InvalidInputError(f"{name} takes whole days of the years 1 to 9999, got {value}.")
    found: datetime.date = day.item()
    return found
