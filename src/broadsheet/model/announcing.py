"""When arXiv announces: on which day a submission is listed.

Submissions until 14:00 in New York on a weekday are announced at 20:00 of that day and listed
under the next one; Friday's are announced on Sunday evening, and those of the weekend wait for
Monday's deadline. On a holiday nothing is announced: what waits goes into the next announcement.
Until 2016 the deadline was at 16:00.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

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
    moment = submitted if submitted.tzinfo else submitted.replace(tzinfo=UTC)
    local = moment.astimezone(NEW_YORK)
    deadline = _DEADLINE if local.date() >= _NEW_DEADLINE_SINCE else _OLD_DEADLINE
    # Exactly at the deadline is in time.
    late = local.time() > deadline
    return _listed_after(local.date() + timedelta(days=late), _frozen(holidays))


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


@lru_cache(maxsize=20_000)
def _listed_after(ready: date, holidays: frozenset[date] | None) -> date:
    """Return the day under which is listed what was ready before a day's deadline."""
    evening = ready
    if ready.weekday() in (_SATURDAY, _SUNDAY):
        evening += timedelta(days=_SUNDAY - ready.weekday() + 1)
    while not is_announcing(evening, holidays=holidays):
        evening += timedelta(days=1)
    return evening + timedelta(days=1)
