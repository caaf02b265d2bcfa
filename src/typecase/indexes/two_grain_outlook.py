"""What a two-grain index learns about itself: where better rows hide, and what a recall costs.

Measured on queries that stand for those to come. Scores of a sample of rows tell where better ones
hide. Which pair of error and missing share may be the cheapest for a recall is seen on half of the
queries, what is believed of it on all.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.errors import CorruptFileError
from typecase.data.cell_codes import CellCodes

RECALLS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
"""For which an effort is looked for."""

_LEAST_SPREAD = 1e-10  # none that is found is so small
_FAR_STEPS = 64
_FIRST_Z, _PER_UNIT, _N_Z = -4.0, 8.0, 256
_RING_RANKS = (2, 8, 32, 128, 512)
_HISTOGRAM_QUERIES = 64
_TAIL = 0.2  # a share of the rows
_FEW_ABOVE, _TAIL_POINTS, _MOST_WEIGHT = 20, 4, 1e4
_ERRORS = (0.25, 0.75, 1.25, 2.0, 3.0)
_MISSING = (0.1, 0.045, 0.015, 0.004, 0.0008)
_USUAL_ERROR, _USUAL_MISSING = 2.0, 0.045
_STEPS = 4  # from one of them to the next
_MOST_CAREFUL = 3.0, 0.0001
_LEAST_LOSS = 0.0005
_ROW_COST = 3.0  # reading a row against looking at a block, in warm memory
_MARGIN = 0.006  # queries to come are a little harder than rows that stand for them
_FILTER_MARGIN = 0.016  # there are more kinds of filters than are measured
_MARGIN_SHARE = 0.12
_TRIES = 4
_SAFE, _SAFE_SHARE = 0.01, 0.5  # a trial that loses so much less need not be measured again
_LEAST_QUERIES = 50
_BROAD = 0.05  # a filter that allows such a share of the rows is like none, but not quite

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard a search tries."""

    error: float
    """Standard deviations of a code's error that are allowed for."""
    missing: float
    """The share of better rows still expected at which it stops."""
    recall: float = 0.0
    """That is asked for; 0 while it is being tried what these two give."""
    believed: float = 0.0
    """The recall that was measured, less its standard error, where that was lowest."""
    near: "Effort | None" = None
    """The effort under a filter that goes with the query: that of no filter. None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Survival of scores in cells near and far, and an effort for each recall."""

    ring: NDArray[np.int32]
    """(65,), where in `share` the shares for a distance begin, 0 the nearest cell, 64 average."""
    share: Floats
    """(n_rings, 256): how often a score is more than z spreads above its cell's."""
    efforts: tuple[Effort, ...]
    """Without a filter, by ascending recall."""
    broad: tuple[Effort, ...]
    """Under a filter that allows a twentieth of the rows or more."""
    narrow: tuple[Effort, ...]
    """Under one that allows less."""
    n_rows: int
    """That lived when this was measured; 0 where that was not kept."""
    is_of_queries: bool = False
    """Whether it was measured on queries that were given, and not on rows that stand for them."""

    def breadth(self, share: float | None) -> str:
        """Return the name of the efforts under a filter that allows such a share of the rows."""
        if share is None:
            return "efforts"
        return "broad" if share >= _BROAD else "narrow"

    def effort_for(self, recall: float, share: float | None = None) -> Effort | None:
        """Return the least effort that is believed to reach a recall; None where none is.

        Between two recalls that were measured it lies between their efforts.

        Args:
            share: of the rows that a filter allows; None where there is none.
        """
        efforts: tuple[Effort, ...] = getattr(self, self.breadth(share))
        effort = _least(efforts, recall)
        if effort is None or share is None:
            return effort
        return replace(effort, near=_least(self.efforts, recall))

    def to_arrays(self) -> dict[str, Any]:
        """Return everything as arrays, by name."""
        return {
            "ring_": self.ring,
            "share_": self.share,
            "efforts_": _as_array(self.efforts),
            "broad_": _as_array(self.broad),
            "narrow_": _as_array(self.narrow),
            "examined_": np.array([self.n_rows, self.is_of_queries], dtype=np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self:
        """Take back what `to_arrays` gave, now or when one effort was for every filter."""
        efforts = arrays["efforts_"]
        n_rows, is_of_queries = arrays.get("examined_", (0, False))
        return cls(
            ring=np.asarray(arrays["ring_"]),
            share=np.asarray(arrays["share_"]),
            efforts=_from_array(efforts),
            broad=_from_array(arrays.get("broad_", efforts)),
            narrow=_from_array(arrays.get("narrow_", efforts)),
            n_rows=int(n_rows),
            is_of_queries=bool(is_of_queries),
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """A filter to measure on: which rows it allows, and the true neighbours under it."""

    allowed: NDArray[np.bool_] | None
    """(n,)."""
    truth: NDArray[np.int64]
    """(n_queries, 10), rows; -1 where fewer are allowed."""


Measure = Callable[[Trial, float, float, int], tuple[NDArray[np.int64], float, float]]
"""Trial, error, missing, n -> rows found of the first n queries, (n, m), blocks, rows a query."""


class Survival:
    """Counts how far scores of rows are above those of their cells' centres, near and far.

    Args:
        queries: (n_queries, dim), of unit length.

    Raises:
        CorruptFileError: the cells are none that can be found.
    """

    def __init__(self, codes: CellCodes, queries: Floats, rng: np.random.Generator) -> None:
        self.queries = queries
        self._codes = codes
        with np.errstate(over="ignore", invalid="ignore"):
            scores = queries @ codes.cells.centers.T
        fits = (codes.spread > _LEAST_SPREAD) & (codes.spread < np.inf)
        if not (np.isfinite(scores).all() and fits.all()):
            raise CorruptFileError("Cells are not what was written: they were changed in a file.")
        best = scores.max(axis=1, keepdims=True)
        width = np.maximum(best - scores.mean(axis=1, keepdims=True), 1e-12)
        far = (best - scores) / width
        self._scores, self._cuts = scores, _ring_cuts(far)
        ring_of_step = np.searchsorted(self._cuts, np.arange(_FAR_STEPS + 1) / _FAR_STEPS, "right")
        steps = np.minimum((far * _FAR_STEPS).astype(np.int64), _FAR_STEPS)
        self._rings = ring_of_step[steps]
        self.ring = (_N_Z * ring_of_step).astype(np.int32)
        self._histogram = np.zeros((len(self._cuts) + 1, _N_Z))
        self._rng = rng

    def share(self) -> Floats:
        """Return the survival table, (n_rings, 256)."""
        return np.stack([_survival(counts) for counts in self._histogram])

    def take(self, x: Floats, cells: NDArray[np.int64], is_own: NDArray[np.bool_]) -> None:
        """Count rows, (m, dim), in the codes' scale.

        Args:
            cells: (m,), that they are in.
            is_own: (n_queries, m), whether a row is the one that stands for a query: no such row
                is waiting for queries to come.
        """
        n = len(self.queries)
        chosen = self._rng.choice(n, min(n, _HISTOGRAM_QUERIES), replace=False, shuffle=False)
        above = self.queries[chosen] @ x.T - self._scores[np.ix_(chosen, cells)]
        above[is_own[chosen]] = -np.inf
        z = (above / self._codes.spread[cells] - _FIRST_Z) * _PER_UNIT
        place = np.clip(z, 0, _N_Z - 1).astype(np.int64) + _N_Z * self._rings[np.ix_(chosen, cells)]
        counts = np.bincount(place.ravel(), minlength=self._histogram.size)
        self._histogram += counts.reshape(self._histogram.shape)


def _survival(counts: NDArray[np.float64]) -> Floats:
    """Return the share of a ring's rows above each z, (256,), from how many are at it, (256,).

    Where few are above, how many is chance, and of a million rows in far cells chance promises some
    that are not there. There the logarithm goes on as the parabola, or line, that it was before.
    """
    above = counts[::-1].cumsum()[::-1]
    share = above / max(1.0, above[0])
    z = _FIRST_Z + np.arange(len(counts)) / _PER_UNIT
    known = (share < _TAIL) & (above >= _FEW_ABOVE)
    if np.count_nonzero(known) > _TAIL_POINTS:
        end, weights = int(np.flatnonzero(known)[-1]), np.sqrt(np.minimum(above, _MOST_WEIGHT))
        tail = np.polyfit(z[known], np.log(share[known]), 2, w=weights[known])
        if tail[0] > 0:
            tail = np.polyfit(z[known], np.log(share[known]), 1, w=weights[known])
        falls = np.polyval(tail, z[end:]) - np.polyval(tail, z[end])
        share[end:] = share[end] * np.exp(np.minimum(falls, 0))
    share[-1] = 0
    as_floats: Floats = share.astype(np.float32)
    return as_floats


def _least(efforts: tuple[Effort, ...], recall: float) -> Effort | None:
    at = next((i for i, effort in enumerate(efforts) if effort.recall >= recall), None)
    if at is None:
        return None
    return efforts[0] if at == 0 else _between(efforts[at - 1], efforts[at], recall)


def _between(less: Effort, more: Effort, recall: float) -> Effort:
    """Return the effort for a recall between two that were measured."""
    share = (recall - less.recall) / (more.recall - less.recall)
    return Effort(
        recall=recall,
        error=less.error + share * (more.error - less.error),
        missing=less.missing * (more.missing / less.missing) ** share,
        believed=less.believed + share * (more.believed - less.believed),
    )


def _as_array(efforts: tuple[Effort, ...]) -> NDArray[np.float64]:
    table = [(e.recall, e.error, e.missing, e.believed) for e in efforts]
    return np.array(table, dtype=np.float64).reshape(-1, 4)


def _from_array(table: Any) -> tuple[Effort, ...]:
    rows = np.asarray(table).tolist()
    return tuple(Effort(recall=r, error=e, missing=m, believed=b) for r, e, m, b in rows)


def find_efforts(trials: list[Trial], measure: Measure) -> tuple[Effort, ...]:
    """Return the cheapest effort for each recall that one reaches on every trial.

    What the codes' error loses and what the unseen cells lose hardly depend on each other, so that
    each is measured alone, on half of the queries; pairs that are chosen are then measured.
    """
    some = max(len(trials[0].truth) // 2, min(len(trials[0].truth), _LEAST_QUERIES))

    def seen(error: float, missing: float) -> tuple[NDArray[np.float64], float, float]:
        found = np.array([_measured(measure, trial, error, missing, some) for trial in trials])
        return found[:, 0], found[:, 1].mean(), found[:, 2].mean()

    usual = seen(_USUAL_ERROR, _USUAL_MISSING)
    by_error = [usual if e == _USUAL_ERROR else seen(e, _USUAL_MISSING) for e in _ERRORS]
    by_missing = [usual if m == _USUAL_MISSING else seen(_USUAL_ERROR, m) for m in _MISSING]
    kept = _finer([f[0] for f in by_error])
    covered = _finer([f[0] for f in by_missing]) / np.maximum(usual[0], 1e-9)
    recall = kept[:, None, :] * covered[None, :, :]
    rows, blocks = _finer([f[2] for f in by_error]), _finer([f[1] for f in by_missing])
    cost = _ROW_COST * rows[:, None] + blocks[None, :]
    loss, worse = np.maximum(1 - recall, _LEAST_LOSS), np.ones(len(trials))

    @cache
    def recall_of(trial: int, error: float, missing: float) -> float:
        return _measured(measure, trials[trial], error, missing)[0]

    efforts = (
        _effort_for(wanted, _lowest(wanted, trials), loss, cost, worse, recall_of)
        for wanted in RECALLS
    )
    return tuple(effort for effort in efforts if effort is not None)


def _finer(values: ArrayLike, *, by_ratio: bool = False) -> NDArray[np.float64]:
    """Return values, (n, ...), and those between each two, (steps * (n - 1) + 1, ...).

    Args:
        by_ratio: equal ratios between two values, not equal differences.
    """
    known = np.asarray(values, dtype=np.float64)
    part = (np.arange(_STEPS) / _STEPS).reshape(-1, *[1] * (known.ndim - 1))
    steps = (a * (b / a) ** part if by_ratio else a + part * (b - a) for a, b in pairwise(known))
    return np.concatenate([*steps, known[-1:]])


def _lowest(wanted: float, trials: list[Trial]) -> float:
    """Return the recall to reach on trials for what is wanted of queries to come."""
    is_filtered = any(trial.allowed is not None for trial in trials)
    share = 2.5 * _MARGIN_SHARE if is_filtered else _MARGIN_SHARE
    return wanted + min(_FILTER_MARGIN if is_filtered else _MARGIN, share * (1 - wanted))


def _effort_for(
    wanted: float,
    lowest: float,
    loss: NDArray[np.float64],
    cost: NDArray[np.float64],
    worse: NDArray[np.float64],
    recall_of: Callable[[int, float, float], float],
) -> Effort | None:
    """Return the first of a few pairs that does, each chosen by what the one before it lacked.

    Args:
        lowest: the recall to reach on trials.
        loss: of recall, (n_errors, n_missing, n_trials), as it was seen on some queries.
        cost: (n_errors, n_missing).
        worse: (n_trials,), how often as large it was when it was last measured; changed.
        recall_of: measures a trial with an error and a missing share, on all queries.
    """
    errors, missing = _finer(_ERRORS), _finer(_MISSING, by_ratio=True)
    for number in range(_TRIES - 1):
        asked = lowest + (1 - lowest) * max(0, number - 1) / _TRIES
        enough = np.where((loss * worse).max(axis=2) <= 1 - asked, cost, np.inf)
        if not np.isfinite(enough).any():
            break
        at = np.unravel_index(np.argmin(enough), enough.shape)
        effort = float(errors[at[0]]), float(missing[at[1]])
        expected = loss[at] * worse
        believed = np.inf
        hard = expected.max() - min(_SAFE, _SAFE_SHARE * expected.max())
        for i in np.flatnonzero(expected >= hard):
            found = recall_of(int(i), *effort)
            worse[i] = max(1 - found, _LEAST_LOSS) / loss[*at, i]
            believed = min(believed, found)
        if believed >= lowest:
            return Effort(recall=wanted, error=effort[0], missing=effort[1], believed=believed)
    error, share = _MOST_CAREFUL
    believed = min(recall_of(i, error, share) for i in range(len(worse)))
    if believed < wanted:
        return None
    return Effort(recall=wanted, error=error, missing=share, believed=believed)


def _measured(
    measure: Measure, trial: Trial, error: float, missing: float, some: int | None = None
) -> tuple[float, float, float]:
    """Return recall less its standard error on all queries, and blocks and rows a query."""
    truth = trial.truth[:some]
    rows, n_blocks, n_rows = measure(trial, error, missing, len(truth))
    there = truth >= 0
    hit = (truth[:, :, None] == rows[:, None, :]).any(axis=2) & there
    recalls = hit.sum(axis=1) / np.maximum(1, there.sum(axis=1))
    error_of_mean = float(recalls.std() / len(trial.truth) ** 0.5)
    return float(recalls.mean()) - error_of_mean, n_blocks, n_rows


def _ring_cuts(far: Floats) -> NDArray[np.float32]:
    """Return how far the cells of some ranks typically are, ascending."""
    ranks = [rank for rank in _RING_RANKS if rank < far.shape[1]]
    typical: NDArray[np.float32] = np.median(np.sort(far, axis=1)[:, ranks], axis=0)
    return typical
