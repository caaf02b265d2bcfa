"""Queries that lie near one another: walks over the graph of queries and the rows they find."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

_STEPS_A_QUERY = 100


class ProximityGraph(NamedTuple):
    """Two kinds of nodes: an edge says that a search of the query finds the row."""

    rows_of: Rows
    """(n_queries, k): the rows of each query."""
    starts: Rows
    """(n_rows + 1,): where the queries of a row begin in queries_of."""
    queries_of: Rows
    """(n_queries * k,): the queries of row 0, of row 1, ..."""

    def queries_at(self, row: int) -> Rows:
        """Return the queries that find a row, ascending."""
        return self.queries_of[self.starts[row] : self.starts[row + 1]]


def proximity_graph(rows_of: Rows, n_rows: int) -> ProximityGraph:
    """Return the graph of queries and what they find, (n_queries, k) rows below n_rows."""
    order = np.argsort(rows_of.ravel(), kind="stable")
    counts = np.bincount(rows_of.ravel(), minlength=n_rows)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return ProximityGraph(rows_of, starts, order // max(1, rows_of.shape[1]))


def snowball(graph: ProximityGraph, start: int, n: int, rng: np.random.Generator) -> Rows:
    """Return n different queries, in waves: the start, all that share a row with it, and so on.

    A wave is in random order. Where a part of the graph ends, it goes on from a random query.

    Args:
        n: at most the number of queries.
    """
    found, wave = [start], np.array([start])
    seen = np.zeros(len(graph.rows_of), dtype=bool)
    seen[start] = True
    while len(found) < n:
        rows = np.unique(graph.rows_of[wave])
        reached = np.unique(np.concatenate([graph.queries_at(int(row)) for row in rows]))
        wave = rng.permutation(reached[~seen[reached]])
        if len(wave) == 0:
            wave = rng.choice(np.flatnonzero(~seen), 1)
        seen[wave] = True
        found.extend(wave.tolist())
    return np.array(found[:n], dtype=np.int64)


def random_walk(graph: ProximityGraph, start: int, n: int, rng: np.random.Generator) -> Rows:
    """Return n different queries, in the order in which a random walk comes to them.

    A step goes to one of the query's rows, then to one of that row's queries. A walk that has
    taken 100 steps without a new query goes on from a random query that it has not seen.

    Args:
        n: at most the number of queries.
    """
    found, here, seen, left = [start], start, {start}, _STEPS_A_QUERY
    while len(found) < n:
        row = int(rng.choice(graph.rows_of[here]))
        here = int(rng.choice(graph.queries_at(row)))
        left -= 1
        if left == 0 and here in seen:
            here = int(rng.choice(np.setdiff1d(np.arange(len(graph.rows_of)), list(seen))))
        if here not in seen:
            seen.add(here)
            found.append(here)
            left = _STEPS_A_QUERY
    return np.array(found, dtype=np.int64)
