"""Search over 500,000 papers: the two-grain index beside the one of before, in one run.

    python -m bench.search_large LIBRARY --shared ../shared/data --vectors VECTORS

The library is one of `bench.large_library`: its vectors are made, and a query is searched with a
made vector of the same kind. `two_grain` is the index as the service opens it, `sign` what it used
before: bits of all vectors in memory, built at the start. One process asks both in turn, so that
what else the machine does is the same for both. "whole" pays for the real encoder, too; it is the
same for both and has a row of its own. "vectors" is the search by meaning alone.

Recall is that of the 100 nearest that a search asks for, against all vectors looked at. Every
filter's first time is apart: what the database takes to name the papers, the same and the mask, and
the search with it, the first and the second time.
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
from broadsheet.model.query import Filters, Query
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
DEPTH = 100
RECALL_QUERIES = 50


def main() -> None:
    args = _arguments()
    if args.index:
        json.dump(_one(args), sys.stdout)
        return
    made = json.loads((args.library / "made.json").read_text("utf-8"))
    figures: dict[str, Any] = {"library": made, "queries": args.queries}
    figures["load_at_start"] = round(os.getloadavg()[0], 1)
    for index in INDEXES:
        command = [sys.executable, "-m", "bench.search_large", *sys.argv[1:], "--index", index]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        figures[index] = json.loads(done.stdout)
    figures["latency"] = _latency(args)
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


def _opened(args: argparse.Namespace, store: SqlStore, index: str) -> LibrarySearcher:
    encoder = MadeEncoder(queries=args.vectors / "synthetic_queries.npy", paid=OnnxEncoder())
    encoder.encode(["the encoder opens"], kind="query")
    searcher = open_searcher(args.library / "indexes", store, encoder=lambda: encoder)
    if index == "sign":
        searched = searcher.meaning._current()
        reader = _SignReader(folder=searched.folder.path)
        searcher.meaning._searched = searched._replace(reader=reader)
    searcher.search(Query(text="the first search opens everything"))
    while threading.active_count() > 1:
        time.sleep(0.1)
    return searcher


def _one(args: argparse.Namespace) -> dict[str, Any]:
    """Return what one index needs and finds, in a process of its own."""
    store = open_store(folder=args.library)
    start = time.perf_counter()
    searcher = _opened(args, store, args.index)
    figures: dict[str, Any] = {"open_and_search_s": round(time.perf_counter() - start, 2)}
    texts, chosen = queries_of(store, args.shared, args.queries), some_filters(store)
    figures["filters_first_cpu_ms"] = {
        n: _first(searcher, store, f) for n, f in chosen.items() if f
    }
    for filters in chosen.values():
        for text in texts[:RECALL_QUERIES]:
            searcher.search(Query(text=text, filters=filters))
    figures["memory_mb"] = _memory_mb()
    figures[f"recall_at_{DEPTH}"] = _recalls(searcher, texts[:RECALL_QUERIES], chosen)
    return figures


def _latency(args: argparse.Namespace) -> dict[str, Any]:
    """Return what a search costs, the two indexes asked in turn by one process."""
    store = open_store(folder=args.library)
    searchers = {index: _opened(args, store, index) for index in INDEXES}
    texts = queries_of(store, args.shared, 2 * args.queries)
    whole, known = texts[: args.queries], texts[args.queries :]  # no page may be asked for twice
    figures: dict[str, Any] = {"encoder": percentiles(np.array(_encoding(searchers, known)))}
    for name, filters in some_filters(store).items():
        asked = {
            "whole": lambda searcher, text, f=filters: _forgetful(searcher, text, f),
            "without the encoder": lambda searcher, text, f=filters: _fused(searcher, text, f),
            "vectors": lambda searcher, text, f=filters: _near(searcher, text, f),
        }
        for part, ask in asked.items():
            times: dict[str, list[Any]] = {index: [] for index in INDEXES}
            for text in whole if part == "whole" else known:
                for index, searcher in searchers.items():
                    times[index].append(ask(searcher, text))
            found = {index: percentiles(np.array(t)) for index, t in times.items()}
            figures[f"{part}, {name}"] = found
            sys.stderr.write(f"{part}, {name}: {found}\n")
    return figures


def _encoding(searchers: dict[str, LibrarySearcher], texts: list[str]) -> list[Any]:
    """Have the vectors of queries made and kept; return what it took."""
    times = []
    for searcher in searchers.values():
        for text in texts:
            start, cpu = time.perf_counter(), time.thread_time()
            searcher.meaning.query(text)
            times.append((time.perf_counter() - start, time.thread_time() - cpu))
    return times


def _forgetful(searcher: LibrarySearcher, text: str, filters: Filters) -> tuple[float, float]:
    kept, searcher.meaning.encoders.queries = searcher.meaning.encoders.queries, Memory(size=1)
    try:
        return _fused(searcher, text, filters)
    finally:
        searcher.meaning.encoders.queries = kept


def _fused(searcher: LibrarySearcher, text: str, filters: Filters) -> tuple[float, float]:
    searcher.attributes.mask(filters)
    return timed(searcher, Query(text=text, filters=filters))


def _near(searcher: LibrarySearcher, text: str, filters: Filters) -> tuple[float, float]:
    q, mask = searcher.meaning.query(text), searcher.attributes.mask(filters)
    start, cpu = time.perf_counter(), time.thread_time()
    searcher.meaning.search(q, mask, k=DEPTH)
    return time.perf_counter() - start, time.thread_time() - cpu


def _first(searcher: LibrarySearcher, store: SqlStore, filters: Filters) -> dict[str, float]:
    """Return what a filter costs the first time, in milliseconds of this thread."""
    q = searcher.meaning.query("a query whose vector is known")
    marks = [time.thread_time()]
    store.matching(filters)
    marks.append(time.thread_time())
    mask = searcher.attributes.mask(filters)
    marks.append(time.thread_time())
    for _ in range(2):
        searcher.meaning.search(q, mask, k=DEPTH)
        marks.append(time.thread_time())
    names = ("database", "database_and_mask", "search", "search_again")
    return dict(zip(names, np.round(1e3 * np.diff(marks), 2).tolist(), strict=True))


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
