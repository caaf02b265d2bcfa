"""The area under the curve, against a look at every pair."""

import math

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.metrics.separation import auc


def test_pairs_in_order_count_one_and_ties_a_half() -> None:
    # pairs: 3 > 1, 3 > 2, 2 > 1, 2 = 2
    assert auc([3, 2, 1, 2], [True, True, False, False]) == 3.5 / 4


def test_it_is_what_all_pairs_give() -> None:
    rng = np.random.default_rng(0)
    scores, belongs = rng.integers(0, 20, 200), rng.random(200) < 0.3
    inside, outside = scores[belongs][:, None], scores[~belongs]

    share = ((inside > outside) + 0.5 * (inside == outside)).mean()

    assert auc(scores, belongs) == pytest.approx(share)


def test_one_kind_alone_has_no_value() -> None:
    assert math.isnan(auc([1, 2], [True, True]))
    assert math.isnan(auc([], np.zeros(0, dtype=bool)))


@pytest.mark.parametrize(
    ("scores", "belongs", "said"),
    [
        ([1, 2], [True], r"must be \(n,\)"),
        ([[1]], [[True]], r"must be \(n,\)"),
        ([1, 2], [1, 0], "booleans"),
        ([1, math.nan], [True, False], "finite"),
    ],
)
def test_what_is_no_score_is_refused(scores: object, belongs: object, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        auc(scores, belongs)  # type: ignore[arg-type]
