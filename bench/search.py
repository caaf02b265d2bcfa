"""Search over a library of real papers: p50 and p95 in process, by mode and by filter.

    python -m bench.search LIBRARY --shared ../shared/data [--queries 300]
    python -m bench.search LIBRARY --shared ../shared/data --url http://127.0.0.1:8321

The library is one that `broadsheet import` and `broadsheet embed` made. Queries are titles' words
and natural questions (ir_autoscholar_dev), seeded and distinct; each pays for its own embedding.
Every filter is asked once before it is timed: its mask is made then, and kept until papers change.
`cpu` is the time of the thread that asks, which a busy machine changes less.

With --url, a running `broadsheet serve` of the same library is asked over HTTP instead: 32
connections in a closed loop, and 100 requests a second at fixed times, with distinct queries and
with queries that repeat as Zipf has it. See `bench.http_load`.
"""

import argparse
import gzip
import json
import os
import random
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from bench.http_load import closed_loop, fixed_rate
from bench.record import write_result
from broadsheet.model.language import as_words
from broadsheet.model.query import Filters, Mode, Query
from broadsheet.search import open_searcher
from broadsheet.search.memory import Memory
from broadsheet.search.searcher import LibrarySearcher
from broadsheet.search.vector_folders import VectorFolders
from broadsheet.store import SqlStore, open_store
from typecase.encoders.onnx import OnnxEncoder

SEED = 20261122
MODES: tuple[Mode, ...] = ("words", "meaning", "fused")
CONNECTIONS = 32
RATE = 100.0
LOAD_S = 20.0
REPEATED = 1000
"""So many queries come again and again, the n-th most frequent 1/n times as often as the first."""

HTTP_QUERIES = 11_000


def main() -> None:
    args = _arguments()
    store = open_store(folder=args.library)
    folder = args.library / "indexes"
    noted = VectorFolders(root=folder / "vectors").in_use()
    model = args.model or (noted.model if noted else "")
    searcher = open_searcher(folder, store, encoder=lambda: OnnxEncoder(model=model))
    queries = queries_of(store, args.shared, _n_queries(args))
    state = searcher.state()
    figures: dict[str, Any] = {
        "papers": state.words_indexed,
        "embedded": state.embedded,
        "model": state.model,
        "queries": len(queries),
        "load_at_start": round(os.getloadavg()[0], 1),
        "note": args.note,
    }
    if args.url:
        figures["http"] = _over_http(args.url, queries)
        name = "search_http"
    else:
        figures["in_process"] = _in_process(searcher, some_filters(store), queries)
        name = "search_quick" if args.quick else "search"
    print(json.dumps(figures, indent=2))
    packages = ["broadsheet", "tantivy", "numpy", "onnxruntime"]
    print(f"written to {write_result(name, figures, seed=SEED, packages=packages)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--model", default="", help="the library's own by default")
    parser.add_argument("--url", default="")
    parser.add_argument("--note", default="", help="kept with the result")
    parser.add_argument("--quick", action="store_true", help="50 queries, under another name")
    return parser.parse_args()


def _n_queries(args: argparse.Namespace) -> int:
    if args.url:
        return HTTP_QUERIES
    return 50 if args.quick else int(args.queries)


