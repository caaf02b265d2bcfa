"""The order of results: higher score first, ties to the lower id, padding of -1 and -inf."""

import numpy as np
from numpy.typing import NDArray


def rank_top_k(
    scores: NDArray[np.float32], ids: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the ids (k,) and scores (k,) of the k best of (n,), padded where n < k."""
    out_ids = np.full(k, -1, dtype=np.int64)
    out_scores = np.full(k, -np.inf, dtype=np.float32)
    order = np.lexsort((ids, -scores))[:k]
    out_ids[: len(order)] = ids[order]
    out_scores[: len(order)] = scores[order]
    return out_ids, out_scores


def kth_largest(scores: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """Return the k-th largest of each row of (m, n), (m,); -inf where n < k."""
    n = scores.shape[1]
    if n < k:
        return np.full(len(scores), -np.inf, dtype=np.float32)
    kth: NDArray[np.float32] = np.partition(scores, n - k, axis=1)[:, n - k]
    return kth
