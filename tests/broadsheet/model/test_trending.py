"""The terms of trending against numbers worked out by hand."""

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from broadsheet.model.announcing import announcements_since, day_before_announcements
from broadsheet.model.trend_settings import TrendingSettings
from broadsheet.model.trending import (
    Part,
    Terms,
    bucket,
    content_growth,
    decay,
    freshness,
    position_correction,
    shrunk_mean,
    surprise,
    trend,
    trust,
)

TERMS = Terms(
    formula="surprise",
    score=4.09,
    parts=(Part(kind="up", number=8, last_day=6, sum=6.4),),
    x=6.4,
    mean=2.0,
    group="math.CO",
    n=40,
    surprise=4.09,
    announcements=1,
    freshness=1.0,
    content=None,
    content_weight=0.0,
)


def test_votes_of_now_yesterday_and_the_day_before_sum_to_the_published_vector():
    assert decay([0, 24, 48], 36).sum() == pytest.approx(2.0268, abs=1e-4)


def test_a_signal_of_the_future_is_nothing():
    assert decay([-0.01, 0.0], 36).tolist() == [0.0, 1.0]


def test_a_half_life_halves_and_ten_leave_less_than_a_thousandth():
    assert decay(36, 36) == 0.5
    assert decay(360, 36) < 0.001


def test_an_opening_counts_for_more_the_farther_down_it_was():
    places = [0, 1, 3, 7, 50, 51, 10**9]
    expected = [1, 1, 2, 3, 5.6724, 5.6724, 5.6724]
    assert position_correction(places) == pytest.approx(expected, abs=1e-4)


def test_trust_halves_for_new_accounts_and_falls_with_the_acts_of_a_day():
    ages, nth = [71.9, 72, 1000, 1000, 0], [1, 1, 10, 20, 20]
    assert trust(ages, nth).tolist() == [0.5, 1.0, 1.0, 0.5, 0.25]


def test_a_hundred_acts_of_one_day_count_as_33():
    assert trust(1000, np.arange(1, 101)).sum() == pytest.approx(32.58, abs=0.01)


def test_a_paper_is_fresh_for_three_announcements_and_then_fades_by_half_every_three():
    faded = freshness([0, 3, 6, 9], fresh_days=3, fade_days=3)
    assert faded.tolist() == [1.0, 1.0, 0.5, 0.25]


def test_over_a_weekend_nothing_grows_older():
    friday = date(2026, 11, 20)
    ages = [announcements_since(friday, date(2026, 11, day), most=60) for day in range(20, 25)]
    assert ages == [0, 0, 0, 1, 2]  # Friday, Saturday, Sunday, Monday, Tuesday


def test_over_thanksgiving_nothing_grows_older():
    thursday = date(2026, 11, 26)
    assert announcements_since(thursday, date(2026, 11, 27), most=60) == 0
    assert announcements_since(thursday, date(2026, 11, 30), most=60) == 1


def test_announcements_are_counted_up_to_a_limit_and_none_before_a_paper():
    assert announcements_since(date(1999, 1, 1), date(2026, 11, 20), most=60) == 60
    assert announcements_since(date(2026, 11, 25), date(2026, 11, 20), most=60) == 0


@pytest.mark.parametrize("n", [0, 1, 5, 33])
def test_the_day_before_n_announcements_has_seen_just_so_many(n):
    today = date(2026, 11, 28)
    assert announcements_since(day_before_announcements(today, n), today, most=60) == n


def test_ages_fall_into_buckets_that_double():
    assert bucket([0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 60]).tolist() == [
        *(0, 1, 2, 2, 3, 3),
        *(4, 4, 5, 5, 6, 6),
    ]


def test_a_small_group_takes_the_mean_of_the_wider_one():
    assert shrunk_mean(0.0, 0, 2.0, 20) == 2.0
    assert shrunk_mean(20.0, 20, 2.0, 20) == 1.5
    assert shrunk_mean(3.0, 1, 2.0, 0) == 3.0
    assert shrunk_mean(-50.0, 10, 0.0, 5) == 0.0


def test_surprise_is_against_what_is_normal():
    assert surprise(6.4, 2.0, 1.0) == pytest.approx(4.4 / 3**0.5)
    assert surprise(3.0, 0.0, 1.0) == 3.0


def test_what_is_liked_less_than_is_normal_stands_with_what_nobody_has_seen():
    assert surprise([0.0, 0.5], 2.0, 1.0).tolist() == [0.0, 0.0]
    assert surprise(-1.0, 0.0, 1.0) == -1.0


def test_growth_compares_this_month_with_the_year_before():
    assert content_growth(0, 40) == 0.0
    assert content_growth(10, 0) == 10.0
    assert content_growth(10, 36.5) == pytest.approx(7 / 2)


def test_trend_is_surprise_and_weighed_growth_times_freshness():
    assert trend(2.0, 0.5, 3.0, 0.1) == pytest.approx(1.15)


def test_the_line_under_a_story_says_the_terms():
    assert str(TERMS) == "+4.1: 6 votes in 24 h, 3.2 times normal for math.CO; announced 1 day ago"


@pytest.mark.parametrize(
    "values",
    [
        {"formula": "magic"},
        {"half_life_h": 0},
        {"half_life_h": float("nan")},
        {"weights": {"up": -1}},
        {"weights": {"sideways": 1}},
        {"epsilon": 0},
        {"unknown": 1},
        {"fresh_days": 11},
    ],
)
def test_settings_that_cannot_be_are_refused(values):
    with pytest.raises(ValidationError):
        TrendingSettings.model_validate(values)


def test_what_is_not_read_any_more_weighs_less_than_a_thousandth():
    settings = TrendingSettings()
    assert decay(settings.window_h, settings.half_life_h) < 0.001
    faded = freshness(settings.fresh_horizon, fresh_days=3, fade_days=3)
    assert faded < 0.001
