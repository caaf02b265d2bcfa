"""Groups of records out of judged pairs: for each group, more speaks for it than against."""

import math
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_SURE = 30.0
_ROUNDS = 20


def communities(
    n: int,
    pairs: NDArray[np.int64],
    likely: NDArray[np.float32],
    *,
    threshold: float,
    apart: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return each record's group, (n,), groups numbered by their first record.

    A pair weighs the log odds of what was judged over those of the threshold. Records move,
    one by one, to the neighbouring group that they gain most by, as in Louvain's first phase,
    until none gains: a record that one member likes and others deny does not come in.

    Args:
        pairs: (n_pairs, 2) rows.
        likely: (n_pairs,).
        apart: pairs that are never in one group, (n_apart, 2).
    """
    weights = _weights(pairs, likely, threshold)
    never = _both_ways(apart) if apart is not None else {}
    group = list(range(n))
    for members in _components(n, pairs, likely, threshold):
        _settle(members, weights, never, group)
    return _numbered(group)


def _weights(
    pairs: NDArray[np.int64], likely: NDArray[np.float32], threshold: float
) -> dict[int, dict[int, float]]:
    bar = math.log(threshold / (1 - threshold))
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for (a, b), p in zip(pairs.tolist(), likely.tolist(), strict=True):
        odds = max(-_SURE, min(_SURE, math.log(max(p, 1e-12) / max(1 - p, 1e-12)))) - bar
        found[a][b] = found[b][a] = odds
    return found


def _both_ways(apart: NDArray[np.int64]) -> dict[int, set[int]]:
    never: dict[int, set[int]] = defaultdict(set)
    for a, b in apart.tolist():
        never[a].add(b)
        never[b].add(a)
    return never


def _components(
    n: int, pairs: NDArray[np.int64], likely: NDArray[np.float32], threshold: float
) -> Iterable[list[int]]:
    """Yield the rows that likely pairs connect, sorted; rows alone are left out."""
    parent = list(range(n))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for a, b in pairs[likely >= threshold].tolist():
        one, other = sorted((root(a), root(b)))
        parent[other] = one
    members: dict[int, list[int]] = defaultdict(list)
    for row in range(n):
        members[root(row)].append(row)
    return [rows for rows in members.values() if len(rows) > 1]


def _settle(
    rows: list[int],
    weights: dict[int, dict[int, float]],
    never: dict[int, set[int]],
    group: list[int],
) -> None:
    """Move rows of one component between groups until none gains."""
    members: dict[int, set[int]] = {row: {row} for row in rows}
    for _ in range(_ROUNDS):
        moved = False
        for row in rows:
            gains: dict[int, float] = defaultdict(float)
            for other, weight in weights[row].items():
                gains[group[other]] += weight
            here = group[row]
            best, most = here, gains.get(here, 0.0)
            for there, gain in sorted(gains.items()):
                allowed = not (never.get(row, set()) & members.get(there, set()))
                if there != here and allowed and gain > most + 1e-9:
                    best, most = there, gain
            if best == here and most < 0 and len(members[here]) > 1:
                best = next(name for name in [row, *rows] if not members.get(name))
            if best != here:
                members[here].discard(row)
                members.setdefault(best, set()).add(row)
                group[row] = best
                moved = True
        if not moved:
            return


def _numbered(group: list[int]) -> NDArray[np.int64]:
    numbers: dict[int, int] = {}
    return np.array([numbers.setdefault(one, len(numbers)) for one in group], dtype=np.int64)
