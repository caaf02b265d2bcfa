"""Our indexes, through the registry like anybody's code."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.filtered.dataset import Dataset
from bench.filtered.filters import Filter
from bench.filtered.peers.contract import Engine, Setting
from typecase.base.registry import get
from typecase.data.filters import IdMask


class _Ours(Engine):
    """Fitted on the mapped file, saved in a folder, opened from it."""

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ("broadsheet", "numpy")
    settings: ClassVar[tuple[Setting, ...]] = ({},)

    def __init__(self) -> None:
        """Import what searches, which is not counted as memory of the index, as of no engine."""
        self.index_class: Any = get("indexes", self.name)

    def build(self, data: Dataset, folder: Path) -> None:
        self.index_class().fit(data.x).save(folder / "index")

    def open(self, data: Dataset, folder: Path) -> None:
        self.index = self.index_class.load(folder / "index", mmap=True)

    def prepare(self, chosen: Filter, data: Dataset) -> Any:
        mask = IdMask(data.mask(chosen))
        for _ in range(2):  # the first search compiles it, the second lays out its rows' codes
            self.index.search(data.queries[:1], 1, filter=mask)
        return mask

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        ids: NDArray[np.int64] = self.index.search(q[None], k, filter=prepared, **setting).ids[0]
        return ids


class Flat(_Ours):
    """Exact."""

    name: ClassVar[str] = "flat"
    note: ClassVar[str] = "exact scan of a mapped file"


class Sign(_Ours):
    """One bit a dimension, then exact."""

    name: ClassVar[str] = "sign"
    note: ClassVar[str] = "whole scan of sign bits, exact rescoring from a mapped file"


class TwoGrain(_Ours):
    """Cells and codes in memory, the verdict on disk; kept in a folder, rows in cell order."""

    name: ClassVar[str] = "two_grain"
    note: ClassVar[str] = "the defaults, asked for a recall; opened from its folder"
    settings: ClassVar[tuple[Setting, ...]] = tuple(
        {"recall": recall}
        for recall in (
            *(0.8, 0.85, 0.88, 0.9, 0.905, 0.91, 0.915, 0.92, 0.925, 0.93, 0.935, 0.94, 0.945),
            *(0.95, 0.96, 0.97, 0.98, 0.99),
        )
    )

    def __init__(self) -> None:
        """Import the codec, too."""
        super().__init__()
        self.codec_class: Any = get("compress", "rabitq")

    def build(self, data: Dataset, folder: Path) -> None:
        params = self.params()
        with self.index_class.open(folder / "index", write=True, dim=data.dim, **params) as index:
            index.fit(data.x)

    def open(self, data: Dataset, folder: Path) -> None:
        self.index = self.index_class.open(folder / "index", **self.params())

    def params(self) -> dict[str, Any]:
        """Return what is not the index's default."""
        return {}

    def work(self, q: NDArray[np.float32], setting: Setting, prepared: Any) -> dict[str, float]:
        """Return bytes of all centres at a byte a dimension, of the blocks, and the rows read."""
        did = self.index.explain(q, filter=prepared, **setting)
        stats = self.index.stats()
        return {
            "cells": float(stats["n_cells"] * stats["dim"]) if did.cells else 0.0,
            "codes": float(did.blocks * 32 * stats["code_bytes_a_vector"]),
            "rows": float(did.rows),
        }


class TwoGrainSmall(TwoGrain):
    """The same in 40 bytes a vector: the 160 strongest directions of a row's residual."""

    note: ClassVar[str] = "160 bits a vector"

    def params(self) -> dict[str, Any]:
        """Return the smaller codec."""
        return {"codec": self.codec_class(n_dims=160)}


class TwoGrainLarge(TwoGrain):
    """The same in 110 bytes a vector, for vectors on a slow disk: a fourth of the rows is read."""

    note: ClassVar[str] = "768 bits a vector"

    def params(self) -> dict[str, Any]:
        """Return the larger codec."""
        return {"codec": self.codec_class(n_bits=2)}
