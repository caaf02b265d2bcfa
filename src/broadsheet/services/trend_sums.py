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
    signals = signals.taken(signals.at <= now_s)
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


def _first_of_kind(signals: Signals) -> NDArray[np.bool_]:
    """Whether a signal is its reader's first of its kind on its paper, or no reader's."""
    order = np.lexsort((signals.at, signals.kind, signals.paper, signals.reader))
    columns = [c[order] for c in (signals.reader, signals.paper, signals.kind)]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    kept = np.empty(len(order), dtype=bool)
    kept[order] = is_first | (columns[0] == 0)
    return kept


def _nth_of_day(signals: Signals) -> NDArray[np.int64]:
    """Which of its reader's signals of that day (UTC) each is, from 1."""
    n = len(signals.at)
    order = np.lexsort((signals.at, signals.reader))
    reader = signals.reader[order]
    day = (signals.at[order] // _DAY_S).astype(np.int64)
    begins = np.ones(n, dtype=bool)
    begins[1:] = (reader[1:] != reader[:-1]) | (day[1:] != day[:-1])
    place = np.arange(n)
    first = np.maximum.accumulate(np.where(begins, place, 0))
    nth = np.empty(n, dtype=np.int64)
    nth[order] = place - first + 1
    return nth
