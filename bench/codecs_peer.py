"""faiss's codecs over vectors: a job as JSON comes in, rankings go out as .npy, sizes as JSON.

Runs in an environment of its own, without broadsheet: `pip install faiss-cpu`.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np

_MANY_ROWS = 100_000


def main() -> None:
    job = json.load(sys.stdin)
    faiss.omp_set_num_threads(1)
    x, q = np.load(job["x"]), np.load(job["queries"])
    answer = {
        factory: _measure(factory, x, q, job["k"], Path(job["out"]) / f"{number}.npy", job["fit"])
        for number, factory in enumerate(job["factories"])
    }
    json.dump({"version": faiss.__version__, "codecs": answer}, sys.stdout)


def _measure(
    factory: str, x: np.ndarray, q: np.ndarray, k: int, out: Path, n_fit: int
) -> dict[str, Any]:
    index = faiss.index_factory(x.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
    inner = faiss.downcast_index(index.index) if hasattr(index, "index") else index
    if hasattr(inner, "qb"):
        # Whole queries, as ours; of many rows with 8 bits (4 are the default): else it is an hour.
        inner.qb = 0 if len(x) < _MANY_ROWS else 8
    if factory.startswith("OPQ"):
        opq = faiss.downcast_VectorTransform(index.chain.at(0))
        opq.niter = 10  # not 50: minutes more, for a hundredth of recall@10 on 5,000 papers
    start = time.process_time()
    index.train(x[:n_fit])
    fitted = time.process_time()
    index.add(x)
    done = time.process_time()
    np.save(out, index.search(q, k)[1])
    return {
        "file": out.name,
        "bytes_a_vector": inner.code_size,
        "fit_cpu_s": fitted - start,
        "encode_cpu_s": done - fitted,
    }


if __name__ == "__main__":
    main()
