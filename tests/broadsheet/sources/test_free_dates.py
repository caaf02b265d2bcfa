"""Dates as people write them."""

import pytest

from broadsheet.model.errors import SourceError
from broadsheet.sources.free_dates import free_date, month_in


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2017-06-12", "2017-06-12"),
        ("2017-06-12T10:00:00Z", "2017-06-12"),
        ("2024///", "2024"),
        ("1948/07//", "1948-07"),
        ("2009/3/12/", "2009-03-12"),
        ("June 12, 2017", "2017-06-12"),
        ("12 Jun. 2017", "2017-06-12"),
        ("May 1st, 2017", "2017-05-01"),
        ("Sept. 2017", "2017-09"),
        ("06/2017", "2017-06"),
        ("03/04/2017", "2017"),  # March or April
        ("2017-2018", "2017"),
        ("2017-13-40", "2017"),
        ("2017-02-30", "2017-02"),
        ("c2017", "2017"),
        ("in press", None),
        ("", None),
        ("0007", None),
    ],
)
def test_free_date(text: str, day: str | None) -> None:
    assert free_date(text, "date", "2027-11-22") == day


def test_the_far_future_is_refused() -> None:
    with pytest.raises(SourceError, match="more than a year in the future"):
        free_date("June 2031", "date", "2027-11-22")


@pytest.mark.parametrize(
    ("text", "month"),
    [("July", 7), ("july/August", 7), ("Sept. 5-8", 9), ("3", 3), ("13", None), ("Juneau", None)],
)
def test_month_in(text: str, month: int | None) -> None:
    assert month_in(text) == month
