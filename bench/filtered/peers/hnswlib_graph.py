"""hnswlib: HNSW over the floats; its filter is a Python function that is called at every row."""

from pathlib import Path
from typing import Any, ClassVar

import hnswlib
import numpy as np
from numpy.typing import NDArray

from bench.filtered.dataset import Dataset
from bench.filtered.filters import Filter
from bench.filtered.peers.contract import Engine, Setting, blocks


class Hnswlib(Engine):
    """HNSW, 16 links."""

    note: ClassVar[str] = "HNSW M=16 ef_construction=100, floats in memory"
    packages: ClassVar[tuple[str, ...]] = ("hnswlib",)
    settings: ClassVar[tuple[Setting, ...]] = tuple(
        {"ef": ef} for ef in (16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024)
    )

    def build(self, data: Dataset, folder: Path) -> None:
        index = hnswlib.Index(space="ip", dim=data.dim)
        index.init_index(data.n, M=16, ef_construction=100)
        index.set_num_threads(2)
        for start, x in blocks(data):
            index.add_items(x, np.arange(start, start + len(x)))
        index.save_index(str(folder / "index.bin"))

    def open(self, data: Dataset, folder: Path) -> None:
        self.index = hnswlib.Index(space="ip", dim=data.dim)
        self.index.load_index(str(folder / "index.bin"))
        self.index.set_num_threads(1)

    def prepare(self, chosen: Filter, data: Dataset) -> Any:
        return data.mask(chosen).tolist().__getitem__

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        self.index.set_ef(setting["ef"])
        try:
            ids = self.index.knn_query(q[None], k, num_threads=1, filter=prepared)[0][0]
        except RuntimeError:  # it found fewer than k
            return np.empty(0, dtype=np.int64)
        return ids.astype(np.int64)
