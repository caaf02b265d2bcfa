"""Exact search: every allowed row is scored. The reference for all other indexes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from typecase.indexes.contract import Snapshot, VectorIndex, score_rows
from typecase.kernels.inner_product import top_k_blocks

_BLOCK_ROWS = 8192
_GATHER_ROWS = 16384
_GATHER_SHARE = 4


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
        table = snapshot.table
        if allowed is not None:
            rows = np.flatnonzero(allowed)
            if len(rows) <= min(_GATHER_ROWS, len(allowed) // _GATHER_SHARE):
                return score_rows(table, q, k, rows)
        return top_k_blocks(
            lambda: table.x.blocks(_BLOCK_ROWS),
            table.x.take,
            table.ids,
            q,
            k,
            allowed=allowed,
            inverse_norms=table.inverse_norms,
            row_norm=table.row_norm,
        )
