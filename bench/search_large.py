"""Search over 500,000 papers: the two-grain index beside the one of before, in one run.

    python -m bench.search_large LIBRARY --shared ../shared/data --vectors VECTORS

The library is one of `bench.large_library`, its vectors are made; each query pays for the real
encoder and is then searched with a made vector of the same kind. Both indexes answer for the same
library, each in a process of its own: `two_grain` as the service opens it, `sign` as it did before
(bits of all vectors in memory, built at the start). Recall is that of the 100 nearest that a search
asks for, against all vectors looked at. Every filter's first time is apart: what the database takes
to name the papers, what becomes of it, and the search with it, the first and the second time.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.made_encoder import MadeEncoder
from bench.record import write_result
from bench.search import SEED, percentiles, queries_of, some_filters, timed
from broadsheet.model.query import Filters, Mode, Query
from broadsheet.search import open_searcher
from broadsheet.search.memory import Memory
from broadsheet.search.scored import Scored
from broadsheet.search.searcher import LibrarySearcher
from broadsheet.search.vector_reader import VectorReader
from broadsheet.store import SqlStore, open_store
from typecase.data.filters import IdMask
from typecase.data.vector_store import VectorStore
from typecase.encoders.onnx import OnnxEncoder
from typecase.indexes import SignIndex

INDEXES = ("sign", "two_grain")
MODES: tuple[Mode, ...] = ("meaning", "fused")
DEPTH = 100
RECALL_QUERIES = 50


def main() -> None:
    args = _arguments()
    if args.index:
        json.dump(_measured(args), sys.stdout)
        return
    made = json.loads((args.library / "made.json").read_text("utf-8"))
    figures: dict[str, Any] = {"library": made, "queries": args.queries}
    figures["load_at_start"] = round(os.getloadavg()[0], 1)
    for index in INDEXES:
        command = [sys.executable, "-m", "bench.search_large", *sys.argv[1:], "--index", index]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        figures[index] = json.loads(done.stdout)
    print(json.dumps(figures, indent=2))
    packages = ["broadsheet", "tantivy", "numpy", "onnxruntime"]
    print(write_result(f"search_{made['papers']}", figures, seed=SEED, packages=packages))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--vectors", type=Path, required=True, help="of synthetic_queries.npy")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--index", choices=INDEXES, default="", help=argparse.SUPPRESS)
    return parser.parse_args()


class _SignReader(VectorReader):
    """What the service did before: bits of all vectors in memory, any filter compiled anew."""

    def __init__(self, *, folder: Path) -> None:
        super().__init__(folder=folder)
        store = VectorStore.open(folder)
        self._signs = SignIndex().fit(store.vectors(), store.ids())

    def search(
        self,
        q: NDArray[np.float32],
        mask: IdMask | None,
        *,
        k: int,
        not_in: NDArray[np.int64] | None = None,
    ) -> Scored:
        found = self._signs.search(q[None], k, filter=mask)
        there = found.ids[0] >= 0
        return Scored(found.ids[0][there], found.scores[0][there])

    def scores(self, q: NDArray[np.float32], keys: NDArray[np.int64]) -> Scored:
        found = self._signs.search(q[None], max(1, len(keys)), filter=np.sort(keys))
        there = found.ids[0] >= 0
        return Scored(found.ids[0][there], found.scores[0][there])


def _measured(args: argparse.Namespace) -> dict[str, Any]:
    store = open_store(folder=args.library)
    encoder = MadeEncoder(queries=args.vectors / "synthetic_queries.npy", paid=OnnxEncoder())
    searcher = open_searcher(args.library / "indexes", store, encoder=lambda: encoder)
    encoder.encode(["the encoder opens"], kind="query")
    start = time.perf_counter()
    if args.index == "sign":
        folder = searcher.meaning._current()
        reader = _SignReader(folder=folder.folder.path)
        searcher.meaning._searched = folder._replace(reader=reader)
    searcher.search(Query(text="the first search opens everything"))
    figures: dict[str, Any] = {"open_and_search_s": round(time.perf_counter() - start, 2)}
    while threading.active_count() > 1:
        time.sleep(0.1)
    texts = queries_of(store, args.shared, args.queries)
    chosen = some_filters(store)
    figures["filters_first"] = {name: _first(searcher, store, f) for name, f in chosen.items() if f}
    for mode in MODES:
        for name, filters in chosen.items():
            searcher.search(Query(text="ask once", filters=filters, mode=mode))
            searcher.meaning.encoders.queries = Memory(size=1)
            times = [timed(searcher, Query(text=t, filters=filters, mode=mode)) for t in texts]
            figures[f"{mode}, {name}"] = percentiles(np.array(times))
            sys.stderr.write(f"{args.index:9} {mode} {name} {figures[f'{mode}, {name}']}\n")
    figures["meaning_alone"] = {n: _alone(searcher, texts, f) for n, f in chosen.items()}
    figures["memory_mb"] = _memory_mb()
    figures["recall"] = _recalls(searcher, texts[:RECALL_QUERIES], chosen)
    return figures


def _first(searcher: LibrarySearcher, store: SqlStore, filters: Filters) -> dict[str, float]:
    """Return what a filter costs the first time, in milliseconds."""
    q = searcher.meaning.query("a query whose vector is known")
    marks = [time.perf_counter()]
    store.matching(filters)
    marks.append(time.perf_counter())
    mask = searcher.attributes.mask(filters)
    marks.append(time.perf_counter())
    for _ in range(2):
        searcher.meaning.search(q, mask, k=DEPTH)
        marks.append(time.perf_counter())
    names = ("database", "database_and_mask", "search", "search_again")
    return dict(zip(names, np.round(1e3 * np.diff(marks), 2).tolist(), strict=True))


def _alone(searcher: LibrarySearcher, texts: list[str], filters: Filters) -> dict[str, float]:
    """Return what the vectors alone cost, without the encoder and the database."""
    mask, times = searcher.attributes.mask(filters), []
    for text in texts:
        q = searcher.meaning.encoders.wanted().encode([text], kind="query")[0]
        start, cpu = time.perf_counter(), time.thread_time()
        searcher.meaning.search(q, mask, k=DEPTH)
        times.append((time.perf_counter() - start, time.thread_time() - cpu))
    return percentiles(np.array(times))


def _recalls(
    searcher: LibrarySearcher, texts: list[str], chosen: dict[str, Filters]
) -> dict[str, float]:
    store = VectorStore.open(searcher.meaning._current().folder.path)
    keys = store.ids()
    q = np.concatenate(
        [searcher.meaning.encoders.wanted().encode([t], kind="query") for t in texts]
    )
    cosines = np.concatenate([x @ q.T for _, x in store.vectors().blocks(8192)])
    found = {}
    for name, filters in chosen.items():
        mask = searcher.attributes.mask(filters)
        passes = np.ones(len(keys), bool) if mask is None else mask.allowed[keys]
        rows, k = np.flatnonzero(passes), min(DEPTH, int(passes.sum()))
        hits = 0
        for i, one in enumerate(q):
            best = rows[np.argsort(-cosines[rows, i])[:k]]
            hits += len(np.intersect1d(keys[best], searcher.meaning.search(one, mask, k=k).keys))
        found[name] = round(hits / (k * len(q)), 4)
    return found


def _memory_mb() -> dict[str, int]:
    """Return what this process holds of its own, and what of files is mapped into it."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    return {"own": int(sizes["RssAnon"]) // 1024, "mapped": int(sizes["RssFile"]) // 1024}


if __name__ == "__main__":
    main()
