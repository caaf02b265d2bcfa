"""What a query costs when the disk cache is cold, and what our index reads for it."""

import os
from pathlib import Path
from typing import Any

from bench.filtered.engines import is_ours
from bench.filtered.handle import EngineFailedError, Handle, Place
from bench.filtered.sweep import summary

_WORK_QUERIES = 200


def cold(place: Place, engine: str, duelled: dict[str, Any], queries: int) -> dict[str, Any]:
    """Return the figures of each row, asked with no page of the engine's files in memory.

    Each row gets a fresh process and different files' pages are asked for by different queries;
    what one query has read the next may find, as it would in service.
    """
    figures: dict[str, Any] = {}
    for row, of_engine in duelled.items():
        setting = of_engine.get(engine, {}).get("setting")
        if setting is None:
            continue
        drop_pages([place.data.path, *place.folder(engine).rglob("*")])
        try:
            with Handle(place, engine, core=None) as worker:
                worker.ask("prepare", row=row)
                run = {"row": row, "setting": setting, "first": 0, "count": queries}
                figures[row] = summary(worker.ask("run", **run, seconds=20))
        except EngineFailedError as error:
            figures[row] = {"reason": str(error)}
    return figures


def work(place: Place, duelled: dict[str, Any]) -> dict[str, Any]:
    """Return what an average query of ours reads, {engine: {row: {"codes": bytes, ...}}}."""
    figures: dict[str, Any] = {}
    engines = {engine for of_engine in duelled.values() for engine in of_engine}
    for engine in sorted(filter(is_ours, engines)):
        figures[engine] = {}
        with Handle(place, engine, core=None) as worker:
            for row, of_engine in duelled.items():
                if "setting" not in of_engine.get(engine, {}):
                    continue
                setting = of_engine[engine]["setting"]
                try:
                    worker.ask("prepare", row=row)
                    asked = {"row": row, "setting": setting, "count": _WORK_QUERIES}
                    figures[engine][row] = worker.ask("work", **asked)
                except EngineFailedError:
                    break
    return {engine: found for engine, found in figures.items() if found}


def warm_pages(place: Place, engines: list[str]) -> None:
    """Read the vectors and the files of the indexes, so that the disk cache has them."""
    data = place.data
    _read(data.path, 4 * data.n * data.dim)
    for engine in engines:
        for path in place.folder(engine).rglob("*"):
            if path.is_file():
                _read(path, path.stat().st_size)


def _read(path: Path, n_bytes: int) -> None:
    with path.open("rb") as file:
        while n_bytes > 0 and (block := file.read(2**22)):
            n_bytes -= len(block)


def drop_pages(paths: list[Path]) -> None:
    """Take files out of the disk cache; pages that a process maps stay."""
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
