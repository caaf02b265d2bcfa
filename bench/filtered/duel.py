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
        if "reason" in answer:
            figures[worker.engine] = {"reason": answer["reason"]} | figures[worker.engine]
            continue
        found = {"setting": setting} | summary(answer)
        known = figures[worker.engine]
        if "recall" not in known or _is_better(found, known):
            figures[worker.engine] = {"prepare_ms": known.get("prepare_ms")} | found
    for worker in workers:
        if worker.is_alive:
            worker.ask("forget")
    log.info("row=%s %s", row, {e: (f.get("qps"), f.get("recall")) for e, f in figures.items()})
    return figures


def _rounds(
    duellists: list[Duellist], row: str, *, rounds: int, queries: int, seconds: float
) -> list[dict[str, Any]]:
    """Return the lists a query of each duellist; of one that fails, the reason."""
    answers = [_nothing() for _ in duellists]
    step = queries // rounds
    for duellist in duellists:  # pages that a query needs are then mapped, for all alike
        _turn(duellist, row, _nothing(), first=0, count=queries, seconds=2 * seconds)
    for number in range(rounds):
        order = range(len(duellists))
        turn, first = number * len(duellists) // rounds, number * step
        for place in [*order[turn:], *order[:turn]]:
            duellist = duellists[place]
            _turn(duellist, row, _nothing(), first=first, count=WARM_UP, seconds=seconds / 4)
            _turn(duellist, row, answers[place], first=first, count=step, seconds=seconds)
    return answers


def _nothing() -> dict[str, Any]:
    return {"wall_ms": [], "cpu_ms": [], "recall": []}


def _turn(
    duellist: Duellist, row: str, answer: dict[str, Any], *, first: int, count: int, seconds: float
) -> None:
    """Ask some queries and add what came to the answer, unless it has failed."""
    worker, setting = duellist
    if "reason" in answer:
        return
    run: dict[str, Any] = {"row": row, "setting": setting, "first": first, "count": count}
    try:
        found = worker.ask("run", **run, seconds=seconds)
    except EngineFailedError as error:
        answer["reason"] = str(error)
        return
    for name in found:
        answer[name] += found[name]


def _is_better(found: dict[str, Any], known: dict[str, Any]) -> bool:
    """Prefer what reaches the recall, of those the fastest, of the others the best recall."""

    def rank(point: dict[str, Any]) -> tuple[bool, float]:
        reaches = point["recall"] >= WANTED
        return reaches, point["qps"] if reaches else point["recall"]

    return rank(found) > rank(known)
