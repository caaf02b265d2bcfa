"""The loss that says which of many candidates belongs to a query, and its gradient."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def cross_entropy(scores: Array, targets: Array) -> tuple[float, Array]:
    """Return the mean of `-sum_j targets_j log softmax(scores)_j` and its gradient by scores.

    With one target of 1 a row this is InfoNCE (van den Oord et al., 2018, equation 4).

    Args:
        scores: (n, m), already divided by the temperature; -inf leaves a candidate out, whose
            target must be 0.
        targets: (n, m), rows of sum 1.

    Returns:
        The loss, and (n, m) of the scores' dtype.
    """
    shifted = scores - scores.max(axis=1, keepdims=True)
    shares = np.exp(shifted)
    totals = shares.sum(axis=1, keepdims=True)
    shares /= totals
    logs = np.where(targets > 0, shifted, 0) - np.log(totals)
    loss = -float(np.vecdot(targets, logs).sum(dtype=np.float64)) / len(scores)
    return loss, ((shares - targets) / len(scores)).astype(scores.dtype, copy=False)


def softmax(scores: Array) -> Array:
    """Return the softmax of each row; -inf becomes 0."""
    shares: Array = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def unit_rows(x: Array) -> tuple[Array, Array]:
    """Return the rows of x at length 1, and their lengths, (n, 1), floored at 1e-12."""
    lengths = np.maximum(np.sqrt(np.vecdot(x, x)), 1e-12)[:, None].astype(x.dtype, copy=False)
    return x / lengths, lengths


def through_unit_rows(unit: Array, lengths: Array, gradient: Array) -> Array:
    """Return the gradient by x, given `unit, lengths = unit_rows(x)` and that by unit."""
    along = np.vecdot(unit, gradient)[:, None]
    out: Array = (gradient - unit * along) / lengths
    return out
