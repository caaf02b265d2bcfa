"""Exact search: every allowed row is scored. The reference for all other indexes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from typecase.indexes.contract import Snapshot, VectorIndex, search_exactly


class FlatIndex(VectorIndex[None]):
    """Score all rows with float32 products, decide the order with float64 sums.

    Args:
        metric: "cosine", or "ip" for the plain inner product.

    Attributes:
        snapshot_: rows and ids; nothing else is kept.
    """

    def __init__(self, *, metric: str = "cosine") -> None:
        self.metric = metric

    def _encode(self, table: object) -> None:
        return None

    def _codes_from_state(self, state: dict[str, Any]) -> None:
        return None

    def _search(
        self,
        snapshot: Snapshot[None],
        q: NDArray[np.float32],
        k: int,
        allowed: NDArray[np.bool_] | None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        return search_exactly(snapshot.table, q, k, allowed)
