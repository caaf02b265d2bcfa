from datetime import date

import pytest

from broadsheet.model.errors import QueryError
from broadsheet.model.period import parse_period, period_of


@pytest.mark.parametrize("text", ["2026-11-20", "2026/W47", "2026-11", "2026"])
def test_an_address_gives_itself_back(text: str) -> None:
    assert parse_period(text).address == text


def test_a_week_may_be_written_with_a_hyphen() -> None:
    assert parse_period("2026-W47") == parse_period("2026/W47")


def test_a_week_runs_from_monday_to_sunday() -> None:
    week = parse_period("2026/W47")
    assert (week.first, week.last) == (date(2026, 11, 16), date(2026, 11, 22))


def test_the_week_of_new_year_belongs_to_its_iso_year() -> None:
    assert period_of(date(2027, 1, 1), "week").address == "2026/W53"


def test_a_month_ends_on_its_last_day() -> None:
    assert parse_period("2024-02").last == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "steps", "expected"),
    [
        ("2026-03-01", -1, "2026-02-28"),
        ("2026/W01", -1, "2025/W52"),
        ("2026-01", -1, "2025-12"),
        ("2026-12", 1, "2027-01"),
        ("2026", 1, "2027"),
    ],
)
def test_shifting_crosses_the_borders_of_the_calendar(text: str, steps: int, expected: str) -> None:
    assert parse_period(text).shifted(steps).address == expected


@pytest.mark.parametrize("text", ["2026-13", "2026/W54", "2026-02-30", "20225", "x", "0000", ""])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse_period(text)
