"""turbovec: a scan of 4-bit TurboQuant codes under a mask, the native rescorer after."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import turbovec
from numpy.typing import NDArray

from bench.filtered.dataset import Dataset
from bench.filtered.filters import Filter
from bench.filtered.peers.contract import Engine, Setting, blocks, sample
from bench.filtered.rescorer import Rescorer


class Turbovec(Engine):
    """Every row is scanned; blocks without a match are skipped."""

    note: ClassVar[str] = "TurboQuant 4 bit, whole scan, exact rescoring from a mapped file"
    packages: ClassVar[tuple[str, ...]] = ("turbovec",)
    settings: ClassVar[tuple[Setting, ...]] = tuple({"fetched": n} for n in (20, 40, 100, 200))

    def build(self, data: Dataset, folder: Path) -> None:
        index = turbovec.TurboQuantIndex(dim=data.dim, bit_width=4)
        index.calibrate(sample(data, 4096))
        for _, x in blocks(data):
            index.add(x)
        index.write(str(folder / "index.tv"))

    def open(self, data: Dataset, folder: Path) -> None:
        self.index = turbovec.TurboQuantIndex.load(str(folder / "index.tv"))
        self.index.prepare()
        self.rescorer = Rescorer(data.x)

    def prepare(self, chosen: Filter, data: Dataset) -> Any:
        return data.mask(chosen)

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        ids = self.index.search(q[None], setting["fetched"], mask=prepared)[1][0]
        return self.rescorer.best(q, np.ascontiguousarray(ids, dtype=np.int64), k)
