"""The announcement clock, against arXiv's published schedule."""

from datetime import UTC, date, datetime, time

import pytest

from broadsheet.model.announcing import (
    NEW_YORK,
    arxiv_today,
    is_announcing,
    listing_day,
    listing_days,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("submitted", "listed"),
    [
        # 2026-11-16 is a Monday.
        ("2026-11-16 13:59:59", "2026-11-17"),
        ("2026-11-16 14:00:00", "2026-11-17"),
        ("2026-11-16 14:00:01", "2026-11-18"),
        ("2026-11-19 13:00:00", "2026-11-20"),
        # Thursday's and Friday's batches: Sunday evening, listed on Monday.
        ("2026-11-19 15:00:00", "2026-11-23"),
        ("2026-11-20 13:00:00", "2026-11-23"),
        # From Friday's deadline until Monday's: Monday evening, listed on Tuesday.
        ("2026-11-20 15:00:00", "2026-11-24"),
        ("2026-11-21 09:00:00", "2026-11-24"),
        ("2026-11-22 23:59:00", "2026-11-24"),
        ("2026-11-23 14:00:00", "2026-11-24"),
    ],
)
def test_a_week_of_submissions(submitted: str, listed: str) -> None:
    assert listing_day(at(submitted)) == date.fromisoformat(listed)


def test_the_deadline_moves_with_the_clocks_of_new_york() -> None:
    # 18:30 UTC is 14:30 in summer time, 13:30 in winter time.
    summer = datetime(2026, 7, 7, 18, 30, tzinfo=UTC)
    winter = datetime(2026, 1, 13, 18, 30, tzinfo=UTC)
    assert listing_day(summer) == date(2026, 7, 9)
    assert listing_day(winter) == date(2026, 1, 14)


def test_the_days_on_which_clocks_change() -> None:
    # 2026-03-08 and 2026-11-01 are Sundays; the Monday after has the other offset.
    assert listing_day(datetime(2026, 3, 9, 17, 59, tzinfo=UTC)) == date(2026, 3, 10)
    assert listing_day(datetime(2026, 3, 9, 18, 1, tzinfo=UTC)) == date(2026, 3, 11)
    assert listing_day(datetime(2026, 11, 2, 18, 59, tzinfo=UTC)) == date(2026, 11, 3)
    assert listing_day(datetime(2026, 11, 2, 19, 1, tzinfo=UTC)) == date(2026, 11, 4)


def test_until_2016_the_deadline_was_two_hours_later() -> None:
    assert listing_day(at("2016-06-14 15:30:00")) == date(2016, 6, 15)
    assert listing_day(at("2017-06-13 15:30:00")) == date(2017, 6, 15)


def test_a_holiday_passes_its_batch_on() -> None:
    # 2026-11-26 is Thanksgiving, a Thursday: its batch waits for Sunday evening.
    assert not is_announcing(date(2026, 11, 26))
    assert listing_day(at("2026-11-26 10:00:00")) == date(2026, 11, 30)
    assert listing_day(at("2026-12-24 10:00:00")) == date(2026, 12, 28)


def test_other_holidays_can_be_given() -> None:
    assert listing_day(at("2026-11-16 10:00:00"), holidays=[date(2026, 11, 16)]) == date(
        2026, 11, 18
    )
    assert listing_day(at("2026-11-26 10:00:00"), holidays=()) == date(2026, 11, 27)


def test_a_moment_without_a_zone_is_universal_time() -> None:
    assert listing_day(datetime(2026, 11, 16, 18, 59)) == date(2026, 11, 17)
    assert listing_day(datetime(2026, 11, 16, 19, 1)) == date(2026, 11, 18)


def test_the_day_turns_over_at_midnight_in_new_york() -> None:
    assert arxiv_today(datetime(2026, 11, 17, 4, 59, tzinfo=UTC)) == date(2026, 11, 16)
    assert arxiv_today(datetime(2026, 11, 17, 5, 0, tzinfo=UTC)) == date(2026, 11, 17)


def test_a_day_in_utc_has_one_deadline_and_two_listings() -> None:
    monday = date(2026, 11, 16)
    assert listing_days(monday) == (time(19), date(2026, 11, 17), date(2026, 11, 18))
    assert listing_day(datetime(2026, 11, 16, 0, 30, tzinfo=UTC)) == date(2026, 11, 17)
