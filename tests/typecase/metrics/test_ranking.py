"""Ranking metrics against values worked out by hand."""

import math

import pytest

from typecase.base.errors import InvalidInputError
from typecase.metrics.ranking import (
    average_precision,
    mean_of_judged,
    ndcg,
    overlap,
    recall,
    reciprocal_rank,
)

GRADES = {"a": 3, "b": 2, "c": 1, "d": 0}


def test_the_ideal_order_has_ndcg_1() -> None:
    assert ndcg(["a", "b", "c", "d"], GRADES, 10) == 1.0


def test_ndcg_uses_the_grade_as_gain() -> None:
    # (1/log2(2) + 3/log2(3) + 0) / (3/log2(2) + 2/log2(3) + 1/log2(4)) = 2.892789 / 4.761860
    assert ndcg(["c", "a", "d"], GRADES, 3) == pytest.approx(0.607491, abs=1e-6)


def test_the_ideal_of_ndcg_is_cut_at_k_too() -> None:
    # 2 / 3
    assert ndcg(["b"], GRADES, 1) == pytest.approx(2 / 3)


def test_unjudged_and_negative_grades_gain_nothing() -> None:
    assert ndcg(["x", "n"], {"a": 1, "n": -2}, 2) == 0.0


def test_recall_counts_relevant_ids_among_the_first_k() -> None:
    assert recall(["a", "x", "b"], GRADES, 2) == pytest.approx(1 / 3)
    assert recall(["a", "x", "b"], GRADES, 3) == pytest.approx(2 / 3)


def test_reciprocal_rank_is_of_the_first_relevant() -> None:
    assert reciprocal_rank(["x", "d", "c", "a"], GRADES) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x", "d", "c"], GRADES, 2) == 0.0


def test_average_precision_counts_what_is_absent() -> None:
    judgements = {"a": 1, "b": 2, "c": 0, "d": 1}
    assert average_precision(["a", "c", "b"], judgements) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision(["a", "b", "d"], judgements) == 1.0
    assert math.isnan(average_precision(["a"], {}))


def test_overlap_is_the_recall_against_an_exact_search() -> None:
    assert overlap([5, 1, 9, 2], [1, 2, 3, 4], 4) == 0.5
    assert overlap([1, 2], [1], 2) == 1.0


def test_a_query_without_relevant_ids_has_no_value_and_is_left_out() -> None:
    values = [ndcg(["a"], {"a": 0}, 5), recall(["a"], {}, 5), reciprocal_rank(["a"], {}), 0.5]
    assert [math.isnan(value) for value in values] == [True, True, True, False]
    assert mean_of_judged(values) == 0.5
    assert math.isnan(mean_of_judged([]))


def test_a_ranking_with_an_id_twice_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="each id once"):
        recall(["a", "a"], GRADES, 2)


@pytest.mark.parametrize("k", [0, -1, 1.5, True])
def test_k_must_be_a_whole_number_of_at_least_1(k: object) -> None:
    with pytest.raises(InvalidInputError, match="k must be"):
        ndcg(["a"], GRADES, k)
