"""faiss with the floats in memory: the HNSW graph, and the exact scan."""

from pathlib import Path
from typing import Any, ClassVar

import faiss
import numpy as np
from numpy.typing import NDArray

from bench.filtered.dataset import Dataset
from bench.filtered.filters import Filter
from bench.filtered.peers.contract import Engine, Setting, blocks
from bench.filtered.peers.faiss_filter import bitmap


class FaissGraph(Engine):
    """HNSW, 32 links."""

    note: ClassVar[str] = "HNSW M=32 efConstruction=64, floats in memory"
    packages: ClassVar[tuple[str, ...]] = ("faiss-cpu",)
    settings: ClassVar[tuple[Setting, ...]] = tuple(
        {"ef": ef} for ef in (16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024)
    )

    def build(self, data: Dataset, folder: Path) -> None:
        index = faiss.IndexHNSWFlat(data.dim, 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 64
        index.add(np.ascontiguousarray(data.x))
        faiss.write_index(index, str(folder / "index.faiss"))

    def open(self, data: Dataset, folder: Path) -> None:
        faiss.omp_set_num_threads(1)
        self.index = faiss.read_index(str(folder / "index.faiss"))

    def prepare(self, chosen: Filter, data: Dataset) -> Any:
        return bitmap(data.mask(chosen))

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        sel = prepared and prepared[0]
        params = faiss.SearchParametersHNSW(efSearch=setting["ef"], sel=sel)
        return self.index.search(q[None], k, params=params)[1][0]


class FaissFlat(Engine):
    """Every row, exactly."""

    note: ClassVar[str] = "exact scan of the floats in memory"
    packages: ClassVar[tuple[str, ...]] = ("faiss-cpu",)
    settings: ClassVar[tuple[Setting, ...]] = ({},)

    def build(self, data: Dataset, folder: Path) -> None:
        index = faiss.IndexFlatIP(data.dim)
        for _, x in blocks(data):
            index.add(x)
        faiss.write_index(index, str(folder / "index.faiss"))

    def open(self, data: Dataset, folder: Path) -> None:
        faiss.omp_set_num_threads(1)
        self.index = faiss.read_index(str(folder / "index.faiss"))

    def prepare(self, chosen: Filter, data: Dataset) -> Any:
        return bitmap(data.mask(chosen))

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        sel = prepared and prepared[0]
        params = faiss.SearchParameters(sel=sel) if sel else None
        return self.index.search(q[None], k, params=params)[1][0]
