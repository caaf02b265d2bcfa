"""Other people's formulas against the numbers that are published for them."""

import math
from typing import get_args

import pytest

from broadsheet.model.trend_formulas import (
    NAMED,
    Standing,
    controversy,
    hacker_news,
    hacker_news_short,
    lemmy_hot,
    lemmy_scaled,
    lobsters,
    reddit_hot,
    votes,
    wilson,
)
from broadsheet.model.trend_settings import Formula

NOW = 1_800_000_000.0


def aged(ups: float, hours: float, downs: float = 0.0, activity: float = 0.0) -> Standing:
    return Standing(ups=ups, downs=downs, listed=NOW - hours * 3600, now=NOW, activity=activity)


def test_every_formula_that_settings_may_name_is_there():
    assert {"surprise", *NAMED} == set(get_args(Formula))


@pytest.mark.parametrize(("hours", "expected"), [(5, 1.1894), (24, 0.1121)])
def test_hacker_news(hours, expected):
    assert hacker_news(aged(99, hours)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("hours", "expected"), [(5, 2.9817), (24, 0.2810)])
def test_hacker_news_as_it_is_often_told(hours, expected):
    assert hacker_news_short(aged(99, hours)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("ups", "listed"), [(100, 1_700_000_000), (10, 1_700_045_000)])
def test_reddit_hot_takes_ten_times_the_votes_for_twelve_and_a_half_hours(ups, listed):
    found = reddit_hot(Standing(ups=ups, listed=listed, now=NOW))
    assert found == pytest.approx(12579.1554889, abs=1e-7)


def test_controversy_is_greatest_where_votes_are_even():
    assert controversy(aged(10, 1, downs=10)) == 20.0
    assert controversy(aged(10, 1, downs=5)) == pytest.approx(15**0.5)
    assert controversy(aged(10, 1)) == controversy(aged(0, 1, downs=3)) == 0.0


def test_wilson():
    assert wilson(aged(9, 1, downs=1), z=1.96) == pytest.approx(0.5958, abs=1e-4)
    assert wilson(aged(1, 1), z=1.96) == pytest.approx(0.2065, abs=1e-4)
    assert wilson(aged(0, 1)) == 0.0


def test_lemmy_hot():
    assert lemmy_hot(aged(98, 0)) == pytest.approx(2 / 2**1.8)
    assert lemmy_hot(aged(-50, 1)) == pytest.approx(math.log10(2) / 3**1.8)
    assert lemmy_hot(aged(98, 24 * 7)) == 0.0


def test_lemmy_hot_is_nothing_for_the_future():
    assert lemmy_hot(aged(1000, -1)) == 0.0


def test_lemmy_scaled_lets_a_small_field_stand_before_a_large_one():
    small, large = aged(3, 5, activity=8), aged(3, 5, activity=998)
    assert lemmy_scaled(small) == pytest.approx(lemmy_hot(small))
    assert lemmy_scaled(large) == pytest.approx(lemmy_hot(large) / 3)


def test_lobsters_counts_in_windows_of_22_hours_and_comments_up_to_the_score():
    assert lobsters(aged(9, 0)) - lobsters(aged(9, 22)) == pytest.approx(1.0)
    busy = Standing(ups=9, comments=1000, listed=NOW, now=NOW)
    assert lobsters(busy) - NOW / 79200 == pytest.approx(math.log10(19))


def test_votes_are_counted():
    assert votes(aged(7, 1, downs=3)) == 7


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize(("ups", "downs"), [(0, 0), (0, 9), (1, 0), (100_000, 100_000)])
@pytest.mark.parametrize("hours", [-1e6, -3, 0, 1, 1e7])
def test_every_formula_answers_whatever_is_asked(name, ups, downs, hours):
    assert math.isfinite(NAMED[name].score(aged(ups, hours, downs)))


@pytest.mark.parametrize("name", NAMED)
def test_a_day_in_the_future_is_worth_no_more_than_now(name):
    score = NAMED[name].score
    assert score(aged(10, -1000)) <= score(aged(10, 0))
