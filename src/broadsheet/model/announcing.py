"""When arXiv announces: on which day a submission is listed.

Submissions until 14:00 in New York on a weekday are announced at 20:00 of that day and listed
under the next one; Friday's are announced on Sunday evening, and those of the weekend wait for
Monday's deadline. On a holiday nothing is announced: what waits goes into the next announcement.
Until 2016 the deadline was at 16:00.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Silence = Literal["weekend", "holiday"]
NEW_YORK = ZoneInfo("America/New_York")
_DEADLINE = time(14)
_OLD_DEADLINE = time(16)
_NEW_DEADLINE_SINCE = date(2017, 1, 1)
_THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY = 3, 4, 5, 6
_DECEMBER = 12


def listing_day(submitted: datetime, *, holidays: Collection[date] | None = None) -> date:
    """Return the day under which a submission is listed unless moderators hold it back.

    Args:
        submitted: aware; taken as UTC where it has no zone.
        holidays: evenings without an announcement; None for `is_holiday`.
    """
    moment = submitted.astimezone(UTC) if submitted.tzinfo else submitted
    deadline, in_time, late = listing_days(moment.date(), holidays=_frozen(holidays))
    return late if moment.time() > deadline else in_time


@lru_cache(maxsize=20_000)
def listing_days(day: date, *, holidays: frozenset[date] | None = None) -> tuple[time, date, date]:
    """Return the deadline of a day in UTC, and the days that list what is in time and what is late.

    Exactly at the deadline is in time. What comes in the first hours of a day in UTC comes in New
    York after the deadline of the day before, and so in time for this one's.
    """
    local = datetime.combine(day, _DEADLINE if day >= _NEW_DEADLINE_SINCE else _OLD_DEADLINE)
    deadline = local.replace(tzinfo=NEW_YORK).astimezone(UTC).time()
    following = day + timedelta(days=1)
    return deadline, _listed_after(day, holidays), _listed_after(following, holidays)


def is_announcing(evening: date, *, holidays: Collection[date] | None = None) -> bool:
    """Whether arXiv announces on the evening of a day."""
    if evening.weekday() in (_FRIDAY, _SATURDAY):
        return False
    return not is_holiday(evening) if holidays is None else evening not in holidays


def is_holiday(evening: date) -> bool:
    """Whether the evening is one of those that arXiv passes over in every year.

    Thanksgiving Day, Christmas Eve, Christmas Day and New Year's Eve. Others differ from year to
    year and can be given.
    """
    if evening.month == _DECEMBER:
        return evening.day in (24, 25, 31)
    is_fourth_thursday = evening.weekday() == _THURSDAY and 22 <= evening.day <= 28
    return evening.month == 11 and is_fourth_thursday


def silence_of(day: date) -> Silence | None:
    """Return why arXiv lists nothing under a day, None where it does, by the evening before."""
    if is_announcing(day - timedelta(days=1)):
        return None
    return "weekend" if day.weekday() in (_SATURDAY, _SUNDAY) else "holiday"


def announcements_since(listed: date, today: date, *, most: int) -> int:
    """Return how often arXiv has announced since a day's list came out, counted up to `most`.

    A list that came out on a Friday has seen none until Monday's: weekends and holidays make no
    paper older.
    """
    count = 0
    for n in range((today - listed).days):
        count += is_announcing(listed + timedelta(days=n))
        if count == most:
            break
    return count


def day_before_announcements(today: date, n: int) -> date:
    """Return the newest day whose list has seen n announcements since."""
    day = today
    while n > 0:
        day -= timedelta(days=1)
        n -= is_announcing(day)
    return day


def arxiv_today(now: datetime) -> date:
    """Return the newest day that may have been listed: lists turn over at midnight in New York."""
    return now.astimezone(NEW_YORK).date()


def _frozen(holidays: Collection[date] | None) -> frozenset[date] | None:
    return None if holidays is None else frozenset(holidays)


def _listed_after(ready: date, holidays: frozenset[date] | None) -> date:
    """Return the day under which is listed what was ready before a day's deadline."""
    evening = ready
    if ready.weekday() in (_SATURDAY, _SUNDAY):
        evening += timedelta(days=_SUNDAY - ready.weekday() + 1)
    while not is_announcing(evening, holidays=holidays):
        evening += timedelta(days=1)
    return evening + timedelta(days=1)
