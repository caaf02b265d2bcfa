"""What counts, and how far."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.broadsheet.services.trend_examples import KINDS, NOW_S, signals, votes

from broadsheet.model.trend_settings import TrendingSettings
from broadsheet.model.trending import decay, position_correction, trust
from broadsheet.services.trend_sums import sum_up

SETTINGS = TrendingSettings()


def x_of(given, paper=1, **how) -> float:
    sums = sum_up(signals(*given, **how), SETTINGS, now_s=NOW_S)
    return float(sums.sums.sum(axis=1)[sums.papers == paper].sum())


def test_votes_decay_by_the_half_life():
    assert x_of([("up", 1, 1, 0, 0), ("up", 1, 2, 24, 0), ("up", 1, 3, 48, 0)]) == pytest.approx(
        2.0268, abs=1e-4
    )


def test_kinds_weigh_what_the_settings_say():
    given = [("up", 1, 1, 0, 0), ("down", 1, 2, 0, 0), ("save", 1, 3, 0, 0), ("open", 1, 4, 0, 3)]
    assert x_of(given) == pytest.approx(1 - 1 + 0.8 + 0.1 * 2)


def test_what_is_yet_to_come_does_not_count():
    assert x_of([("up", 1, 1, -1, 0)]) == 0


def test_the_same_again_by_the_same_reader_does_not_count():
    once = x_of([("open", 1, 1, 5, 9)])
    assert x_of([("open", 1, 1, 5, 9)] + [("open", 1, 1, h, 50) for h in (1, 2, 3)]) == once


def test_what_no_reader_did_counts_each_time():
    assert x_of([("featured", 1, 0, 0, 0), ("featured", 1, 0, 0, 0)]) == 2


def test_a_young_account_counts_half():
    assert x_of(votes(1, 2, hours=0), joined_h=71) == 1.0


def test_many_acts_of_a_day_count_less_and_less_in_their_order():
    early = [("up", paper, 1, 11 - paper / 100, 0) for paper in range(1, 41)]
    whole, late = x_of(early, 10), x_of(early, 40)
    assert late / whole == pytest.approx(0.25, rel=0.01)


def test_numbers_tell_all_and_those_of_the_last_day():
    sums = sum_up(signals(*votes(7, 3), *votes(7, 2, hours=30, first=9)), SETTINGS, now_s=NOW_S)
    up = KINDS.index("up")
    assert sums.papers.tolist() == [7]
    assert (sums.numbers[0, up], sums.last_day[0, up]) == (5, 3)


def test_no_signals_are_no_sums():
    assert sum_up(signals(), SETTINGS, now_s=NOW_S).papers.tolist() == []


KIND = st.sampled_from(KINDS)
SIGNAL = st.tuples(
    KIND,
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(-50_000, 1_400_000).map(lambda seconds: seconds / 3600),
    st.integers(0, 60),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(SIGNAL, max_size=40, unique_by=lambda signal: signal[3]))
def test_sums_are_those_of_the_plain_loop(given_signals):
    weights = SETTINGS.weights.model_dump()
    expected: dict[int, float] = {}
    seen, of_day = set(), {}
    order = sorted(range(len(given_signals)), key=lambda i: (-given_signals[i][3], i))
    for kind, paper, reader, hours, place in (given_signals[i] for i in order):
        if hours < 0 or (reader and (reader, paper, kind) in seen):
            continue
        seen.add((reader, paper, kind))
        weight = weights[kind] * float(decay(hours, 36))
        if reader:
            day = (reader, (NOW_S - hours * 3600) // 86_400)
            of_day[day] = of_day.get(day, 0) + 1
            weight *= float(trust(9_000, of_day[day]))
        if kind == "open":
            weight *= float(position_correction(place))
        expected[paper] = expected.get(paper, 0.0) + weight
    for paper, x in expected.items():
        assert x_of(given_signals, paper) == pytest.approx(x, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.lists(SIGNAL, max_size=30), st.sampled_from(["up", "save", "open", "featured"]))
def test_one_more_signal_of_now_never_lowers_a_paper(given_signals, kind):
    past = [s for s in given_signals if s[3] > 0]
    for reader in (0, 1, 99):
        more = [*past, (kind, 1, reader, 0.0, 0)]
        assert x_of(more) >= x_of(past) - 1e-9


def test_order_of_reading_changes_nothing():
    given_signals = [("up", p, r, 3 + p + r / 7, 0) for p in (1, 2) for r in range(1, 30)]
    shuffled = [given_signals[i] for i in np.random.default_rng(4).permutation(58)]
    assert x_of(shuffled) == pytest.approx(x_of(given_signals))
