"""Which papers stand first, and why."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.broadsheet.services.trend_examples import (
    NOW_S,
    TODAY,
    keys_of,
    papers,
    ranked,
    score_of,
    signals,
    votes,
)

from broadsheet.model.trend_settings import TrendingSettings
from broadsheet.model.trending import most_of_one_account
from broadsheet.services.trend_ranking import Ranking
from broadsheet.services.trend_sums import sum_up
from broadsheet.services.trend_table import PaperTable


def test_without_signals_papers_stand_newest_first_and_nothing_is_claimed():
    listed = [*papers(1, 2, "cs.LG", 20261119), *papers(3, 2, "cs.LG")]
    ranking = ranked(listed, [])
    assert keys_of(ranking) == [4, 3, 2, 1]
    assert not ranking.has_signals_in(ranking.rows())
    assert ranking.terms(0).parts == ()


def test_equal_scores_stand_newest_first():
    listed = [*papers(1, 40, "cs.LG", 20261119), *papers(41, 40, "cs.LG")]
    ranking = ranked(listed, [*votes(5, 3), *votes(7, 3), *votes(60, 3)])
    assert keys_of(ranking)[:4] == [60, 7, 5, 80]


def test_three_votes_in_a_small_field_stand_before_three_in_a_large_one():
    listed = [*papers(1, 200, "cs.LG"), *papers(1001, 10, "math.CO")]
    busy = [v for paper in range(1, 101) for v in votes(paper, 3, first=paper * 10)]
    ranking = ranked(listed, [*busy, *votes(1001, 3)])
    assert keys_of(ranking)[0] == 1001
    assert score_of(ranking, 1001) > 1.5 * score_of(ranking, 1)


def test_a_field_of_one_paper_takes_what_is_normal_from_wider_groups():
    ranking = ranked([*papers(1, 100, "cs.LG"), *papers(500, 1, "math.CO")], votes(500, 3))
    assert keys_of(ranking)[0] == 500
    assert score_of(ranking, 500) > 2


def test_what_is_normal_is_the_mean_of_the_group_drawn_to_wider_ones():
    listed = [*papers(1, 10, "cs.LG"), *papers(11, 10, "cs.CL"), *papers(21, 20, "math.CO")]
    ranking = ranked(listed, votes(1, 4, hours=0), TrendingSettings(shrink=10))
    # all: 4/40; archive cs: (4 + 10*0.1)/(20 + 10); cs.LG: (4 + 10/6)/(10 + 10)
    terms = ranking.terms(int(np.flatnonzero(ranking.table.keys == 1)[0]))
    assert terms.mean == pytest.approx((4 + 10 * (4 + 10 * 0.1) / 30) / 20)
    assert (terms.group, terms.n, terms.x) == ("cs.LG", 10, 4.0)


def test_a_burst_lifts_a_paper_to_the_top_and_fades():
    listed = papers(1, 300, "cs.LG")
    usual = [v for paper in range(1, 301) for v in votes(paper, paper % 3, first=paper * 5)]
    places = []
    for hours in (1, 40, 120, 300):
        burst = votes(250, 25, hours=hours, first=5_000)
        places.append(keys_of(ranked(listed, [*usual, *burst])).index(250))
    assert places[0] == 0
    assert places[1] == 0
    assert places == sorted(places)
    assert places[3] > 20


def test_a_signal_of_the_future_ranks_nothing():
    ranking = ranked(papers(1, 5, "cs.LG"), votes(1, 50, hours=-100))
    assert score_of(ranking, 1) == 0
    assert keys_of(ranking)[0] == 5


def test_an_old_paper_does_not_trend_however_many_vote():
    listed = [*papers(1, 1, "cs.LG", 20250101), *papers(2, 20, "cs.LG")]
    assert score_of(ranked(listed, votes(1, 100)), 1) < 0.1


def test_votes_against_push_below_what_nobody_has_seen():
    against = [("down", 3, reader, 1, 0) for reader in range(1, 5)]
    assert keys_of(ranked(papers(1, 5, "cs.LG"), against))[-1] == 3


ALONE = [(kind, 9, 1, 0.0, 50) for kind in ("up", "save", "open")]


def test_one_account_lifts_a_paper_by_no_more_than_its_weights():
    """A vote, a save, an opening from far down: 1 + 0.8 + 0.57, whatever is repeated."""
    ranking = ranked(papers(1, 50, "cs.LG"), ALONE * 50)
    most = most_of_one_account(TrendingSettings().weights.model_dump())
    assert float(ranking.x.sum()) == pytest.approx(most) == pytest.approx(2.367, abs=0.001)
    assert score_of(ranking, 9) < 2.37


def test_one_account_does_not_lift_a_paper_above_one_that_three_readers_vote_for():
    ranking = ranked(papers(1, 50, "cs.LG"), [*ALONE * 50, *votes(4, 3, hours=0, first=2)])
    assert keys_of(ranking)[:2] == [4, 9]


def test_one_account_that_votes_for_everything_lifts_nothing():
    every = [("up", paper, 1, 1.0 + paper / 1000, 0) for paper in range(1, 401)]
    ranking = ranked(papers(1, 400, "cs.LG"), [*every, *votes(400, 2, first=5)])
    assert keys_of(ranking)[0] == 400


def test_categories_take_cross_lists_and_archives_all_that_is_in_them():
    listed = [*papers(1, 1, "cs.LG stat.ML"), *papers(2, 1, "math.CO"), *papers(3, 1, "cs.CL")]
    ranking = ranked(listed, votes(1, 1))
    assert keys_of(ranking, "stat.ML") == [1]
    assert keys_of(ranking, "cs") == [1, 3]
    assert keys_of(ranking, "q-bio") == []


def test_windows_count_announcements_from_the_newest_that_is_here():
    days = (20261119, 20261118, 20261116, 20261113, 20261112, 20261028, 20261001)
    listed = [paper for n, day in enumerate(days) for paper in papers(n, 1, "cs.LG", day)]
    ranking = ranked(listed, [])
    assert keys_of(ranking, window="day") == [0]
    assert keys_of(ranking, window="week") == [0, 1, 2, 3]
    assert keys_of(ranking, window="month") == [0, 1, 2, 3, 4, 5]
    assert len(keys_of(ranking)) == 7


def test_growth_orders_papers_where_there_are_no_votes():
    grown = ranked(
        papers(1, 5, "cs.LG"), [], TrendingSettings(content_weight=0.5), content={2: 4.0, 3: 1.0}
    )
    assert keys_of(grown)[:2] == [2, 3]
    assert score_of(grown, 2) == 2.0


@pytest.mark.parametrize(
    ("formula", "first"),
    [("votes", 1), ("wilson", 2), ("controversy", 1), ("hacker_news", 1), ("reddit_hot", 1)],
)
def test_another_formula_orders_when_it_is_named(formula, first):
    against = [("down", 1, reader, 1, 0) for reader in range(50, 54)]
    ranking = ranked(
        papers(1, 9, "cs.LG"),
        [*votes(1, 20), *against, *votes(2, 9)],
        TrendingSettings(formula=formula),
    )
    assert keys_of(ranking)[0] == first


def test_older_papers_join_a_table_behind_its_own():
    fresh = PaperTable(papers(5, 3, "cs.LG math.CO"), today=TODAY)
    older = PaperTable(papers(1, 2, "math.CO", 20240101), today=TODAY)
    both = fresh.with_older(older)
    whole = PaperTable(
        [*papers(5, 3, "cs.LG math.CO"), *papers(1, 2, "math.CO", 20240101)], today=TODAY
    )
    assert both.keys.tolist() == whole.keys.tolist() == [7, 6, 5, 2, 1]
    assert both.rows_in("math").tolist() == whole.rows_in("math").tolist()
    assert [both.primaries[p] for p in both.primary] == [whole.primaries[p] for p in whole.primary]
    assert fresh.rows_in("math.CO").tolist() == [0, 1, 2]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 9), st.floats(0.1, 300)), max_size=40),
    st.integers(1, 12),
)
def test_one_more_vote_never_lowers_a_score(given_votes, paper):
    listed = [*papers(1, 6, "cs.LG"), *papers(7, 6, "math.CO", 20261118)]
    before = [("up", p, reader, hours, 0) for p, reader, hours in given_votes]
    after = [*before, ("up", paper, 99, 0.0, 0)]
    assert score_of(ranked(listed, after), paper) >= score_of(ranked(listed, before), paper) - 1e-9


def test_nothing_at_all_is_an_empty_ranking():
    chosen = TrendingSettings()
    sums = sum_up(signals(*votes(1, 2)), chosen, now_s=NOW_S)
    table = PaperTable([], today=TODAY)
    ranking = Ranking(table=table, sums=sums, settings=chosen, content={}, now_s=NOW_S)
    assert keys_of(ranking) == keys_of(ranking, "cs", "day") == []
