"""Engines built, swept and set against each other on one data set, and what they cost."""

import argparse
import logging
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf
from statistics import median
from typing import Any

from bench.filtered.cold import cold, warm_pages, work
from bench.filtered.dataset import Dataset
from bench.filtered.duel import duel
from bench.filtered.filters import Row
from bench.filtered.handle import (
    EngineFailedError,
    Handle,
    Place,
    build,
    built,
    keep_built,
    was_tried,
)
from bench.filtered.sweep import chosen_settings, sweep

log = logging.getLogger(__name__)

STAGES = ("build", "sweep", "duel", "threads", "work", "cold")
_THREADED_ROWS = ("none", "r10")
_THREADED_ROUNDS, _THREADED_S = 41, 0.15


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is measured, and how long.

    Args:
        stages: of STAGES; building comes always, and sweeping before a duel.
        build_timeout_s: a build that takes longer is ended, and is a row with that reason.
        build_jobs: builds at the same time.
        builds: of each engine that is not built yet, in turn.
        sweep_queries, sweep_s: at most, for one setting on one row.
        queries, seconds: of the duel, a setting on a row: queries in all, seconds a round.
        core: the only core that the engines of the duel may use; None for all.
    """

    stages: tuple[str, ...]
    build_timeout_s: float
    build_jobs: int
    builds: int
    sweep_queries: int
    sweep_s: float
    queries: int
    seconds: float
    rounds: int
    cold_queries: int
    cold_turns: int
    core: int | None


def add_plan_arguments(parser: argparse.ArgumentParser, *, stages: str) -> None:
    add = parser.add_argument
    add("--stages", type=_stages, default=names(stages), help=f"of {', '.join(STAGES)}")
    length: dict[str, Any] = {"type": seconds, "metavar": "S"}
    number: dict[str, Any] = {"type": count, "metavar": "N"}
    add("--build-timeout", default=3600, help="a slower build is ended", **length)
    add("--build-jobs", default=1, help="builds at the same time", **number)
    add("--builds", default=1, help="of each engine, in turn; the median counts", **number)
    add("--sweep-queries", default=200, help="a setting and row, at most", **number)
    add("--sweep-seconds", default=0.5, help="a setting and row, at most", **length)
    add("--queries", default=500, help="of the duel, a setting and row", **number)
    add("--seconds", default=0.2, help="a setting's turn, at most", **length)
    add("--rounds", default=5, help="turns of each setting", **number)
    add("--cold-queries", default=300, help="of the stage cold, a row", **number)
    add("--cold-turns", default=3, help="in which all rows get their share of these", **number)
    add("--core", type=int, default=0, metavar="N", help="the core that the duel runs on")


def plan_of(args: argparse.Namespace) -> Plan:
    return Plan(
        stages=tuple(args.stages),
        build_timeout_s=args.build_timeout,
        build_jobs=args.build_jobs,
        builds=args.builds,
        sweep_queries=args.sweep_queries,
        sweep_s=args.sweep_seconds,
        queries=args.queries,
        seconds=args.seconds,
        rounds=args.rounds,
        cold_queries=args.cold_queries,
        cold_turns=args.cold_turns,
        core=args.core,
    )


def count(text: str) -> int:
    """Return the number in an argument that needs one or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of 1 or more, got {text!r}.")
    return int(text)


