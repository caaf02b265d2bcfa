"""What a two-grain index learns about itself: where better rows hide, and what a recall costs.

Queries that stand for those to come are searched exactly, once; everything is measured on them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from typecase.data.cell_codes import CellCodes

RECALLS = (0.8, 0.9, 0.95, 0.97, 0.99, 0.995)
"""For which an effort is looked for."""

_FAR_STEPS = 64
_FIRST_Z, _PER_UNIT, _N_Z = -4.0, 8.0, 256
_RING_RANKS = (2, 8, 32, 128, 512)
_HISTOGRAM_QUERIES = 64
_K = 10
_ERRORS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_MISSING = (0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.035, 0.025, 0.015, 0.01, 0.005, 0.002)
_FINE_MISSING = 0.01
_ROW_COST = 3.0  # reading a row against looking at a block, in warm memory
_MARGIN = 0.004

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard a search tries."""

    recall: float
    """That was asked for."""
    error: float
    """Standard deviations of a code's error that are allowed for."""
    missing: float
    """The share of better rows still expected at which it stops."""
    believed: float
    """The recall that was measured, less its standard error, where that was lowest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Survival of scores in cells near and far, and an effort for each recall."""

    ring: NDArray[np.int32]
    """(65,), where in `share` the shares for a distance begin, 0 the nearest cell, 64 average."""
    share: Floats
    """(n_rings, 256): how often a score is more than z spreads above its cell's."""
    efforts: tuple[Effort, ...]

    def effort_for(self, recall: float) -> Effort | None:
        """Return the least effort that is believed to reach a recall; None where none is."""
        return next((effort for effort in self.efforts if effort.recall >= recall), None)

    def to_arrays(self) -> dict[str, Any]:
        """Return everything as arrays, by name."""
        table = [(e.recall, e.error, e.missing, e.believed) for e in self.efforts]
        return {
            "ring_": self.ring,
            "share_": self.share,
            "efforts_": np.array(table, dtype=np.float64).reshape(-1, 4),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self:
        """Take back what `to_arrays` gave."""
        table = np.asarray(arrays["efforts_"]).tolist()
        return cls(
            ring=np.asarray(arrays["ring_"]),
            share=np.asarray(arrays["share_"]),
            efforts=tuple(Effort(recall=r, error=e, missing=m, believed=b) for r, e, m, b in table),
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """A filter to measure on: which rows it allows, and the true neighbours under it."""

    allowed: NDArray[np.bool_] | None
    """(n,)."""
    truth: NDArray[np.int64]
    """(n_queries, 10), rows; -1 where fewer are allowed."""


Measure = Callable[[Trial, float, float], tuple[NDArray[np.int64], float, float]]
"""Trial, error, missing -> rows found (n_queries, m), blocks and rows looked at per query."""


class Exam:
    """Queries with everything that an exact pass over the rows says of them.

    Args:
        queries: (n_queries, dim), of unit length for cosine.
        own: (n_queries,), the row that a query is itself, to be passed over; -1 where none.
    """

    def __init__(
        self, codes: CellCodes, queries: Floats, own: NDArray[np.int64], rng: np.random.Generator
    ) -> None:
        self.queries, self.own = queries, own
        self._codes = codes
        scores = queries @ codes.cells.centers.T
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
        totals = self._histogram.sum(axis=1, keepdims=True)
        share = self._histogram[:, ::-1].cumsum(axis=1)[:, ::-1] / np.maximum(totals, 1)
        share[:, -1] = 0
        as_floats: Floats = share.astype(np.float32)
        return as_floats

    def read(
        self,
        blocks: Iterator[tuple[int, Floats]],
        of_row: NDArray[np.int64],
        filters: list[NDArray[np.bool_] | None],
    ) -> list[Trial]:
        """Pass over all rows, in blocks of the codes' scale, and return a trial a filter."""
        best = [_Best(len(self.queries)) for _ in filters]
        for first, x in blocks:
            scores = self.queries @ x.T
            self._count(scores, of_row[first : first + len(x)])
            mine = np.flatnonzero((self.own >= first) & (self.own < first + len(x)))
            scores[mine, self.own[mine] - first] = -np.inf
            for allowed, top in zip(filters, best, strict=True):
                if allowed is None:
                    top.take(scores, first + np.arange(len(x)))
                else:
                    columns = np.flatnonzero(allowed[first : first + len(x)])
                    top.take(scores[:, columns], first + columns)
        return [Trial(allowed, top.rows()) for allowed, top in zip(filters, best, strict=True)]

    def _count(self, scores: Floats, cells: NDArray[np.int64]) -> None:
        chosen = self._rng.choice(
            len(scores), min(len(scores), _HISTOGRAM_QUERIES), replace=False, shuffle=False
        )
        above = scores[chosen] - self._scores[np.ix_(chosen, cells)]
        z = (above / self._codes.spread[cells] - _FIRST_Z) * _PER_UNIT
        place = np.clip(z, 0, _N_Z - 1).astype(np.int64) + _N_Z * self._rings[np.ix_(chosen, cells)]
        counts = np.bincount(place.ravel(), minlength=self._histogram.size)
        self._histogram += counts.reshape(self._histogram.shape)


def find_efforts(trials: list[Trial], measure: Measure) -> tuple[Effort, ...]:
    """Return the cheapest effort for each recall that one reaches on every trial.

    What the codes' error loses and what the unseen cells lose hardly depend on each other, so that
    each is measured alone; the pair that is chosen is then measured.
    """
    fine = [_measured(measure, t, _ERRORS[-1], _FINE_MISSING)[0] for t in trials]
    kept, rows = [], []
    for error in _ERRORS:
        found = [_measured(measure, trial, error, _FINE_MISSING) for trial in trials]
        kept.append([f[0] / max(most, 1e-9) for f, most in zip(found, fine, strict=True)])
        rows.append(found[0][2])
    covered, blocks = [], []
    for missing in _MISSING:
        found = [_measured(measure, trial, _ERRORS[-1], missing) for trial in trials]
        covered.append([f[0] for f in found])
        blocks.append(found[0][1])
    recall = np.min(np.array(kept)[:, None, :] * np.array(covered)[None, :, :], axis=2)
    cost = _ROW_COST * np.array(rows)[:, None] + np.array(blocks)[None, :]
    efforts = (_effort_for(r, recall, cost, trials, measure) for r in RECALLS)
    return tuple(effort for effort in efforts if effort is not None)


def _effort_for(
    wanted: float,
    recall: NDArray[np.float64],
    cost: NDArray[np.float64],
    trials: list[Trial],
    measure: Measure,
) -> Effort | None:
    margin = _MARGIN
    for _ in range(3):
        enough = np.where(recall >= min(wanted + margin, 0.5 + wanted / 2), cost, np.inf)
        if not np.isfinite(enough).any():
            return None
        error, missing = np.unravel_index(np.argmin(enough), enough.shape)
        effort = (_ERRORS[error], _MISSING[missing])
        believed = min(_measured(measure, trial, *effort)[0] for trial in trials)
        if believed >= wanted:
            return Effort(recall=wanted, error=effort[0], missing=effort[1], believed=believed)
        margin += wanted - believed + _MARGIN
    return None


def _measured(
    measure: Measure, trial: Trial, error: float, missing: float
) -> tuple[float, float, float]:
    """Return recall less its standard error, and blocks and rows a query."""
    rows, n_blocks, n_rows = measure(trial, error, missing)
    there = trial.truth >= 0
    hit = (trial.truth[:, :, None] == rows[:, None, :]).any(axis=2) & there
    recalls = hit.sum(axis=1) / np.maximum(1, there.sum(axis=1))
    error_of_mean = float(recalls.std() / len(recalls) ** 0.5)
    return float(recalls.mean()) - error_of_mean, n_blocks, n_rows


def _ring_cuts(far: Floats) -> NDArray[np.float32]:
    """Return how far the cells of some ranks typically are, ascending."""
    ranks = [rank for rank in _RING_RANKS if rank < far.shape[1]]
    typical: NDArray[np.float32] = np.median(np.sort(far, axis=1)[:, ranks], axis=0)
    return typical


class _Best:
    """The best 10 rows of each query so far."""

    def __init__(self, n_queries: int) -> None:
        self._scores = np.full((n_queries, _K), -np.inf, dtype=np.float32)
        self._rows = np.full((n_queries, _K), -1, dtype=np.int64)

    def take(self, scores: Floats, rows: NDArray[np.int64]) -> None:
        queries, columns = np.nonzero(scores > self._scores.min(axis=1, keepdims=True))
        ends = np.searchsorted(queries, np.arange(len(scores)), side="right")
        for query in np.unique(queries).tolist():
            here = columns[(ends[query - 1] if query else 0) : ends[query]]
            both = np.concatenate([self._scores[query], scores[query, here]])
            numbers = np.concatenate([self._rows[query], rows[here]])
            top = np.argpartition(-both, _K - 1)[:_K]
            self._scores[query], self._rows[query] = both[top], numbers[top]

    def rows(self) -> NDArray[np.int64]:
        return self._rows
