"""usearch: HNSW over float16; its Python interface has no filter."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index

from bench.filtered.dataset import Dataset
from bench.filtered.peers.contract import Engine, Setting, blocks


class Usearch(Engine):
    """HNSW, 16 links."""

    note: ClassVar[str] = "HNSW M=16 expansion_add=100, float16 in memory; no filter"
    packages: ClassVar[tuple[str, ...]] = ("usearch",)
    settings: ClassVar[tuple[Setting, ...]] = tuple(
        {"ef": ef} for ef in (16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024)
    )

    def build(self, data: Dataset, folder: Path) -> None:
        index = Index(ndim=data.dim, metric="ip", dtype="f16", connectivity=16, expansion_add=100)
        for start, x in blocks(data):
            index.add(np.arange(start, start + len(x)), x, threads=2)
        index.save(str(folder / "index.usearch"))

    def open(self, data: Dataset, folder: Path) -> None:
        self.index = Index.restore(str(folder / "index.usearch"))

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        self.index.expansion_search = setting["ef"]
        return self.index.search(q, k, threads=1).keys.astype(np.int64)
