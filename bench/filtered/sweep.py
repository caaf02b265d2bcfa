"""Every setting of an engine on every row of filters: the curves, and which settings to duel."""

import json
import logging
from typing import Any

import numpy as np

from bench.filtered.engines import slug
from bench.filtered.handle import EngineFailedError, Handle, Place

log = logging.getLogger(__name__)

WANTED = 0.95
ENOUGH = 0.995
MARGIN = 0.005
"""A recall in the sweep that is so much higher will reach it in the duel, too."""

SAFE_POINTS = 3
"""So many settings that reach the recall are measured; slower ones would only lengthen the run."""

WARM_UP = 20


def sweep(
    place: Place, engine: str, rows: list[str], *, queries: int, seconds: float
) -> dict[str, Any]:
    """Return {"rows": {row: [point, ...] or {"reason": ...}}, ...}; what the cache has is kept."""
    path = place.cache / "sweeps" / f"{place.data.name}-{slug(engine)}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"rows": {}}
    todo = [row for row in rows if row not in found["rows"]]
    if not todo and "memory" in found:
        return found
    path.parent.mkdir(parents=True, exist_ok=True)
    while todo:
        with Handle(place, engine, core=None) as worker:
            while todo and worker.is_alive:
                row = todo.pop(0)
                found["rows"][row] = _sweep_row(worker, row, queries, seconds)
                path.write_text(json.dumps(found))
                log.info("swept engine=%s row=%s", engine, row)
    points = found["rows"].get("none", [])
    if points and not isinstance(points, dict):
        found["memory"] = _memory(place, engine, chosen_settings(points)[0])
        path.write_text(json.dumps(found))
    return found


def chosen_settings(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the settings to measure, up to three of those that reach the recall.

    The fastest; the one with the least recall, which is the fastest where chance had a hand in
    the sweep; and a safer one where that recall is too near to what is wanted. Where none reaches
    it, the one with the highest recall. Fast is told by CPU time, which other work on the machine
    changes less.
    """
    good = [point for point in points if point["recall"] >= WANTED]
    if not good:
        best = max(points, key=lambda point: (point["recall"], point["qps_by_cpu"]))
        return [best["setting"]]
    by_recall = sorted(good, key=lambda point: (point["recall"], -point["qps_by_cpu"]))
    chosen = [max(good, key=lambda point: point["qps_by_cpu"])["setting"]]
    safe = [point for point in by_recall if point["recall"] >= WANTED + MARGIN]
    for point in (by_recall[0], *safe[:1]):
        if point["setting"] not in chosen:
            chosen.append(point["setting"])
    return chosen


def _memory(place: Place, engine: str, setting: dict[str, Any]) -> dict[str, Any]:
    """Return bytes a vector that a fresh process holds after all unfiltered queries."""
    with Handle(place, engine, core=None) as worker:
        n = len(place.data.queries)
        worker.ask("run", row="none", setting=setting, first=0, count=n, seconds=10)
        return worker.ask("memory")


def _sweep_row(worker: Handle, row: str, queries: int, seconds: float) -> Any:
    try:
        worker.ask("prepare", row=row)
        points = _points(worker, row, queries, seconds)
        worker.ask("forget")
        return points
    except EngineFailedError as error:
        return {"reason": str(error)}


def _points(worker: Handle, row: str, queries: int, seconds: float) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = []
    for setting in worker.opened["settings"]:
        run: dict[str, Any] = {"row": row, "setting": setting}
        worker.ask("run", **run, first=0, count=WARM_UP, seconds=seconds / 2)
        answer = worker.ask("run", **run, first=0, count=queries, seconds=seconds)
        points.append({"setting": setting} | summary(answer))
        log.info("point engine=%s row=%s %s", worker.engine, row, points[-1])
        n_good = sum(point["recall"] >= WANTED for point in points)
        if points[-1]["recall"] >= ENOUGH or n_good == SAFE_POINTS:
            break
    return points


def summary(answer: dict[str, Any]) -> dict[str, Any]:
    """Return recall, q/s by the median and by the mean, and percentiles, of lists a query."""
    wall, cpu = np.array(answer["wall_ms"]), np.array(answer["cpu_ms"])
    return {
        "recall": round(float(np.mean(answer["recall"])), 4),
        "qps": round(1e3 / float(np.median(wall)), 1),
        "qps_by_mean": round(1e3 / float(wall.mean()), 1),
        "qps_by_cpu": round(1e3 / max(1e-6, float(np.median(cpu))), 1),
        "p50_ms": round(float(np.median(wall)), 4),
        "p95_ms": round(float(np.quantile(wall, 0.95)), 4),
        "queries": len(wall),
    }
