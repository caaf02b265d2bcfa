"""Dates as a newspaper writes them, from partial dates and periods. English, no locale."""

from datetime import date

from broadsheet.model.period import Period
from broadsheet.services.notices import Reason

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_SILENCES: dict[Reason, str] = {
    "weekend": "arXiv announces nothing at weekends.",
    "holiday": "arXiv announced nothing: its evening before was a holiday.",
    "future": "That day has not come yet.",
}


def long_date(day: date) -> str:
    """`Monday, 12 June 2017`."""
    return f"{_DAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"


def plain_date(partial: str | None) -> str:
    """`12 June 2017`, `June 2017` or `2017`, as exact as the date is; empty for None."""
    if not partial:
        return ""
    year, month, day = ([*map(int, partial.split("-")), 0, 0])[:3]
    if not month:
        return str(year)
    name = f"{_MONTHS[month - 1]} {year}"
    return f"{day} {name}" if day else name


def period_line(period: Period) -> str:
    """The heading of an edition: `Monday, 12 June 2017`, `Week 24, 12–18 June 2017`."""
    if period.kind == "day":
        return long_date(period.first)
    if period.kind == "week":
        return f"Week {period.first.isocalendar().week}, {_span(period.first, period.last)}"
    return plain_date(period.address)


def silence_line(reason: Reason) -> str:
    """Why a day has no papers."""
    return _SILENCES[reason]


def month_name(period: Period) -> str:
    """`June`."""
    return _MONTHS[period.first.month - 1]


def _span(first: date, last: date) -> str:
    end = plain_date(last.isoformat())
    if first.month == last.month:
        return f"{first.day}–{end}"
    if first.year == last.year:
        return f"{first.day} {_MONTHS[first.month - 1]} – {end}"
    return f"{plain_date(first.isoformat())} – {end}"
