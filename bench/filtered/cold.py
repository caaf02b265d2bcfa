"""What a query costs when the disk cache is cold, and what our index reads for it."""

from pathlib import Path
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
    place: Place, engine: str, duelled: dict[str, Any], *, queries: int, core: int | None
) -> dict[str, Any]:
    """Return the figures of each row, asked with no vector in the disk cache before any query.

    Each row gets a fresh process, which compiles its filters and then empties the cache of the
    engine's files; `first_ms` is the query after that. Before each later one only the vectors are
    taken out: the rest is what the index keeps in memory. `cached_share` is the largest part of
    the vectors that `mincore` still found in the cache; of more than 1 % nothing is reported.
    `pages_p95` is how many pages a query has read; `disk_reads_per_s` what the disk gave of such
    reads right after, 32 in flight: it may be another's in the next minute.
    """
    figures: dict[str, Any] = {}
    size = 4 * place.data.n * place.data.dim
    for row, of_engine in duelled.items():
        setting = of_engine.get(engine, {}).get("setting")
        if setting is None:
            continue
        pages.drop([place.data.path])  # this process maps the vectors, too
        try:
            with Handle(place, engine, core=core) as worker:
                worker.ask("prepare", row=row)
                answer = worker.ask("cold", row=row, setting=setting, count=queries, seconds=60)
        except EngineFailedError as error:
            figures[row] = {"reason": str(error)}
            continue
        share = round(answer["cached_bytes_left"] / size, 5)
        if share > _CACHED_AT_MOST:
            reason = (
                f"{100 * share:.0f} % of the vectors stayed in memory: another process maps them"
            )
            figures[row] = {"reason": reason}
            continue
        later = {name: answer[name][1:] or answer[name] for name in ("wall_ms", "cpu_ms", "recall")}
        first = round(answer["wall_ms"][0], 2)
        n_pages = answer["pages"][1:] or answer["pages"]
        figures[row] = summary(later) | {
            "first_ms": first,
            "cached_share": share,
            "pages_p50": round(float(np.median(n_pages))),
            "pages_p95": round(float(np.quantile(n_pages, 0.95))),
            "disk_reads_per_s": disk_reads(Path(answer["file"]), _DISK_DEPTH, _DISK_S),
        }
    return figures


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
