"""Dates as people write them: `June 12, 2017`, `2017/06//`, `12/2017`, `Sept. 5-8`."""

import re

from broadsheet.model.dates import check_date
from broadsheet.model.errors import InvalidValueError
from broadsheet.sources.fields import partial_date

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_LONGEST = 100
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_YEAR_FIRST = re.compile(r"\D{0,3}((?:1[5-9]|20)\d\d)[-/.](\d{1,2})(?!\d)(?:[-/.](\d{1,2})(?!\d))?")
_MONTH_AND_YEAR = re.compile(r"(\d{1,2})[-/.]((?:1[5-9]|20)\d\d)\Z")
_WORD = re.compile(r"[A-Za-z]{3,9}")
_DAY = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?(?!\w)")


def month_in(text: str) -> int | None:
    """Return the number of the first month that a text names, as a word or a number alone."""
    text = text[:_LONGEST].strip()
    if text.isascii() and text.isdigit() and len(text) <= 2:
        return int(text) if 1 <= int(text) <= 12 else None
    for word in _WORD.findall(text.lower()):
        for number, name in enumerate(MONTHS, 1):
            if name.startswith(word):
                return number
    return None


def free_date(text: str, name: str, latest: str) -> str | None:
    """Return the partial ISO date that a text names, as exact as it is sure; None for none.

    Raises:
        SourceError: it is later than `latest`.
    """
    text = text[:_LONGEST].strip()
    year = _YEAR.search(text)
    if year is None:
        return None
    ordered = _YEAR_FIRST.match(text)
    turned = _MONTH_AND_YEAR.match(text)
    if ordered:
        found = _exact(ordered[1], ordered[2], ordered[3])
    elif turned:
        found = _exact(turned[2], turned[1], None)
    else:
        month = month_in(text)
        day = _DAY.search(text) if month else None
        found = _exact(year[0], f"{month}" if month else None, day[1] if day else None)
    return partial_date(found, name, latest)


def _exact(year: str, month: str | None, day: str | None) -> str:
    """Return the most exact date of these parts that is in the calendar."""
    whole = [year, *(part.zfill(2) for part in (month, day) if part)]
    while len(whole) > 1:
        try:
            return check_date("-".join(whole))
        except InvalidValueError:
            whole.pop()
    return year
