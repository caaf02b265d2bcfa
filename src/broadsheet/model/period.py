"""The span of an edition: a day, an ISO week, a month or a year, and its address."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from broadsheet.model.errors import QueryError

Kind = Literal["day", "week", "month", "year"]
_FORMS = {
    "day": re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z"),
    "week": re.compile(r"(\d{4})[/-]W(\d{2})\Z"),
    "month": re.compile(r"(\d{4})-(\d{2})\Z"),
    "year": re.compile(r"(\d{4})\Z"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the first to the last day, both included."""

    kind: Kind
    first: date
    last: date

    @property
    def address(self) -> str:
        """What stands in the page's address: `2026-11-20`, `2026/W47`, `2026-11`, `2026`."""
        if self.kind == "week":
            year, week, _ = self.first.isocalendar()
            return f"{year:04d}/W{week:02d}"
        return self.first.isoformat()[: {"day": 10, "month": 7, "year": 4}[self.kind]]

    @property
    def bounds(self) -> tuple[str, str]:
        """The partial dates that bound it, for a filter's `since` and `until`."""
        if self.kind == "week":
            return self.first.isoformat(), self.last.isoformat()
        return self.address, self.address

    def shifted(self, steps: int) -> "Period":
        """The period of the same kind that many steps later (earlier when negative)."""
        day = self.first
        if self.kind == "day":
            return period_of(day + timedelta(days=steps), "day")
        if self.kind == "week":
            return period_of(day + timedelta(weeks=steps), "week")
        months = day.year * 12 + day.month - 1 + steps * (12 if self.kind == "year" else 1)
        return period_of(date(months // 12, months % 12 + 1, 1), self.kind)


def period_of(day: date, kind: Kind) -> Period:
    """Return the period of that kind that holds the day."""
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        return Period(kind=kind, first=first, last=first + timedelta(days=6))
    if kind == "month":
        first = day.replace(day=1)
        return Period(kind=kind, first=first, last=_month_end(first))
    if kind == "year":
        return Period(kind=kind, first=date(day.year, 1, 1), last=date(day.year, 12, 31))
    return Period(kind=kind, first=day, last=day)


def parse_period(text: str) -> Period:
    """Return the period of an address, as `2026-11-20`, `2026/W47`, `2026-W47`, `2026-11`, `2026`.

    Raises:
        QueryError: text has no such form, or names a day that does not exist.
    """
    for kind, form in _FORMS.items():
        match = form.match(text)
        if match is None:
            continue
        parts = [int(part) for part in match.groups()]
        try:
            if kind == "week":
                return period_of(date.fromisocalendar(parts[0], parts[1], 1), "week")
            return period_of(date(*[*parts, 1, 1][:3]), kind)  # type: ignore[arg-type]
        except (ValueError, OverflowError) as e:
            raise QueryError(f"{text!r} is not in the calendar.") from e
    raise QueryError(f"{text[:40]!r} is not a day, week, month or year. Write it as 2026-11-20.")


def _month_end(first: date) -> date:
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return following - timedelta(days=1)
