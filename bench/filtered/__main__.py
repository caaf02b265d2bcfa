"""Our indexes and every peer under filters: recall, queries a second, memory, build.

    python -m bench.filtered --vectors X.npy --attributes A.npz [--n ROWS] [--peers-python PATH]
    python -m bench.filtered --quick

X_queries.npy and X_queries_attributes.npz beside X.npy are the queries; without them the last
1,000 rows are held out. Exact answers, built indexes and sweeps are kept in --cache, so a second
run only duels; the stage `cold`, not run by default, empties the disk cache before each row. The
peers (`bench/requirements-filtered.txt`) may be in an environment of their own, which
--peers-python names. What is missing or fails is a row with its reason.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.filtered.cold import cold, warm_pages, work
from bench.filtered.dataset import open_dataset
from bench.filtered.duel import duel
from bench.filtered.engines import ENGINES
from bench.filtered.handle import EngineFailedError, Handle, Place, build
from bench.filtered.sweep import chosen_settings, sweep
from bench.filtered.synthetic import SEED, write_synthetic
from bench.record import write_result

log = logging.getLogger(__name__)

QUICK_ROWS = 20_000
THREADED_ROWS = ("none", "r10")


def main() -> None:
    args = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if args.quick:
        _make_quick(args)
    data = open_dataset(args.vectors, args.attributes, n=args.n, cache=args.cache / "truth")
    place = Place(
        data=data,
        attributes=args.attributes,
        built=args.cache / "built",
        peers_python=args.peers_python,
    )
    rows = [row.name for row in data.rows() if not args.rows or row.name in args.rows]
    for row in data.rows():
        if row.name in rows:
            data.truth(row)
    figures: dict[str, Any] = {"rows": data.n, "dim": data.dim, "queries": len(data.queries)}
    figures |= {"data": data.path.stem, "k": 10, "threads": 1, "quick": args.quick}
    figures["shares"] = {r.name: _share(data, r) for r in data.rows() if r.name in rows}
    figures["load_at_start"] = round(os.getloadavg()[0], 1)
    figures |= run(place, args.engines, rows, args)
    if args.quick:
        (args.cache / "filtered_quick.json").write_text(json.dumps(figures), "utf-8")
    elif "duel" in args.stages:
        name = args.name or f"filtered_{data.path.stem}_{data.n}"
        write_result(name, figures, seed=SEED, packages=["numpy", "broadsheet"])


def run(
    place: Place, engines: list[str], rows: list[str], args: argparse.Namespace
) -> dict[str, Any]:
    """Build, sweep and duel; return the figures of each engine and of each row."""
    about: dict[str, Any] = {}
    sweeps: dict[str, Any] = {}
    for engine in engines:
        try:
            about[engine] = build(place, engine, timeout_s=args.build_timeout)
            if "sweep" in args.stages:
                budget = {"queries": args.sweep_queries, "seconds": args.sweep_seconds}
                sweeps[engine] = sweep(place, engine, rows, args.cache / "sweeps", **budget)
        except EngineFailedError as error:
            about[engine] = {"reason": str(error)}
            log.info("failed engine=%s reason=%s", engine, error)
    if "duel" not in args.stages:
        return {"engines": about}
    results: dict[str, Any] = {}
    warm_pages(place, list(sweeps))
    with ExitStack() as stack:
        workers = []
        for engine in sweeps:
            worker = stack.enter_context(Handle(place, engine, core=args.core))
            about[engine]["open_s"] = worker.opened["open_s"]
            workers.append(worker)
        for row in rows:
            budget = {"queries": args.queries, "seconds": args.seconds}
            results[row] = duel(workers, row, sweeps, rounds=args.rounds, **budget)
    for engine in sweeps:
        about[engine] |= sweeps[engine].get("memory", {})
        about[engine]["two_threads"] = _two_threads(place, engine, rows, sweeps[engine], args)
    figures = {"engines": about, "duel": results, "curves": _curves(sweeps)}
    if "work" in args.stages:
        figures["work"] = work(place, results)
    if "cold" in args.stages:
        figures["cold"] = {e: cold(place, e, results, args.cold_queries) for e in sweeps}
    return figures


def _two_threads(
    place: Place, engine: str, rows: list[str], found: dict[str, Any], args: argparse.Namespace
) -> dict[str, Any]:
    """Return queries a second of one and of two threads, in turn, on all cores."""
    figures: dict[str, Any] = {}
    with Handle(place, engine, core=None) as worker:
        for row in [row for row in THREADED_ROWS if row in rows]:
            points = found["rows"][row]
            if isinstance(points, dict):
                continue
            worker.ask("prepare", row=row)
            run: dict[str, Any] = {"row": row, "setting": chosen_settings(points)[0]}
            best = {1: 0.0, 2: 0.0}
            for _ in range(3):
                for n in best:
                    answer = worker.ask("threads", **run, n_threads=n, seconds=args.seconds)
                    best[n] = max(best[n], answer["qps"])
            figures[row] = {"one": best[1], "two": best[2], "ratio": round(best[2] / best[1], 2)}
    return figures


def _curves(sweeps: dict[str, Any]) -> dict[str, Any]:
    """Return {row: {engine: [[recall, q/s], ...]}}."""
    curves: dict[str, Any] = {}
    for engine, found in sweeps.items():
        for row, points in found["rows"].items():
            if not isinstance(points, dict):
                curve = [[p["recall"], p["qps"]] for p in points]
                curves.setdefault(row, {})[engine] = curve
    return curves


def _share(data: Any, row: Any) -> dict[str, Any]:
    """Return which part of the rows passes, on average over the queries."""
    filters = [row.filters[query] for query in row.queries]
    shares = [1.0 if f is None else float(data.mask(f).mean()) for f in filters]
    return {"kind": row.kind, "share": sum(shares) / len(shares), "queries": len(row.queries)}


def _make_quick(args: argparse.Namespace) -> None:
    """Make a small data set, and ask little of everything."""
    args.vectors = args.cache / "synthetic.npy"
    args.attributes = args.cache / "synthetic_attributes.npz"
    args.n = QUICK_ROWS
    args.sweep_queries, args.sweep_seconds, args.queries, args.seconds = 50, 0.2, 100, 0.2
    args.rounds = 2
    if not args.vectors.exists():
        write_synthetic(args.cache, QUICK_ROWS, n_queries=200)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--attributes", type=Path)
    parser.add_argument("--n", type=int, help="the first so many rows")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "filtered")
    parser.add_argument("--engines", type=_names, default=list(ENGINES), help="comma-separated")
    parser.add_argument("--rows", type=_names, default=[], help="comma-separated; default all")
    parser.add_argument("--stages", type=_names, default=["build", "sweep", "duel", "work"])
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--build-timeout", type=float, default=7200)
    parser.add_argument("--sweep-queries", type=int, default=200)
    parser.add_argument("--sweep-seconds", type=float, default=1.0)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0.5, help="at most, a turn")
    parser.add_argument("--cold-queries", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, default=0, help="the core of the duel")
    parser.add_argument("--name", help="of the result file")
    quick = "20,000 made rows; the figures go to CACHE/filtered_quick.json"
    parser.add_argument("--quick", action="store_true", help=quick)
    args = parser.parse_args()
    if not args.quick and (args.vectors is None or args.attributes is None):
        parser.error("give --vectors and --attributes, or --quick")
    unknown = set(args.engines) - set(ENGINES)
    if unknown:
        parser.error(f"unknown engines: {', '.join(sorted(unknown))}. Known: {', '.join(ENGINES)}")
    return args


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


if __name__ == "__main__":
    main()
