"""How well scores tell what belongs from what does not, whatever the threshold."""

import math

import numpy as np
from numpy.typing import ArrayLike

from typecase.base.checks import as_array
from typecase.base.errors import InvalidInputError


def auc(scores: ArrayLike, belongs: ArrayLike) -> float:
    """Return the share of pairs, one that belongs and one that does not, in the right order.

    Ties count a half. Without one of both kinds there is no value (nan).

    Args:
        scores: (n,) finite, higher is more likely.
        belongs: (n,) booleans.

    Source:
        Hanley, McNeil, "The meaning and use of the area under a receiver operating characteristic
        (ROC) curve", Radiology 1982: the area is the Wilcoxon statistic.

    Raises:
        InvalidInputError: not (n,) of both, scores that are not finite, or no booleans.
    """
    values, is_in = as_array(scores, "scores"), as_array(belongs, "belongs")
    if values.ndim != 1 or values.shape != is_in.shape:
        raise InvalidInputError(
            f"scores and belongs must be (n,), got {values.shape} and {is_in.shape}."
        )
    if is_in.dtype != np.bool_:
        raise InvalidInputError(f"belongs must be booleans, got dtype {is_in.dtype}.")
    if values.dtype.kind not in "fiub" or not np.isfinite(values).all():
        raise InvalidInputError("scores must be finite numbers.")
    n_in = int(is_in.sum())
    n_out = len(values) - n_in
    if not n_in or not n_out:
        return math.nan
    _, number, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[number]
    return float((ranks[is_in].sum() - n_in * (n_in + 1) / 2) / (n_in * n_out))
