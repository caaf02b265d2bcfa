"""What a query costs when the disk cache is cold, and what our index reads for it."""

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench.filtered import pages
from bench.filtered.engines import is_ours
from bench.filtered.handle import EngineFailedError, Handle, Place
from bench.filtered.limits import disk_reads
from bench.filtered.sweep import summary

_WORK_QUERIES = 200
_CACHED_AT_MOST = 0.01
_READS = ("cells", "codes", "rows")
_DISK_DEPTH, _DISK_S = 32, 0.5


def cold(
    place: Place,
    engines: Iterable[str],
    duelled: dict[str, Any],
    *,
    queries: int,
    turns: int,
    core: int | None,
) -> dict[str, Any]:
    """Return {engine: {row: figures}} of queries that find no vector in the disk cache.

    A disk may be another's in the next minute, so that all rows come in turns, each with its share
    of the queries. Before an engine's turn its files are read whole: behind the disk of a machine
    that is a guest may be a cache that gives what it was asked for lately six times as fast. Then
    all are taken out of this machine's own, which would have to make room for each page.

    In a turn a row gets a fresh process, which compiles its filters and then empties the cache of
    the engine's files; `first_ms` is the query after that, the median over the turns. Before each
    later one only the vectors are taken out: the rest is what the index keeps in memory.
    `p95_turns_ms` is the 95th percentile of each turn, `p95_ms` of all. `cached_share` is the
    largest part of the vectors that `mincore` still found in the cache; of more than 1 % nothing
    is reported. `pages_p95` is how many pages a query has read, `disk_reads_per_s` what the disk
    gave of such reads right after, 32 in flight, the median over the turns.
    """
    found: dict[str, dict[str, list[dict[str, Any]]]] = {
        engine: {row: [] for row, of_row in duelled.items() if "setting" in of_row.get(engine, {})}
        for engine in engines
    }
    count = -(-queries // turns) + 1  # the first does not count among the others
    for turn in range(turns):
        for engine, of_row in found.items():
            warm_pages(place, [engine])
            pages.drop(file for other in found for file in place.folder(other).rglob("*"))
            for row, answers in of_row.items():
                if not any("reason" in answer for answer in answers):
                    setting = duelled[row][engine]["setting"]
                    asked = {"row": row, "setting": setting, "first": turn * count, "count": count}
                    answers.append(_cold_turn(place, engine, asked, core))
    return {
        engine: {row: pooled(answers) for row, answers in of_row.items()}
        for engine, of_row in found.items()
    }


def _cold_turn(
    place: Place, engine: str, asked: dict[str, Any], core: int | None
) -> dict[str, Any]:
    pages.drop([place.data.path])  # this process maps the vectors, too
    try:
        with Handle(place, engine, core=core) as worker:
            worker.ask("prepare", row=asked["row"])
            answer = worker.ask("cold", **asked, seconds=60)
    except EngineFailedError as error:
        return {"reason": str(error)}
    share = round(answer["cached_bytes_left"] / (4 * place.data.n * place.data.dim), 5)
    if share > _CACHED_AT_MOST:
        reason = f"{100 * share:.0f} % of the vectors stayed in memory: another process maps them"
        return {"reason": reason}
    rate = disk_reads(Path(answer["file"]), _DISK_DEPTH, _DISK_S)
    return answer | {"cached_share": share, "disk_reads_per_s": rate}


def pooled(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of a row from what its turns gave, or the reason of one that failed."""
    for answer in answers:
        if "reason" in answer:
            return {"reason": answer["reason"]}
    names = ("wall_ms", "cpu_ms", "recall", "pages")
    turns = [{name: answer[name][1:] or answer[name] for name in names} for answer in answers]
    later = {name: [value for turn in turns for value in turn[name]] for name in names}
    return summary(later) | {
        "p95_turns_ms": [round(float(np.quantile(turn["wall_ms"], 0.95)), 4) for turn in turns],
        "first_ms": round(median(answer["wall_ms"][0] for answer in answers), 2),
        "cached_share": max(answer["cached_share"] for answer in answers),
        "pages_p50": round(float(np.median(later["pages"]))),
        "pages_p95": round(float(np.quantile(later["pages"], 0.95))),
        "disk_reads_per_s": round(median(answer["disk_reads_per_s"] for answer in answers)),
    }


def work(place: Place, duelled: dict[str, Any], *, core: int | None) -> dict[str, Any]:
    """Return what an average query of ours reads, {engine: {"rows": {row: {"codes": bytes}}}}.

    Beside it, "fit" is what each byte and row costs by least squares over all queries.
    """
    figures: dict[str, Any] = {}
    engines = {engine for of_engine in duelled.values() for engine in of_engine}
    for engine in sorted(filter(is_ours, engines)):
        reads: dict[str, Any] = {}
        with Handle(place, engine, core=core) as worker:
            for row, of_engine in duelled.items():
                if "setting" not in of_engine.get(engine, {}):
                    continue
                setting = of_engine[engine]["setting"]
                try:
                    worker.ask("prepare", row=row)
                    asked = {"row": row, "setting": setting, "count": _WORK_QUERIES}
                    reads[row] = worker.ask("work", **asked)
                except EngineFailedError:
                    break
        if reads:
            means = {
                row: {name: round(float(np.mean(ns)), 4) for name, ns in of_row.items()}
                for row, of_row in reads.items()
            }
            figures[engine] = {"rows": means, "fit": fit(list(reads.values()))}
    return figures


def fit(reads: list[dict[str, list[float]]]) -> dict[str, float]:
    """Return milliseconds of a "call", of a byte of "cells" and "codes", of one of the "rows".

    Least squares over the queries, weighted by one over the time, so that slow ones do not
    decide; costs are not negative, so what cannot be told apart is left out, the smallest first.
    """
    ms = np.concatenate([of_row["ms"] for of_row in reads])
    parts = {name: np.concatenate([of_row[name] for of_row in reads]) for name in _READS}
    parts["call"] = np.ones(len(ms))
    names = [name for name, part in parts.items() if part.any()]
    while names:
        matrix = np.stack([parts[name] for name in names], axis=1) / ms[:, None]
        scale = np.abs(matrix).max(axis=0)
        cost = np.linalg.lstsq(matrix / scale, np.ones(len(ms)), rcond=None)[0]
        if (cost >= 0).all():
            return dict(zip(names, (cost / scale).tolist(), strict=True))
        names.pop(int(np.argmin(cost)))
    return {}


def warm_pages(place: Place, engines: list[str]) -> None:
    """Read the vectors and the files of the indexes, so that the disk cache has them."""
    data = place.data
    pages.warm(data.path, 4 * data.n * data.dim)
    for engine in engines:
        for path in place.folder(engine).rglob("*"):
            if path.is_file():
                pages.warm(path)