def seconds(text: str) -> float:
    """Return the seconds in an argument that needs some."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < inf:
        raise argparse.ArgumentTypeError(f"must be seconds, more than 0, got {text!r}.")
    return found


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _stages(text: str) -> list[str]:
    return known_names(text, STAGES)


def known_names(text: str, known: Iterable[str]) -> list[str]:
    """Return the names in a comma-separated argument, all of them known."""
    chosen = names(text)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        said = f"unknown: {', '.join(unknown)}. Known: {', '.join(known)}"
        raise argparse.ArgumentTypeError(said)
    return chosen


def run(place: Place, engines: list[str], rows: list[Row], plan: Plan) -> dict[str, Any]:
    """Return the figures of the engines on these rows; a failure is a reason in its place."""
    data, titles = place.data, [row.name for row in rows]
    figures: dict[str, Any] = {"rows": data.n, "dim": data.dim, "queries": len(data.queries)}
    figures |= {"data": data.path.stem, "k": 10, "threads": 1}
    data.find_truths(rows)
    figures["shares"] = {row.name: _share(data, row) for row in rows}
    data.forget()
    figures["load_at_start"] = round(os.getloadavg()[0], 1)
    about = _built(place, engines, plan)
    figures["engines"] = about
    if not {"sweep", "duel"} & set(plan.stages):
        return figures
    sweeps = _swept(place, about, titles, plan)
    figures["curves"] = _curves(sweeps, titles)
    if "duel" not in plan.stages:
        return figures
    duelled = figures["duel"] = _duelled(place, about, sweeps, titles, plan)
    for engine in sweeps:
        about[engine] |= sweeps[engine].get("memory", {})
        if "threads" in plan.stages:
            about[engine]["two_threads"] = _two_threads(place, engine, titles, sweeps[engine], plan)
    if "work" in plan.stages:
        figures["work"] = work(place, duelled, core=plan.core)
    if "cold" in plan.stages:
        figures["cold"] = cold(
            place,
            sweeps,
            duelled,
            queries=plan.cold_queries,
            turns=plan.cold_turns,
            core=plan.core,
        )
    return figures


def _built(place: Place, engines: list[str], plan: Plan) -> dict[str, Any]:
    """Return what is known of each engine after its build.

    Those that are not there yet are built in turn, again and again: a machine that is slow for a
    minute is so for each of them. What counts is the median in CPU time, and all are kept.
    """
    missing = [engine for engine in engines if not was_tried(place, engine)]
    took: dict[str, list[dict[str, Any]]] = {engine: [] for engine in missing}

    def one(engine: str) -> None:
        try:
            figures = build(place, engine, timeout_s=plan.build_timeout_s)
        except EngineFailedError as error:
            log.info("failed engine=%s reason=%s", engine, error)
            return
        took[engine].append(figures)
        ordered = sorted(took[engine], key=lambda each: each["build_cpu_s"])
        all_of_them = {"builds_cpu_s": [each["build_cpu_s"] for each in took[engine]]}
        keep_built(place, engine, ordered[len(ordered) // 2] | all_of_them)

    for _ in range(plan.builds):
        with ThreadPoolExecutor(plan.build_jobs) as pool:
            list(pool.map(one, missing))
        missing = [engine for engine in missing if took[engine]]
    about: dict[str, Any] = {}
    for engine in engines:
        try:
            about[engine] = built(place, engine)
        except EngineFailedError as error:
            about[engine] = {"reason": str(error)}
    return about


def _swept(
    place: Place, about: dict[str, Any], titles: list[str], plan: Plan
) -> dict[str, dict[str, Any]]:
    """Return the sweeps of those engines that can be opened."""
    sweeps = {}
    budget: dict[str, Any] = {"queries": plan.sweep_queries, "seconds": plan.sweep_s}
    for engine in [engine for engine in about if "reason" not in about[engine]]:
        try:
            sweeps[engine] = sweep(place, engine, titles, **budget)
        except EngineFailedError as error:
            about[engine]["reason"] = str(error)
            log.info("failed engine=%s reason=%s", engine, error)
    return sweeps


def _duelled(
    place: Place, about: dict[str, Any], sweeps: dict[str, Any], titles: list[str], plan: Plan
) -> dict[str, Any]:
    warm_pages(place, list(sweeps))
    results: dict[str, Any] = {}
    with ExitStack() as stack:
        workers = []
        for engine in list(sweeps):
            try:
                worker = stack.enter_context(Handle(place, engine, core=plan.core))
            except EngineFailedError as error:
                about[engine]["reason"] = str(error)
                del sweeps[engine]
                continue
            about[engine]["open_s"] = worker.opened["open_s"]
            workers.append(worker)
        budget: dict[str, Any] = {"queries": plan.queries, "seconds": plan.seconds}
        for row in titles:
            results[row] = duel(workers, row, sweeps, rounds=plan.rounds, **budget)
    return results


def _two_threads(
    place: Place, engine: str, titles: list[str], found: dict[str, Any], plan: Plan
) -> dict[str, Any]:
    """Return queries a second of one and of two threads, in turn, on all cores."""
    figures: dict[str, Any] = {}
    with Handle(place, engine, core=None) as worker:
        for row in [row for row in _THREADED_ROWS if row in titles]:
            points = found["rows"][row]
            if isinstance(points, dict):
                continue
            try:
                figures[row] = _one_and_two(worker, row, chosen_settings(points)[0])
            except EngineFailedError as error:
                log.info("failed engine=%s row=%s reason=%s", engine, row, error)
    return figures


def _one_and_two(worker: Handle, row: str, setting: dict[str, Any]) -> dict[str, Any]:
    """Return the medians of alternated rounds."""
    worker.ask("prepare", row=row)
    rounds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(_THREADED_ROUNDS):
        for n, found in rounds.items():
            run: dict[str, Any] = {"row": row, "setting": setting, "n_threads": n}
            found.append(worker.ask("threads", **run, seconds=_THREADED_S)["qps"])
    one, two = median(rounds[1]), median(rounds[2])
    return {"one": one, "two": two, "ratio": round(two / one, 2)}


def _curves(sweeps: dict[str, Any], titles: list[str]) -> dict[str, Any]:
    """Return {row: {engine: [[recall, q/s], ...]}}."""
    curves: dict[str, Any] = {}
    for engine, found in sweeps.items():
        for row in titles:
            points = found["rows"][row]
            if not isinstance(points, dict):
                curve = [[p["recall"], p["qps"]] for p in points]
                curves.setdefault(row, {})[engine] = curve
    return curves


def _share(data: Dataset, row: Row) -> dict[str, Any]:
    """Return which part of the rows passes, on average over the queries."""
    filters = [row.filters[query] for query in row.queries]
    shares = [1.0 if f is None else float(data.mask(f).mean()) for f in filters]
    return {"kind": row.kind, "share": sum(shares) / len(shares), "queries": len(row.queries)}
