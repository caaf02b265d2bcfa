"""Dates as a newspaper writes them."""

from datetime import date

import pytest

from broadsheet.model.period import parse_period
from broadsheet.web.dateline import long_date, period_line, plain_date


def test_a_day_has_its_weekday():
    assert long_date(date(2017, 6, 12)) == "Monday, 12 June 2017"


@pytest.mark.parametrize(
    ("partial", "written"),
    [("2017-06-12", "12 June 2017"), ("2017-06", "June 2017"), ("2017", "2017"), (None, "")],
)
def test_a_date_is_as_exact_as_it_is_known(partial, written):
    assert plain_date(partial) == written


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("2026-11-20", "Friday, 20 November 2026"),
        ("2026/W47", "Week 47, 16–22 November 2026"),
        ("2026/W40", "Week 40, 28 September – 4 October 2026"),
        ("2026/W53", "Week 53, 28 December 2026 – 3 January 2027"),
        ("2026-11", "November 2026"),
        ("2026", "2026"),
    ],
)
def test_an_edition_is_named_by_its_span(address, line):
    assert period_line(parse_period(address)) == line
