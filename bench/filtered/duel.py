"""The same queries to all engines in turn, in rounds that begin with another engine each time."""

import logging
from typing import Any

from bench.filtered.handle import EngineFailedError, Handle
from bench.filtered.sweep import WANTED, WARM_UP, chosen_settings, summary

log = logging.getLogger(__name__)

Duellist = tuple[Handle, dict[str, Any]]


def duel(
    workers: list[Handle],
    row: str,
    sweeps: dict[str, Any],
    *,
    rounds: int,
    queries: int,
    seconds: float,
) -> dict[str, Any]:
    """Return {engine: figures} of a row; an engine that cannot do it has its reason instead."""
    figures: dict[str, Any] = {}
    duellists: list[Duellist] = []
    for worker in workers:
        points = sweeps[worker.engine]["rows"][row]
        try:
            if isinstance(points, dict):
                raise EngineFailedError(points["reason"])
            prepared = worker.ask("prepare", row=row)
            duellists += [(worker, setting) for setting in chosen_settings(points)]
            figures[worker.engine] = prepared
        except EngineFailedError as error:
            figures[worker.engine] = {"reason": str(error)}
    answers = _rounds(duellists, row, rounds=rounds, queries=queries, seconds=seconds)
    for (worker, setting), answer in zip(duellists, answers, strict=True):
        found = {"setting": setting} | summary(answer)
        known = figures[worker.engine]
        if "recall" not in known or _is_better(found, known):
            figures[worker.engine] = {"prepare_ms": known.get("prepare_ms")} | found
    log.info("row=%s %s", row, {e: (f.get("qps"), f.get("recall")) for e, f in figures.items()})
    return figures


def _rounds(
    duellists: list[Duellist], row: str, *, rounds: int, queries: int, seconds: float
) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = [{"wall_ms": [], "cpu_ms": [], "recall": []} for _ in duellists]
    step = queries // rounds
    run: dict[str, Any]
    for worker, setting in duellists:  # pages that a query needs are then mapped, for all alike
        run = {"row": row, "setting": setting, "first": 0, "count": queries}
        worker.ask("run", **run, seconds=2 * seconds)
    for number in range(rounds):
        order = range(len(duellists))
        turn = number * len(duellists) // rounds
        for place in [*order[turn:], *order[:turn]]:
            worker, setting = duellists[place]
            run = {"row": row, "setting": setting, "first": number * step}
            worker.ask("run", **run, count=WARM_UP, seconds=seconds / 4)
            answer = worker.ask("run", **run, count=step, seconds=seconds)
            for name, values in answers[place].items():
                values += answer[name]
    return answers


def _is_better(found: dict[str, Any], known: dict[str, Any]) -> bool:
    """Prefer what reaches the recall, of those the fastest, of the others the best recall."""

    def rank(point: dict[str, Any]) -> tuple[bool, float]:
        reaches = point["recall"] >= WANTED
        return reaches, point["qps"] if reaches else point["recall"]

    return rank(found) > rank(known)
