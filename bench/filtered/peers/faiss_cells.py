"""faiss with cells (IVF): 4-bit product codes or RaBitQ in memory, the native rescorer after."""

from pathlib import Path
from typing import Any, ClassVar

import faiss
import numpy as np
from numpy.typing import NDArray

from bench.filtered.dataset import Dataset
from bench.filtered.filters import Filter
from bench.filtered.peers.contract import Engine, Setting, blocks, sample
from bench.filtered.peers.faiss_filter import bitmap
from bench.filtered.rescorer import Rescorer

_SEED = 3
_SETTINGS: tuple[Setting, ...] = tuple(
    {"nprobe": nprobe, "fetched": fetched}
    for nprobe, fetched in (
        (8, 50),
        (12, 50),
        (14, 50),
        (16, 50),
        (16, 100),
        (20, 50),
        (24, 50),
        (24, 100),
        (32, 100),
        (48, 100),
        (64, 200),
        (96, 200),
        (128, 400),
        (192, 400),
        (256, 400),
        (512, 800),
        (768, 800),
        (896, 800),
        (960, 800),
        (1024, 800),
        (1536, 800),
        (2048, 800),
    )
)


def n_cells(n: int) -> int:
    """Return 2,048 cells at a million rows, and twice the root elsewhere, as powers of two."""
    return 2 ** max(4, round(float(np.log2(2 * np.sqrt(n)))))


class FaissProductCodes(Engine):
    """IVF, PQ of 4-bit codes scanned with shuffles."""

    n_parts: ClassVar[int] = 192
    note: ClassVar[str] = "IVF,PQ192x4fs, 2 sqrt(n) cells, exact rescoring from a mapped file"
    packages: ClassVar[tuple[str, ...]] = ("faiss-cpu",)
    settings: ClassVar[tuple[Setting, ...]] = _SETTINGS

    def build(self, data: Dataset, folder: Path) -> None:
        cells = n_cells(data.n)
        quantizer = _cells(data, cells)
        index = faiss.IndexIVFPQFastScan(
            quantizer, data.dim, cells, self.n_parts, 4, faiss.METRIC_L2
        )
        index.train(sample(data, 60_000))
        for _, x in blocks(data):
            index.add(x)
        faiss.write_index(index, str(folder / "index.faiss"))

    def open(self, data: Dataset, folder: Path) -> None:
        faiss.omp_set_num_threads(1)
        self.index = faiss.read_index(str(folder / "index.faiss"))
        self.rescorer = Rescorer(data.x)

    def prepare(self, chosen: Filter, data: Dataset) -> Any:
        return bitmap(data.mask(chosen))

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        nprobe = min(setting["nprobe"], self.index.nlist)
        sel = prepared and prepared[0]
        params = faiss.SearchParametersIVF(nprobe=nprobe, sel=sel)
        ids = self.index.search(q[None], setting["fetched"], params=params)[1][0]
        return self.rescorer.best(q, ids, k)


class FaissProductCodes96(FaissProductCodes):
    """Half the bytes a vector."""

    n_parts: ClassVar[int] = 96
    note: ClassVar[str] = "IVF,PQ96x4fs, 2 sqrt(n) cells, exact rescoring from a mapped file"


class FaissRabitq(FaissProductCodes):
    """IVF, one-bit RaBitQ codes scanned with shuffles, over rotated vectors."""

    note: ClassVar[str] = (
        "IVF,RaBitQ 1 bit fastscan, 2 sqrt(n) cells, exact rescoring from a mapped file"
    )

    def build(self, data: Dataset, folder: Path) -> None:
        cells = n_cells(data.n)
        turn = _rotation(data.dim)
        plain = _cells(data, cells)
        centres = plain.reconstruct_n(0, cells)
        quantizer = faiss.IndexFlatL2(data.dim)
        quantizer.add(np.ascontiguousarray(centres @ turn))
        index = faiss.IndexIVFRaBitQFastScan(
            quantizer, data.dim, cells, faiss.METRIC_L2, 32, True, 1
        )
        index.train(sample(data, 20_000) @ turn)
        for _, x in blocks(data):
            index.add(x @ turn)
        faiss.write_index(index, str(folder / "index.faiss"))

    def open(self, data: Dataset, folder: Path) -> None:
        super().open(data, folder)
        self.turn = _rotation(data.dim)

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        nprobe = min(setting["nprobe"], self.index.nlist)
        sel = prepared and prepared[0]
        params = faiss.IVFRaBitQSearchParameters(nprobe=nprobe, sel=sel)
        ids = self.index.search((q @ self.turn)[None], setting["fetched"], params=params)[1][0]
        return self.rescorer.best(q, ids, k)


def _cells(data: Dataset, cells: int) -> Any:
    kmeans = faiss.Kmeans(data.dim, cells, niter=10, seed=_SEED)
    kmeans.train(sample(data, 50 * cells))
    quantizer = faiss.IndexFlatL2(data.dim)
    quantizer.add(kmeans.centroids)
    return quantizer


def _rotation(dim: int) -> NDArray[np.float32]:
    normal = np.random.default_rng(_SEED).standard_normal((dim, dim))
    return np.linalg.qr(normal)[0].astype(np.float32)
