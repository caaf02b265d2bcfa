"""How recent papers are, as a share of a score."""

import numpy as np
from numpy.typing import NDArray

HALF_LIFE_DAYS = 365.0
_DAYS_A_MONTH = 30.44


def recency(days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 2^(-age / half life), (n,), of day numbers `yyyymmdd`, (n,); 0 where there is none.

    The age is counted from the newest of these papers, so that the same search of the same library
    has the same answer on every day.
    """
    ages = _ordinals(days)
    known = days > 0
    if not known.any():
        return np.zeros(len(days))
    found: NDArray[np.float64] = np.where(
        known, np.exp2((ages - ages[known].max()) / HALF_LIFE_DAYS), 0.0
    )
    return found


def _ordinals(days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return about the number of days since year 0; unknown months and days count as the first."""
    year, month, day = days // 10_000, days // 100 % 100, days % 100
    start: NDArray[np.float64] = year * 365.25 + np.maximum(month - 1, 0) * _DAYS_A_MONTH
    return start + np.maximum(day - 1, 0)
