"""What the index is to reach, and what was measured: the table at the head of the report."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from typing import Any

from bench.filtered.engines import is_ours
from bench.filtered.tables import line, memory_of, ratio

DEFAULT, SMALL = "typecase TwoGrainIndex", "typecase TwoGrainIndex 160"
BUILT_LIKE = "faiss IVFPQ192fs"
HARD = "anti-correlated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """One line.

    Args:
        bound: what is to be reached; at least it if is_least, else at most.
        where: the row that decides.
    """

    what: str
    bound: float
    measured: float
    is_least: bool = False
    unit: str = ""
    where: str = ""

    @property
    def is_met(self) -> bool:
        return self.measured >= self.bound if self.is_least else self.measured <= self.bound


def goals_table(duels: list[dict[str, Any]], scales: list[dict[str, Any]]) -> str:
    """Return the table over the duels (largest of each data set) and the runs over sizes."""
    found = [goal for figures in duels for goal in _of_duel(figures)]
    found += [goal for scale in scales for goal in _of_scale(scale)]
    lines = [line(["what", "goal", "measured", "decided by", "met"])]
    lines.append(line(["---", "---:", "---:", "---", "---"]))
    for goal in found:
        bound = f"{'at least' if goal.is_least else 'at most'} {goal.bound:g}{goal.unit}"
        measured = f"{goal.measured:.3g}{goal.unit}"
        met = "yes" if goal.is_met else "**no**"
        lines.append(line([goal.what, bound, measured, goal.where, met]))
    return "\n".join([*lines, ""])


def _of_duel(figures: dict[str, Any]) -> Iterator[Goal]:
    data = f"{figures['data']}, {figures['rows']:,}"
    if figures.get("machine"):
        data += f", {figures['machine']}"
    easy, of_faiss, of_qdrant = {}, {}, {}
    for row, of_engine in figures["duel"].items():
        peers = {e: found for e, found in of_engine.items() if not is_ours(e)}
        if figures["shares"][row]["kind"] != HARD:
            easy[row] = ratio(of_engine, peers)
        else:
            faiss = {e: f for e, f in peers.items() if e.startswith("faiss ") and "Flat" not in e}
            of_faiss[row] = ratio(of_engine, faiss)
            of_qdrant[row] = ratio(of_engine, {e: f for e, f in peers.items() if "qdrant" in e})
    for what, bound, ratios in (
        ("q/s over the best peer", 2, easy),
        ("q/s against the query, over the best cells or graph of faiss", 20, of_faiss),
        ("q/s against the query, over qdrant-edge", 2, of_qdrant),
    ):
        yield from _least(f"{what} ({data})", bound, ratios)
    yield from _costs(figures, data)


def _least(what: str, bound: float, ratios: dict[str, float | None]) -> Iterator[Goal]:
    known = {row: found for row, found in ratios.items() if found is not None}
    if known:
        worst = min(known, key=lambda row: known[row])
        yield Goal(what=what, bound=bound, measured=known[worst], is_least=True, where=worst)


def _costs(figures: dict[str, Any], data: str) -> Iterator[Goal]:
    about = figures["engines"]
    threads = about.get(DEFAULT, {}).get("two_threads", {})
    ratios = {row: found["ratio"] for row, found in threads.items()}
    yield from _least(f"two threads over one ({data})", 1.8, ratios)
    for engine, bound in ((DEFAULT, 72), (SMALL, 40)):
        held = memory_of(about.get(engine, {}))
        if held is not None:
            what = f"memory a vector, {engine} ({data})"
            yield Goal(what=what, bound=bound, measured=held, unit=" bytes")
    if all("build_cpu_s" in about.get(engine, {}) for engine in (DEFAULT, BUILT_LIKE)):
        share = about[DEFAULT]["build_cpu_s"] / about[BUILT_LIKE]["build_cpu_s"]
        yield Goal(what=f"build CPU over {BUILT_LIKE}'s ({data})", bound=0.5, measured=share)


def _of_scale(scale: dict[str, Any]) -> Iterator[Goal]:
    n, figures = list(scale["sizes"].items())[-1]
    where = f", {scale['machine']}" if scale.get("machine") else ""
    size = f"{int(n):,} rows{where}"
    opened = figures["engines"].get(DEFAULT, {}).get("open_s")
    if opened is not None:
        yield Goal(what=f"opening {size}", bound=1, measured=opened, unit=" s")
    of_row = {row: of.get(DEFAULT, {}).get("p95_ms") for row, of in figures["duel"].items()}
    yield from _most(f"p95 of a query, warm, {size}", 2, of_row, " ms")
    cold = figures.get("cold", {}).get(DEFAULT, {})
    of_row = {row: found.get("p95_ms") for row, found in cold.items()}
    yield from _most(f"p95 of a query, cold, {size}", 10, of_row, " ms")
    exponents = growth_exponents(scale, DEFAULT)
    yield from _most(f"cost grows as n to the power of{where}", 1, dict(exponents), "")


def _most(what: str, bound: float, of_row: dict[str, float | None], unit: str) -> Iterator[Goal]:
    known = {row: found for row, found in of_row.items() if found is not None}
    if known:
        worst = max(known, key=lambda row: known[row])
        yield Goal(what=what, bound=bound, measured=known[worst], unit=unit, where=worst)


def growth_exponents(scale: dict[str, Any], engine: str) -> dict[str, float]:
    """Return {row: the slope of log median over log rows, from the smallest to the largest}."""
    sizes = list(scale["sizes"].items())
    (n_first, first), (n_last, last) = sizes[0], sizes[-1]
    found = {}
    for row, of_engine in last["duel"].items():
        pair = [
            one.get(engine, {}).get("p50_ms") for one in (first["duel"].get(row, {}), of_engine)
        ]
        if n_first != n_last and all(pair):
            found[row] = log(pair[1] / pair[0]) / log(int(n_last) / int(n_first))
    return found