def queries_of(store: SqlStore, data: Path, n: int) -> list[str]:
    """Return n distinct queries: natural questions, and three to six words of titles."""
    rng = random.Random(SEED)
    path = data / "ir_autoscholar_dev" / "queries_gold.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        asked = sorted({json.loads(line)["query"] for line in file})
    n_papers = store.counts().papers
    keys = rng.sample(range(1, n_papers), min(2 * n, n_papers - 1))
    titles = [paper.title.split() for paper in store.papers(keys)]
    worded = [" ".join(rng.sample(t, min(len(t), rng.randint(3, 6)))) for t in titles if t]
    mixed = rng.sample(asked, min(n // 2, len(asked))) + worded
    chosen = list(dict.fromkeys(filter(None, map(as_words, mixed))))[:n]
    rng.shuffle(chosen)
    return chosen


def some_filters(store: SqlStore) -> dict[str, Filters]:
    """Return one filter of each kind: a large category, a span of days, an author, a rare one."""
    categories = [count.name for count in store.categories()]
    small = next(c.name for c in reversed(store.categories()) if "." in c.name and c.papers >= 20)
    days = store.days(since="2000", until="2030")
    middle = days[len(days) // 2].name[:4]
    author = _productive_author(store)
    return {
        "none": Filters(),
        f"category {categories[0]}": Filters(categories=(categories[0],)),
        f"year {middle}": Filters(since=middle, until=middle),
        "author": Filters(authors=(author,)),
        f"rare: {small} since {middle}": Filters(categories=(small,), since=middle),
    }


def _productive_author(store: SqlStore) -> str:
    papers = store.papers(range(1, 3000))
    keys = [author.key for paper in papers for author in paper.authors]
    return max(sorted(set(keys)), key=keys.count)


def _in_process(
    searcher: LibrarySearcher, filters: dict[str, Filters], queries: list[str]
) -> dict[str, Any]:
    searcher.search(Query(text="the first search opens everything"))
    found: dict[str, Any] = {"encode": _encoding(searcher, queries)}
    for mode in MODES:
        for name, chosen in filters.items():
            searcher.search(Query(text="ask once", filters=chosen, mode=mode))
            searcher.meaning.encoders.queries = Memory(size=1)
            times = [timed(searcher, Query(text=q, filters=chosen, mode=mode)) for q in queries]
            found[f"{mode}, {name}"] = percentiles(np.array(times))
            print(f"{mode:8} {name:30} {found[f'{mode}, {name}']}", flush=True)
    return found


def _encoding(searcher: LibrarySearcher, queries: list[str]) -> dict[str, float]:
    """Return what embedding the queries costs alone; the searches that follow pay it again."""
    times = []
    for query in queries:
        start, cpu = time.perf_counter(), time.thread_time()
        searcher.ranker.near(query)
        times.append((time.perf_counter() - start, time.thread_time() - cpu))
    return percentiles(np.array(times))


def timed(searcher: LibrarySearcher, query: Query) -> tuple[float, float]:
    """Search; return the seconds that it took, and those that this thread computed."""
    start, cpu = time.perf_counter(), time.thread_time()
    searcher.search(query)
    return time.perf_counter() - start, time.thread_time() - cpu


def percentiles(times: "np.ndarray[Any, Any]") -> dict[str, float]:
    """Return p50 and p95 in milliseconds of what `timed` gave, (n, 2)."""
    wall, cpu = 1e3 * times[:, 0], 1e3 * times[:, 1]
    p = {"p50_ms": np.percentile(wall, 50), "p95_ms": np.percentile(wall, 95)}
    p |= {"cpu_p50_ms": np.percentile(cpu, 50), "cpu_p95_ms": np.percentile(cpu, 95)}
    return {name: round(float(value), 2) for name, value in p.items()}


def _over_http(url: str, queries: list[str]) -> dict[str, Any]:
    """Ask with queries that never come twice in all runs, and with a few that come often."""
    rng = random.Random(SEED)
    weights = [1 / rank for rank in range(1, REPEATED + 1)]
    often = rng.choices(queries[:REPEATED], weights, k=20_000)
    never_twice = queries[REPEATED:]
    half = len(never_twice) // 4  # the fixed rate is known; the closed loop takes what it can
    fixed, closed = never_twice[:half], never_twice[half:]
    found = {}
    for kind, in_loop, at_rate in (("distinct", closed, fixed), ("Zipf", often, often)):
        found[f"{RATE:.0f} a second, {kind}"] = fixed_rate(
            url, _paths(at_rate), n_connections=CONNECTIONS, rate=RATE, seconds=LOAD_S
        )
        found[f"{CONNECTIONS} connections, {kind}"] = closed_loop(
            url, _paths(in_loop), n_connections=CONNECTIONS, seconds=LOAD_S
        )
    return found


def _paths(queries: list[str]) -> list[str]:
    return [f"/api/v1/search?{urlencode({'q': text})}" for text in queries]


if __name__ == "__main__":
    main()
