"""Exact and two-stage search against numpy and usearch, one query at a time, on one core.

    python -m bench.vector_search [--rows 100000] [--queries 300] [--quick]

The vectors are made: topics, sub-clusters of low rank within them, full-rank noise, one common
mean, unit length; queries are drawn like rows. Engines answer each query in turn, so that a busy
moment of the machine meets all of them; `cpu` is the time of the one thread, which a busy machine
changes less. numpy is one product and one partial sort. usearch is
HNSW over float32; its Python interface has no filter, so under one it fetches more and drops.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index

from bench.record import write_result
from typecase.data.filters import IdMask
from typecase.indexes import FlatIndex, SignIndex
from typecase.indexes.sign import SignCodes

SEED = 20261122
DIM = 384
K = 10
FILTERS = {"none": None, "random 10 %": 0.1, "random 1 %": 0.01, "own topic": "own"}
FETCHED_FOR_FILTER = 2.0  # usearch fetches this many times k / selectivity

Mask = NDArray[np.bool_] | None
Search = Callable[[NDArray[np.float32], Mask], NDArray[np.int64]]


def main() -> None:
    args = _arguments()
    _one_thread()
    rng = np.random.default_rng(SEED)
    x, topics, q, q_topics = make_vectors(args.rows, args.queries, rng)
    engines, sizes = _engines(x)
    figures: dict[str, Any] = {"rows": args.rows, "dim": DIM, "k": K, "queries": args.queries}
    figures |= {"quick": args.quick, "threads": 1, "engines": sizes, "filters": {}}
    figures["load_at_start"] = round(os.getloadavg()[0], 1)
    for name, kind in FILTERS.items():
        masks = _masks(kind, topics, q_topics, rng)
        figures["filters"][name] = _measure(engines, q, masks)
    name = "vector_search_quick" if args.quick else "vector_search"
    path = write_result(name, figures, seed=SEED, packages=["numpy", "usearch", "broadsheet"])
    print(json.dumps(figures, indent=2))
    print(f"written to {path}")


def make_vectors(
    n: int, n_queries: int, rng: np.random.Generator, n_topics: int = 40, n_clusters: int = 2000
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Return rows (n, DIM), the topic of each, queries (n_queries, DIM), and the topic of each."""
    rank = 32
    spectrum = _unit(np.arange(1.0, DIM + 1) ** -0.45)
    axes = np.linalg.qr(rng.standard_normal((DIM, DIM)))[0]
    topic_of = np.concatenate(
        [np.arange(n_topics), rng.integers(0, n_topics, n_clusters - n_topics)]
    )
    centres = 0.5 * ((rng.standard_normal((n_topics, DIM)) * spectrum) @ axes)[topic_of]
    centres += 0.22 * ((rng.standard_normal((n_clusters, DIM)) * spectrum) @ axes)
    shared = rng.standard_normal((n_topics, rank // 2, DIM))
    decay = _unit(np.arange(1.0, rank + 1) ** -0.5)
    share = np.arange(1, n_clusters + 1) ** -0.6
    share = rng.permutation(share / share.sum())

    clusters = rng.choice(n_clusters, n + n_queries, p=share)
    rows = np.empty((n + n_queries, DIM), dtype=np.float32)
    for cluster in range(n_clusters):
        here = np.flatnonzero(clusters == cluster)
        own = rng.standard_normal((rank - rank // 2, DIM))
        basis = rng.permutation(np.concatenate([shared[topic_of[cluster]], own]))
        basis /= np.linalg.norm(basis, axis=1, keepdims=True)
        spread = rng.gamma(8, 1 / 8, (len(here), 1))
        z = 0.75 * axes[0] + centres[cluster]
        z = z + 0.55 * spread * ((rng.standard_normal((len(here), rank)) * decay) @ basis)
        z += 0.5 * ((rng.standard_normal((len(here), DIM)) * spectrum) @ axes)
        rows[here] = z / np.linalg.norm(z, axis=1, keepdims=True)
    topics = topic_of[clusters]
    return rows[:n], topics[:n], rows[n:], topics[n:]


def _engines(x: NDArray[np.float32]) -> tuple[dict[str, Search], dict[str, Any]]:
    """Return each engine's search, and what it took to build and keeps in memory."""
    searches: dict[str, Search] = {"numpy": lambda q, mask: _numpy_search(x, q, mask)}
    sizes: dict[str, Any] = {"numpy": {"build_s": 0.0, "bytes_a_vector": 4.0 * DIM}}
    ours: list[FlatIndex | SignIndex] = [FlatIndex(), SignIndex()]
    for index in ours:
        name = type(index).__name__
        start = time.perf_counter()
        index.fit(x)
        sizes[name] = {"build_s": time.perf_counter() - start}
        sizes[name] |= _memory(index)
        searches[name] = _our_search(index)
    start = time.perf_counter()
    peer = Index(ndim=DIM, metric="ip", dtype="f32")
    peer.add(np.arange(len(x)), x)  # all cores: its build is not what is measured here
    sizes["usearch"] = {"build_s": time.perf_counter() - start}
    sizes["usearch"]["bytes_a_vector"] = peer.memory_usage / len(x)
    searches["usearch"] = lambda q, mask: _usearch_search(peer, q, mask)
    return searches, sizes


def _memory(index: FlatIndex | SignIndex) -> dict[str, float]:
    """Return bytes a vector: what must be in memory, and what may lie in a mapped file."""
    table, codes = index.snapshot_.table, index.snapshot_.codes
    arrays = [table.ids, *(run.order for run in table.lookup.runs), table.inverse_norms]
    kept = sum(array.nbytes for array in arrays if array is not None)
    if isinstance(codes, SignCodes):
        kept += sum(block.nbytes for block in codes.blocks)
    return {"bytes_a_vector": kept / len(index), "mapped_bytes_a_vector": 4.0 * DIM}


def _our_search(index: FlatIndex | SignIndex) -> Search:
    def search(q: NDArray[np.float32], mask: Mask) -> NDArray[np.int64]:
        chosen = None if mask is None else IdMask(mask)
        return index.search(q[None], K, filter=chosen).ids[0]

    return search


def _numpy_search(x: NDArray[np.float32], q: NDArray[np.float32], mask: Mask) -> NDArray[np.int64]:
    rows = None if mask is None else np.flatnonzero(mask)
    scores = x @ q if rows is None else x[rows] @ q
    best: NDArray[np.int64] = np.argpartition(scores, -K)[-K:]
    best = best[np.argsort(-scores[best])]
    return best if rows is None else rows[best]


def _usearch_search(index: Index, q: NDArray[np.float32], mask: Mask) -> NDArray[np.int64]:
    if mask is None:
        return np.asarray(index.search(q, K, threads=1).keys, dtype=np.int64)
    wanted = min(len(mask), int(FETCHED_FOR_FILTER * K * len(mask) / max(1, mask.sum())))
    keys = np.asarray(index.search(q, wanted, threads=1).keys, dtype=np.int64)
    return keys[mask[keys]][:K]


def _masks(
    kind: float | str | None,
    topics: NDArray[np.int64],
    q_topics: NDArray[np.int64],
    rng: np.random.Generator,
) -> list[Mask]:
    """Return one mask a query."""
    if kind is None:
        return [None] * len(q_topics)
    if isinstance(kind, float):
        return [rng.random(len(topics)) < kind for _ in q_topics]
    return [topics == topic for topic in q_topics]


def _measure(
    engines: dict[str, Search], q: NDArray[np.float32], masks: list[Mask]
) -> dict[str, dict[str, float]]:
    """Return recall and milliseconds of each engine; every query goes to all of them in turn."""
    times: dict[str, list[float]] = {name: [] for name in engines}
    cpu: dict[str, list[float]] = {name: [] for name in engines}
    hits = dict.fromkeys(engines, 0)
    n_exact = 0
    for query, mask in zip(q, masks, strict=True):
        exact: set[int] = set()
        for name, search in engines.items():
            start, cpu_start = time.perf_counter(), time.thread_time()
            ids = search(query, mask)
            cpu[name].append(time.thread_time() - cpu_start)
            times[name].append(time.perf_counter() - start)
            exact = exact or set(ids.tolist())  # numpy comes first
            hits[name] += len(exact & set(ids.tolist()))
        n_exact += len(exact)
    return {
        name: {
            "recall_at_10": round(hits[name] / n_exact, 4),
            "p50_ms": round(1e3 * float(np.median(spent)), 3),
            "p95_ms": round(1e3 * float(np.quantile(spent, 0.95)), 3),
            "p50_cpu_ms": round(1e3 * float(np.median(cpu[name])), 3),
            "p95_cpu_ms": round(1e3 * float(np.quantile(cpu[name], 0.95)), 3),
        }
        for name, spent in times.items()
    }


def _unit(v: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = v / np.sqrt((v**2).sum())
    return unit


def _one_thread() -> None:
    """Start anew with one BLAS thread, which is read when numpy is imported."""
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="10,000 rows, 50 queries")
    args = parser.parse_args()
    if args.quick:
        args.rows, args.queries = 10_000, 50
    return args


if __name__ == "__main__":
    main()
