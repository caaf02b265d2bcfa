"""Moments in ISO 8601 and RFC 822, and their day in New York."""

from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.model.errors import SourceError
from broadsheet.sources.moments import moment_of, new_york_day

LATEST = "2027-11-23"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-06T03:55:12.777Z", datetime(2026, 3, 6, 3, 55, 12, 777000, tzinfo=UTC)),
        ("2026-03-06T03:55:12", datetime(2026, 3, 6, 3, 55, 12, tzinfo=UTC)),
        ("Fri, 23 Aug 2024 00:00:00 -0400", datetime(2024, 8, 23, 4, tzinfo=UTC)),
        (" Fri, 23 Aug 2024 04:00:00 GMT\n", datetime(2024, 8, 23, 4, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_with_its_zone(text: str, moment: datetime) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ":"],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment_of(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-06T03:55:12Z", "2026-03-05"),
        ("2026-07-06T04:00:00Z", "2026-07-06"),
        ("Fri, 23 Aug 2024 00:00:00 -0400", "2024-08-23"),
        ("2026-03-06", "2026-03-06"),
        (" ", None),
    ],
)
def test_the_day_is_new_yorks(text: str, day: str | None) -> None:
    assert new_york_day(text, "a day", LATEST) == day


def test_a_day_may_begin_before_midnight() -> None:
    ahead = timedelta(hours=2, minutes=30)
    assert new_york_day("2026-03-06T02:29:59Z", "a day", LATEST, ahead=ahead) == "2026-03-05"
    assert new_york_day("2026-03-06T02:30:00Z", "a day", LATEST, ahead=ahead) == "2026-03-06"


@pytest.mark.parametrize("text", ["soon", "12:00", "2029-01-01T00:00:00Z", "1" * 400])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="a day is"):
        new_york_day(text, "a day", LATEST)
