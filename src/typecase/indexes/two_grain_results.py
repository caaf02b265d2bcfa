"""What a two-grain index answers: ids with scores, and what a search did and why."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.data.vector_table import VectorTable
from typecase.indexes.contract import SearchResult
from typecase.indexes.two_grain_outlook import Effort
from typecase.indexes.two_grain_view import Looked

Floats = NDArray[np.float32]


class RangeResult(NamedTuple):
    """Rows of all queries one after the other, each query's best first."""

    ids: NDArray[np.int64]
    """(total,)."""
    scores: Floats
    """(total,)."""
    offsets: NDArray[np.int64]
    """(n_queries + 1,), where each query's rows begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a search did, and why."""

    way: str
    """"exact", "few" or "cells"."""
    why: str
    n_allowed: int
    """Rows that the filter lets through."""
    n_cells: int
    """Cells that hold such rows."""
    effort: Effort | None
    cells: int
    """Cells looked at."""
    blocks: int
    """Blocks of 32 codes looked at."""
    rows: int
    """Vectors read."""
    missing: float
    """The share of better rows still expected when it stopped."""

    def __str__(self) -> str:
        """Return it as a sentence."""
        looked = f"{self.cells} of {self.n_cells} cells, {self.blocks} blocks, {self.rows} vectors"
        return f"{self.way}: {self.why} {self.n_allowed} rows allowed; looked at {looked}."


def as_result(table: VectorTable, rows: NDArray[np.int64], scores: Floats, k: int) -> SearchResult:
    n = rows.shape[1]
    if n == k and rows.min(initial=0) >= 0:
        ids, out = table.ids_at(rows.ravel()).reshape(rows.shape), scores
    else:
        ids = np.full((len(rows), k), -1, dtype=np.int64)
        out = np.full((len(rows), k), -np.inf, dtype=np.float32)
        there = rows >= 0
        ids[:, :n][there] = table.ids_at(rows[there])
        out[:, :n] = scores
    if n > 1 and (out[:, 1:n] == out[:, : n - 1]).any():
        order = np.lexsort((np.where(ids < 0, np.iinfo(np.int64).max, ids), -out))
        ids = np.take_along_axis(ids, order, axis=1)
    return SearchResult(ids, out)


def as_range(parts: list[tuple[NDArray[np.int64], Floats]]) -> RangeResult:
    lengths = [len(ids) for ids, _ in parts]
    return RangeResult(
        np.concatenate([np.empty(0, dtype=np.int64), *(ids for ids, _ in parts)]),
        np.concatenate([np.empty(0, dtype=np.float32), *(scores for _, scores in parts)]),
        np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64),
    )


def explained(
    way: str, why: str, n_allowed: int, n_cells: int, effort: Effort | None, looked: Looked
) -> Explanation:
    cells, blocks, rows, _, missing, _ = looked
    return Explanation(
        way=way,
        why=why,
        n_allowed=n_allowed,
        n_cells=n_cells,
        effort=effort,
        cells=int(cells),
        blocks=int(blocks),
        rows=int(rows),
        missing=float(missing),
    )
