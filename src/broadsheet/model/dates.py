"""Dates as papers have them: a year, a month or a day, never more exact than the source.

A partial date is ISO text (`2021`, `2021-05`, `2021-05-03`); its number is `yyyymmdd` with zeros
for what is unknown, so that an inexact date sorts before the exact ones of its month.
"""

import re
from datetime import date

from broadsheet.model.errors import InvalidValueError

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z")
_OLDEST_YEAR = 1500


def check_date(text: str, *, name: str = "date") -> str:
    """Return text if it is `YYYY`, `YYYY-MM` or `YYYY-MM-DD` and exists in the calendar.

    Raises:
        InvalidValueError: it does not, or its year is before 1500.
    """
    match = _PARTIAL.match(text)
    if match is None:
        raise InvalidValueError(f"{name} must be YYYY, YYYY-MM or YYYY-MM-DD, got {text[:40]!r}.")
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        date(year, month, day)
    except ValueError as e:
        raise InvalidValueError(f"{name} {text!r} is not in the calendar.") from e
    if year < _OLDEST_YEAR:
        raise InvalidValueError(f"{name} {text!r} is before {_OLDEST_YEAR}.")
    return text


def first_number(text: str) -> int:
    """Return the smallest `yyyymmdd` that text covers: `2021-05` is 20210500."""
    return int(text.replace("-", "").ljust(8, "0"))


def last_number(text: str) -> int:
    """Return the largest `yyyymmdd` that text covers: `2021-05` is 20210599."""
    return int(text.replace("-", "").ljust(8, "9"))


def text_of(number: int) -> str:
    """Return the partial date of a number: 20210500 is `2021-05`."""
    year, month, day = number // 10000, number // 100 % 100, number % 100
    if month == 0:
        return f"{year:04d}"
    return f"{year:04d}-{month:02d}" if day == 0 else f"{year:04d}-{month:02d}-{day:02d}"
