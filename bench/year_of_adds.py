"""A year of days on a two-grain index: 1,500 rows a day, never built anew.

    python -m bench.year_of_adds --vectors synthetic.npy [--rows 1000000] [--days 365]

The rows are the first of a file that `bench.filtered.synthetic` made; the days' rows are drawn from
the same clusters, whose shares move to other clusters over the year. Queries move with them. A day
is one `add` into a folder, durable when it returns, and one `remove` of a hundredth of its size.
Every thirtieth day the index is compacted, as the service does when a twentieth of its rows is
new; before and after the recall of 200 queries is measured against all rows that live, and how long
one query takes against the first day, all in the same process.
"""

import argparse
import logging
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.filtered.synthetic import SEED, Shape, draw, make_shape
from bench.record import write_result
from typecase.indexes import TwoGrainIndex

log = logging.getLogger(__name__)

A_DAY = 1500
N_QUERIES = 200
MONTH = 30
K = 10

Floats = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    x = np.load(args.vectors, mmap_mode="r")[: args.rows]
    with tempfile.TemporaryDirectory(dir=args.vectors.parent) as folder:
        figures = live_a_year(Path(folder), x, args.days)
    write_result("year_of_adds", figures, seed=SEED, packages=["numpy"])


def live_a_year(folder: Path, x: Floats, n_days: int) -> dict[str, Any]:
    rng = np.random.default_rng(SEED + 1)
    shape = make_shape(np.random.default_rng(SEED).spawn(1)[0])
    later = rng.permutation(shape.share)
    months: list[dict[str, Any]] = []
    adds: list[float] = []
    with TwoGrainIndex.open(folder, write=True, dim=x.shape[1]) as index:
        began = time.process_time()
        index.add(x, np.arange(len(x)))
        build_cpu_s = time.process_time() - began
        for day in range(n_days + 1):
            now = _moved(shape, later, day / max(1, n_days))
            if day % MONTH == 0:
                months.append(_month(index, now, rng) | {"day": day})
                log.info("%s", months[-1])
            new = draw(now, A_DAY, rng)[0]
            first = len(x) + A_DAY * day
            began = time.perf_counter()
            index.add(new, np.arange(first, first + A_DAY))
            adds.append(time.perf_counter() - began)
            index.remove(rng.choice(first, A_DAY // 100, replace=False), missing_ok=True)
        stats = index.stats()
    for month in months:
        month["query_against_day_0"] = round(month["query_us"] / months[0]["query_us"], 2)
    return {
        "rows": len(x),
        "days": n_days,
        "rows_a_day": A_DAY,
        "build_cpu_s": round(build_cpu_s, 1),
        "add_p50_ms": round(1e3 * float(np.median(adds)), 1),
        "add_p95_ms": round(1e3 * float(np.percentile(adds, 95)), 1),
        "add_longest_ms": round(1e3 * max(adds)),
        "months": months,
        "rows_at_the_end": stats["n"],
        "cells": stats["n_cells"],
        "code_bytes_a_vector": round(stats["code_bytes_a_vector"], 1),
    }


def _moved(shape: Shape, later: NDArray[np.float64], share: float) -> Shape:
    """Return the shape with its clusters' shares on their way to later ones."""
    return Shape(
        axes=shape.axes,
        centres=shape.centres,
        bases=shape.bases,
        topic_of=shape.topic_of,
        share=(1 - share) * shape.share + share * later,
    )


def _month(index: TwoGrainIndex, shape: Shape, rng: np.random.Generator) -> dict[str, Any]:
    """Return how an index searches before and after it is compacted."""
    before = _look(index, shape, rng)
    began = time.process_time()
    index.compact()
    compact_cpu_s = round(time.process_time() - began, 1)
    return {
        **_look(index, shape, rng),
        "recall_before": before["recall"],
        "query_us_before": before["query_us"],
        "tail_before": before["tail"],
        "compact_cpu_s": compact_cpu_s,
    }


def _look(index: TwoGrainIndex, shape: Shape, rng: np.random.Generator) -> dict[str, Any]:
    queries = draw(shape, N_QUERIES, rng)[0]
    truth = index.search(queries, K, recall=1.0).ids
    found, times = [], []
    for _ in range(2):
        found.clear()
        for query in queries[:, None]:
            began = time.perf_counter()
            found.append(index.search(query, K).ids[0])
            times.append(time.perf_counter() - began)
    hits = [len(np.intersect1d(a, b)) for a, b in zip(found, truth, strict=True)]
    return {
        "rows": len(index),
        "tail": index.stats()["n_tail"],
        "recall": round(float(np.mean(hits)) / K, 4),
        "query_us": round(1e6 * float(np.median(times[N_QUERIES:])), 1),
    }


if __name__ == "__main__":
    main()
