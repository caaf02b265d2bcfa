"""How good a ranking is against graded judgements, as trec_eval counts.

A ranking is a list of ids, best first, each at most once. Judgements map ids to grades; an id that
is not judged, and any grade of 0 or less, is not relevant. A query without a relevant id has no
value (nan): leave it out of means, as trec_eval does.
"""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

from typecase.base.checks import check_k
from typecase.base.errors import InvalidInputError

Id = TypeVar("Id", bound=Hashable)


def ndcg(ranking: Sequence[Id], judgements: Mapping[Id, float], k: int) -> float:
    """Return the normalised discounted cumulated gain of the first k.

    The gain is the grade itself, the discount log2(rank + 1), as trec_eval's ndcg_cut; the
    exponential gain of web search, 2^grade - 1, is not used.

    Source:
        Jarvelin, Kekalainen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002.
        Differs, with trec_eval: the discount starts at rank 2, not at rank 3.

    Raises:
        InvalidInputError: k below 1, or an id twice in the ranking.
    """
    grades = sorted((grade for grade in judgements.values() if grade > 0), reverse=True)
    ideal = _discounted(grades[: check_k(k)])
    if ideal == 0:
        return math.nan
    return _discounted([max(0, judgements.get(item, 0)) for item in _first(ranking, k)]) / ideal


def recall(ranking: Sequence[Id], judgements: Mapping[Id, float], k: int) -> float:
    """Return the share of the relevant ids that stand among the first k.

    Raises:
        InvalidInputError: k below 1, or an id twice in the ranking.
    """
    relevant = _relevant(judgements)
    found = sum(item in relevant for item in _first(ranking, check_k(k)))
    return found / len(relevant) if relevant else math.nan


def reciprocal_rank(
    ranking: Sequence[Id], judgements: Mapping[Id, float], k: int | None = None
) -> float:
    """Return 1 / rank of the first relevant id, 0 where there is none (among the first k).

    Raises:
        InvalidInputError: k below 1, or an id twice in the ranking.
    """
    relevant = _relevant(judgements)
    if not relevant:
        return math.nan
    first = _first(ranking, len(ranking) if k is None else check_k(k))
    return next((1 / rank for rank, item in enumerate(first, start=1) if item in relevant), 0.0)


def average_precision(ranking: Sequence[Id], judgements: Mapping[Id, float]) -> float:
    """Return the mean, over the relevant ids, of the precision at the rank of each, 0 if absent.

    Its mean over queries is MAP. Buckley, Voorhees, "Retrieval system evaluation", TREC 2005.

    Raises:
        InvalidInputError: an id twice in the ranking.
    """
    relevant = _relevant(judgements)
    ranks = [r for r, item in enumerate(_first(ranking, len(ranking)), 1) if item in relevant]
    precisions = [found / rank for found, rank in enumerate(ranks, start=1)]
    return math.fsum(precisions) / len(relevant) if relevant else math.nan


def overlap(ranking: Sequence[Id], reference: Sequence[Id], k: int) -> float:
    """Return the share of the reference's first k that stand among the ranking's first k.

    This is the recall of an approximate search against an exact one. A reference shorter than k
    counts with its length; an empty one has no value (nan).

    Raises:
        InvalidInputError: k below 1, or an id twice in either.
    """
    wanted = set(_first(reference, check_k(k)))
    found = sum(item in wanted for item in _first(ranking, k))
    return found / len(wanted) if wanted else math.nan


def mean_of_judged(values: Collection[float]) -> float:
    """Return the mean of the values that are not nan, nan where there is none."""
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan


def _first(ranking: Sequence[Id], k: int) -> Sequence[Id]:
    first = ranking[:k]
    if len(set(first)) != len(first):
        raise InvalidInputError(f"a ranking must hold each id once, got {list(first)!r}.")
    return first


def _relevant(judgements: Mapping[Id, float]) -> set[Id]:
    return {item for item, grade in judgements.items() if grade > 0}


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
