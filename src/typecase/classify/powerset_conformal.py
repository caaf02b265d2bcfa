"""Sets of labels that a row may have, with the true set among them as often as is asked for."""

import heapq
from collections.abc import Iterator
from itertools import islice
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_choice, check_count, check_vectors
from typecase.base.errors import InvalidInputError
from typecase.base.estimator import Estimator
from typecase.classify.powerset_search import Found, in_order, sets_by_cost
from typecase.classify.prediction_sets import PredictionSets
from typecase.data.label_sets import check_label_matrix

MEASURES = ("norm", "likelihood")

_UNIT = 1 << 32
"""Costs are whole numbers of this part of 1."""

_LIMITS = {"power": (1, 1000), "floor": (1e-6, 0.5), "unseen": (0, 1000), "size": (0, 1000)}
_LOOKED_AT = 100

_Ints = NDArray[np.int64]
_Bools = NDArray[np.bool_]


class PowersetConformal(Estimator):
    """Inductive conformal prediction over all sets of labels, of which few are ever looked at.

    How little a set of labels y conforms to a row's scores s is

        a(y) = sum_j d(y_j, s_j) + unseen [y is in no known row] + size * c(|y|),

    with d = |y_j - s_j|^power, or -log(1 - |y_j - s_j|) where the measure is "likelihood", and
    c(m) = log of how many times rarer m labels are than the most frequent number among the known
    rows. The p-value of y is (1 + number of calibration rows with a(y_i) >= a(y)) / (n + 1),
    and what is predicted are all sets with a p-value above alpha. If rows are exchangeable, the
    true set is among them with a probability of at least 1 - alpha.

    Args:
        measure: "norm", or "likelihood" for scores that are about chances: then it costs much to
            say of a label that is next to sure that it is wrong.
        power: of the differences of "norm"; 1 or more.
        floor: "likelihood" takes no score as nearer to 0 or to 1 than this.
        unseen: what is added for a set of labels that no known row has; 0 or more.
        size: weight of the penalty for rare numbers of labels; 0 or more.

    Source:
        Maltoudoglou, Paisios, Lenc, Martinek, Kral, Papadopoulos, "Well-calibrated confidence
        measures for multi-label text classification with a large number of labels", Pattern
        Recognition 2022: the label powerset, where sets whose nonconformity is surely too high
        are never made.
        Differs: the root of the norm is left out, which changes no order; "likelihood" and the
        two penalties are ours, these learned from rows that are not those of the calibration, so
        that the guarantee stands; sets come best first from a search over flips; costs are
        rounded to 2^-32.

    Attributes:
        calibration_: (n,) nonconformities of the calibration rows, rising.
        known_: (n_known, n_labels) the different sets of the known rows.
        size_costs_: (n_labels + 1,) what a number of labels costs.
    """

    room = "classify"

    calibration_: _Ints
    known_: _Bools
    size_costs_: _Ints

    def __init__(
        self,
        *,
        measure: str = "norm",
        power: float = 2.0,
        floor: float = 0.01,
        unseen: float = 0.0,
        size: float = 0.0,
    ) -> None:
        self.measure = measure
        self.power = power
        self.floor = floor
        self.unseen = unseen
        self.size = size

    def fit(self, scores: ArrayLike, labels: ArrayLike, *, known: ArrayLike | None = None) -> Self:
        """Keep how little the true labels of the calibration rows conform.

        Args:
            scores: (n, n_labels) from 0 to 1, n at least 1, by what has not learned these rows.
            labels: (n, n_labels) booleans.
            known: (n_known, n_labels) labels of other rows; needed where there are penalties.

        Raises:
            InvalidInputError: a parameter breaks a rule, there is no row, scores are not from 0 to
                1, shapes do not fit, or there are penalties and no known rows.
        """
        self._check_params(known)
        likely = _check_scores(scores, min_rows=1)
        n_labels = likely.shape[1]
        true = check_label_matrix(labels, name="labels", n=len(likely), n_labels=n_labels)
        sets = np.zeros((0, n_labels), dtype=np.bool_)
        if known is not None:
            sets = check_label_matrix(known, name="known", n_labels=n_labels)
        self.size_costs_ = self._find_size_costs(sets)
        packed = np.unique(np.packbits(sets, axis=1), axis=0)
        self.known_ = np.unpackbits(packed, axis=1, count=n_labels).astype(np.bool_)
        self.calibration_ = np.sort(self._nonconformity(likely, true))
        return self

    def p_value(self, scores: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
        """Return how well each row's labels conform to its scores, (n,), above 0 and at most 1.

        Args:
            scores: (n, n_labels) from 0 to 1.
            labels: (n, n_labels) booleans.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: scores are not from 0 to 1, or shapes do not fit.
        """
        self.check_fitted()
        n_labels = self.known_.shape[1]
        likely = _check_scores(scores, n_labels=n_labels)
        said = check_label_matrix(labels, name="labels", n=len(likely), n_labels=n_labels)
        return self._p_of(self._nonconformity(likely, said))

    def predict_sets(
        self, scores: ArrayLike, alpha: float, limit: int = 1000
    ) -> list[PredictionSets]:
        """Return for each row the sets of labels whose p-value is above alpha, best first.

        Args:
            scores: (n, n_labels) from 0 to 1.
            alpha: how often the true set may be missed, between 0 and 1.
            limit: at most so many sets a row, and at most a hundred times as many looked at. What
                was cut says so. Cut lists may miss the true set more often than alpha.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: alpha or limit is out of range, or scores are not (n, n_labels)
                from 0 to 1.
        """
        self.check_fitted()
        likely = _check_scores(scores, n_labels=self.known_.shape[1])
        most = self._bound(_check_alpha(alpha))
        limit = check_count(limit, name="limit")
        known = [tuple(np.flatnonzero(row).tolist()) for row in self.known_] if self.unseen else []
        return [self._sets_of(row, most, limit, known) for row in likely]

    def labels_in_some(self, scores: ArrayLike, alpha: float) -> _Bools:
        """Return which labels are in any set with a p-value above alpha, (n, n_labels).

        What `predict_sets` without a limit would have in some of its sets, but no set is made: of
        m labels with j among them the cheapest beside j are those that cost least alone.

        Args:
            scores: (n, n_labels) from 0 to 1.
            alpha: how often the true set may be missed, between 0 and 1.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: alpha is out of range, or scores are not (n, n_labels) from 0 to 1.
        """
        self.check_fitted()
        likely = _check_scores(scores, n_labels=self.known_.shape[1])
        most = self._bound(_check_alpha(alpha))
        found: _Bools = np.array([self._in_some(row, most) for row in likely], dtype=np.bool_)
        return found.reshape(likely.shape)

    def _in_some(self, scores: NDArray[np.float32], most: int) -> _Bools:
        """Return which labels are in a set that costs at most so much, (n_labels,)."""
        absent, present = self._costs(scores)
        dearer = present - absent
        order = np.argsort(dearer, kind="stable")
        rank = np.argsort(order, kind="stable")
        least = np.concatenate([[0], np.cumsum(dearer[order])])  # of the m cheapest
        sizes = np.arange(1, len(dearer) + 1)
        is_cheap = rank[:, None] < sizes
        added = np.where(is_cheap, least[sizes], least[sizes - 1] + dearer[:, None])
        costs = absent.sum() + (added + self.size_costs_[sizes]).min(axis=1)
        found: _Bools = costs <= most - self._unseen_cost()
        if self.unseen:
            near = self._costs_of_known(scores[None], self.known_) <= most
            found |= self.known_[near].any(axis=0)
        return found

    def _sets_of(
        self, scores: NDArray[np.float32], most: int, limit: int, known: list[tuple[int, ...]]
    ) -> PredictionSets:
        """Return one row's sets: the known ones are all weighed, the others searched for."""
        unseen, is_known = self._unseen_cost(), set(known)

        def extra(labels: tuple[int, ...]) -> int:
            added = int(self.size_costs_[len(labels)])
            if not unseen:
                return added
            return -1 if labels in is_known else added + unseen

        search = _Counted(
            sets_by_cost(*self._costs(scores), most - unseen), limit=_LOOKED_AT * limit
        )
        streams = [in_order(search, extra, most)]
        if unseen:
            streams.append(self._known_sets(scores, most, known))
        found = list(islice(heapq.merge(*streams), limit + 1))
        if search.is_cut:
            # What the search had not come to may cost as little as the last that it looked at.
            found = [one for one in found if one[0] < search.last + unseen]
        kept = found[:limit]
        return PredictionSets(
            sets=[labels for _, labels in kept],
            p_values=self._p_of(np.array([cost for cost, _ in kept], dtype=np.int64)),
            n_labels=len(scores),
            n_looked_at=search.n + len(known),
            is_complete=len(found) <= limit and not search.is_cut,
        )

    def _known_sets(
        self, scores: NDArray[np.float32], most: int, known: list[tuple[int, ...]]
    ) -> Iterator[Found]:
        """Return the known sets that cost at most so much, cheapest first."""
        costs = self._costs_of_known(scores[None], self.known_)
        near = np.flatnonzero(costs <= most)
        return iter(sorted((int(costs[row]), known[row]) for row in near.tolist()))

    def _nonconformity(self, scores: NDArray[np.float32], labels: _Bools) -> _Ints:
        costs = self._costs_of_known(scores, labels)
        if self.unseen:
            known = _keys(self.known_)
            is_known = [row.tobytes() in known for row in np.packbits(labels, axis=1)]
            costs += np.where(is_known, 0, self._unseen_cost())
        return costs

    def _costs_of_known(self, scores: NDArray[np.float32], labels: _Bools) -> _Ints:
        """Return the nonconformity of labels that are known, (n,)."""
        absent, present = self._costs(scores)
        costs: _Ints = np.where(labels, present, absent).sum(axis=1)
        costs += self.size_costs_[labels.sum(axis=1)]
        return costs

    def _costs(self, scores: NDArray[np.float32]) -> tuple[_Ints, _Ints]:
        """Return what it costs to leave each label out and to take it in."""
        wide = scores.astype(np.float64)
        if self.measure == "likelihood":
            chance = np.clip(wide, self.floor, 1 - self.floor)
            return _whole(-np.log(1 - chance)), _whole(-np.log(chance))
        return _whole(wide**self.power), _whole((1 - wide) ** self.power)

    def _unseen_cost(self) -> int:
        return int(_whole(np.float64(self.unseen)))

    def _find_size_costs(self, known: _Bools) -> _Ints:
        """Return c of the class's formula, with one row more of each number of labels."""
        counts = np.bincount(known.sum(axis=1), minlength=known.shape[1] + 1) + 1
        return _whole(self.size * np.log(counts.max() / counts))

    def _p_of(self, costs: _Ints) -> NDArray[np.float64]:
        n = len(self.calibration_)
        as_high = n - np.searchsorted(self.calibration_, costs, side="left")
        p: NDArray[np.float64] = (as_high + 1) / (n + 1)
        return p

    def _bound(self, alpha: float) -> int:
        """Return the highest nonconformity that has a p-value above alpha."""
        n = len(self.calibration_)
        p_values = (np.arange(n + 1) + 1) / (n + 1)
        n_needed = int(np.searchsorted(p_values, alpha, side="right"))
        if n_needed == 0:  # even what is worse than all calibration rows has p = 1 / (n + 1)
            return int(np.iinfo(np.int64).max // 2)
        return int(self.calibration_[n - n_needed])

    def _check_params(self, known: ArrayLike | None) -> None:
        check_choice(self.measure, MEASURES, name="measure")
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not least <= value <= most:
                raise InvalidInputError(f"{name} must be from {least} to {most}, got {value!r}.")
        if known is None and (self.unseen or self.size):
            raise InvalidInputError("known must be given where unseen or size is above 0.")


class _Counted:
    """Passes on what it is given, counts it, and stops at a limit."""

    def __init__(self, found: Iterator[Found], *, limit: int) -> None:
        self._found, self._limit = found, limit
        self.n, self.last, self.is_cut = 0, 0, False

    def __iter__(self) -> Iterator[Found]:
        return self

    def __next__(self) -> Found:
        one = next(self._found)
        self.last = one[0]
        if self.n == self._limit:
            self.is_cut = True
            raise StopIteration
        self.n += 1
        return one


def _keys(sets: _Bools) -> set[bytes]:
    return {row.tobytes() for row in np.packbits(sets, axis=1)}


def _whole(costs: NDArray[np.float64] | np.float64) -> _Ints:
    return np.rint(np.asarray(costs) * _UNIT).astype(np.int64)


def _check_scores(
    scores: ArrayLike, *, min_rows: int = 0, n_labels: int | None = None
) -> NDArray[np.float32]:
    likely = check_vectors(scores, name="scores", dim=n_labels, min_rows=min_rows)
    if likely.size and not (likely.min() >= 0 and likely.max() <= 1):
        raise InvalidInputError(
            f"scores must be from 0 to 1, got {likely.min():.4g} to {likely.max():.4g}."
        )
    return likely


def _check_alpha(alpha: float) -> float:
    is_number = isinstance(alpha, int | float) and not isinstance(alpha, bool)
    if not is_number or not 0 < alpha < 1:
        raise InvalidInputError(f"alpha must be between 0 and 1, got {alpha!r}.")
    return float(alpha)
