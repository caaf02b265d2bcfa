"""rabitqlib: IVF with 4-bit RaBitQ codes, the native rescorer after; it has no filter."""

from pathlib import Path
from typing import Any, ClassVar

import faiss
import numpy as np
import rabitqlib
from numpy.typing import NDArray

from bench.filtered.dataset import Dataset
from bench.filtered.peers.contract import Engine, Setting, blocks, sample
from bench.filtered.peers.faiss_cells import n_cells
from bench.filtered.rescorer import Rescorer


class Rabitqlib(Engine):
    """The cells come from faiss, as the library leaves them to its caller."""

    note: ClassVar[str] = (
        "IVF RaBitQ 4 bit, 2 sqrt(n) cells, exact rescoring from a mapped file; no filter"
    )
    packages: ClassVar[tuple[str, ...]] = ("rabitqlib",)
    settings: ClassVar[tuple[Setting, ...]] = tuple(
        {"nprobe": nprobe, "fetched": fetched}
        for nprobe, fetched in (
            (8, 20),
            (12, 20),
            (13, 20),
            (14, 20),
            (16, 20),
            (24, 20),
            (32, 20),
            (32, 40),
            (64, 40),
            (128, 40),
            (256, 100),
        )
    )

    def build(self, data: Dataset, folder: Path) -> None:
        cells = n_cells(data.n)
        kmeans = faiss.Kmeans(data.dim, cells, niter=10, seed=3)
        kmeans.train(sample(data, 50 * cells))
        nearest = [kmeans.index.search(x, 1)[1][:, 0] for _, x in blocks(data)]
        index = rabitqlib.IvfIndex(
            dim=data.dim, max_elements=data.n, num_clusters=cells, nbits=4, metric="l2"
        )
        index.build(
            np.ascontiguousarray(data.x),
            kmeans.centroids,
            np.concatenate(nearest).astype(np.uint32),
            num_threads=2,
            fast_quantization=True,
        )
        index.save(str(folder / "index.rabitq"))

    def open(self, data: Dataset, folder: Path) -> None:
        self.index = rabitqlib.IvfIndex.load(str(folder / "index.rabitq"))
        self.rescorer = Rescorer(data.x)

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        found = self.index.search(q[None], setting["fetched"], setting["nprobe"], num_threads=1)
        return self.rescorer.best(q, np.ascontiguousarray(found[0][0], dtype=np.int64), k)
