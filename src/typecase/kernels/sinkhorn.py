"""Sharing rows out evenly: entropy-regularised optimal transport."""

import numpy as np
from numpy.typing import NDArray

_FLOOR = 1e-20  # of a row's best entry; keeps scalings within float32


Floats = NDArray[np.float32]


def uniform_plan(costs: Floats, *, epsilon: float, n_rounds: int) -> Floats:
    """Return shares, (n, k): rows of sum 1, columns of sums near n / k, of low total cost.

    The costs are first brought to [-1, 1], so that epsilon means the same everywhere. A round
    scales columns to n / k, then rows to 1: the rows' sums are exact, those of the columns come
    nearer with every round. An entry below 1e-20 of its row's best counts as that.

    Args:
        costs: (n, k), n and k at least 1.
        epsilon: above 0; the smaller, the nearer the shares are to 0 and 1, and the more rounds
            it takes.

    Source:
        Cuturi, "Sinkhorn distances", NeurIPS 2013, algorithm 1; Zhan et al. (RepCONC), WSDM 2022,
        for its use on distances to centroids.
    """
    n, k = costs.shape
    half = max((float(costs.max()) - float(costs.min())) / 2, 1e-30)
    steepness = np.float32(1 / (half * epsilon))
    least: Floats = costs.min(axis=1)
    entries: Floats = least[:, None] - costs
    entries *= steepness
    np.exp(entries, out=entries)
    np.maximum(entries, np.float32(_FLOOR), out=entries)
    # what the rows' best were divided by, so that the first round is that of the plain costs
    of_rows = np.maximum(np.exp((least.min() - least) * steepness), np.float32(_FLOOR))
    of_columns = np.ones(k, dtype=np.float32)
    for _ in range(n_rounds):
        of_columns = np.float32(n / k) / (of_rows @ entries)
        of_rows = np.float32(1) / (entries @ of_columns)
    entries *= of_columns
    entries *= of_rows[:, None]
    return entries
