"""From single signals to one row a paper: what counts, how far, and what it sums up to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.trend_ports import Signals
from broadsheet.model.trend_settings import TrendingSettings
from broadsheet.model.trending import decay, position_correction, trust

_HOUR_S = 3600.0
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Signals by paper and kind.

    Args:
        kinds: names of the columns.
        papers: (n,) keys, ascending: papers with any signal.
        numbers, last_day, sums: (n, n_kinds): how many, how many of the last 24 hours, and what
            they add to x.
    """

    kinds: tuple[str, ...]
    papers: NDArray[np.int64]
    numbers: NDArray[np.float64]
    last_day: NDArray[np.float64]
    sums: NDArray[np.float64]


def sum_up(signals: Signals, settings: TrendingSettings, *, now_s: float) -> Sums:
    """Return the decayed sums of the signals until now.

    What lies in the future waits for its time. Of a reader's acts of one kind on one paper the
    first counts, so that nobody lifts a paper by doing the same again.
    """
    past = np.flatnonzero(signals.at <= now_s)
    signals = signals.taken(past[np.argsort(signals.at[past], kind="stable")])
    signals = signals.taken(_first_of_kind(signals))
    added = _added(signals, settings, now_s)
    papers, row = np.unique(signals.paper, return_inverse=True)
    shape = (len(papers), len(signals.kinds))
    cell = row * shape[1] + signals.kind
    recent = np.where(signals.at > now_s - _DAY_S, signals.amount, 0.0)

    def by_cell(values: NDArray[np.float64]) -> NDArray[np.float64]:
        summed = np.bincount(cell, weights=values, minlength=shape[0] * shape[1])
        return summed.astype(np.float64).reshape(shape)

    return Sums(
        kinds=signals.kinds,
        papers=papers,
        numbers=by_cell(signals.amount),
        last_day=by_cell(recent),
        sums=by_cell(added),
    )


def _added(signals: Signals, settings: TrendingSettings, now_s: float) -> NDArray[np.float64]:
    """What each signal adds to x: weight * trust * correction * decay."""
    weights = settings.weights.model_dump()
    weight = np.array([weights[kind] for kind in signals.kinds] or [0.0])[signals.kind]
    opened = np.array([kind == "open" for kind in signals.kinds] or [False])[signals.kind]
    correction = np.where(opened, position_correction(signals.place), 1.0)
    by_reader = signals.reader > 0
    account_age_h = (signals.at - signals.joined) / _HOUR_S
    trusted = np.where(by_reader, trust(account_age_h, _nth_of_day(signals)), 1.0)
    left = decay((now_s - signals.at) / _HOUR_S, settings.half_life_h)
    return weight * signals.amount * trusted * correction * left


def _first_of_kind(signals: Signals) -> NDArray[np.int64]:
    """Which are their reader's first of their kind on their paper, or no reader's; by time."""
    past_papers, n_kinds = signals.paper.max(initial=0) + 1, len(signals.kinds)
    same = (signals.reader * past_papers + signals.paper) * n_kinds + signals.kind
    _, first = np.unique(same, return_index=True)  # the first of equal ones, and time ascends
    kept = signals.reader == 0
    kept[first] = True
    return np.flatnonzero(kept)


def _nth_of_day(signals: Signals) -> NDArray[np.int64]:
    """Which of its reader's signals of that day (UTC) each is, from 1; time ascends."""
    n = len(signals.at)
    day = (signals.at // _DAY_S).astype(np.int64)
    same = signals.reader * (day.max(initial=0) + 1) + day
    order = np.argsort(same, kind="stable")
    begins = np.ones(n, dtype=bool)
    begins[1:] = np.diff(same[order]) != 0
    place = np.arange(n)
    first = np.maximum.accumulate(np.where(begins, place, 0))
    nth = np.empty(n, dtype=np.int64)
    nth[order] = place - first + 1
    return nth
