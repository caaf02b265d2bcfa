"""A year's days, weeks and months, each with the number of its papers."""

from calendar import Calendar as Weeks
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from broadsheet.model.period import Period, period_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A year with the number of its papers."""

    year: int
    papers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the calendar with the number of its papers; None fills the days of other months."""

    date: date
    papers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A row of a month: its ISO week, seven places from Monday, and whether any has papers."""

    period: Period
    days: tuple[Day | None, ...]
    papers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month. `papers` counts those, too, of which no more than the month is known."""

    period: Period
    papers: int
    weeks: tuple[Week, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """All years that have papers, newest first, and the twelve months of one of them."""

    year: int
    years: tuple[Year, ...]
    months: tuple[Month, ...]


def draw_months(
    year: int, papers_of: Mapping[str, int], totals: Sequence[int]
) -> tuple[Month, ...]:
    """Return the months of a year.

    Args:
        papers_of: whole days (`YYYY-MM-DD`) with their numbers of papers.
        totals: each month's number of papers, those without a day included.
    """
    return tuple(
        Month(
            period=period_of(date(year, month, 1), "month"),
            papers=totals[month - 1],
            weeks=tuple(
                _week(days, month, papers_of) for days in Weeks().monthdatescalendar(year, month)
            ),
        )
        for month in range(1, 13)
    )


def _week(days: Sequence[date], month: int, papers_of: Mapping[str, int]) -> Week:
    row = tuple(
        Day(date=day, papers=papers_of.get(day.isoformat(), 0)) if day.month == month else None
        for day in days
    )
    return Week(
        period=period_of(days[0], "week"),
        days=row,
        papers=sum(day.papers for day in row if day),
    )
