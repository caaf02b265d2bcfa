"""Which rows share which labels, and how much that says: a rare label says more."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


class SharedLabels:
    """Labels of rows, those that two rows share; of one row alone a label says nothing.

    Args:
        labels: of each row.

    Attributes:
        weights: (n_labels,) float32, log(1 + n_rows / n_holders): what sharing each label counts.
        holders: of each label its rows, ascending.
        of_row: of each row its labels' numbers, ascending.
    """

    def __init__(self, labels: Sequence[Collection[str]]) -> None:
        counts = Counter(label for of_row in labels for label in set(of_row))
        # Sorted: the hash of a text differs from process to process.
        names = sorted(label for label, n in counts.items() if n > 1)
        numbers = {label: number for number, label in enumerate(names)}
        self.of_row: list[Rows] = [
            np.array(sorted(numbers[label] for label in set(of_row) if label in numbers), np.int64)
            for of_row in labels
        ]
        holders: list[list[int]] = [[] for _ in numbers]
        for row, own in enumerate(self.of_row):
            for label in own.tolist():
                holders[label].append(row)
        self.holders: list[Rows] = [np.array(rows, dtype=np.int64) for rows in holders]
        sizes = np.array([len(rows) for rows in holders], dtype=np.float64)
        # 1 is added so that a label of every row still counts.
        self.weights: Floats = np.log(1 + len(labels) / np.maximum(sizes, 1)).astype(np.float32)

    def labelled(self) -> Rows:
        """Return the rows that share a label with another, ascending."""
        return np.array([r for r, own in enumerate(self.of_row) if len(own)], dtype=np.int64)

    def partner(self, row: int, rng: np.random.Generator) -> int:
        """Return another row that shares a label with this one, rare labels more often."""
        own = self.of_row[row]
        odds = self.weights[own].astype(np.float64)
        others = self.holders[int(rng.choice(own, p=odds / odds.sum()))]
        found = int(others[rng.integers(len(others) - 1)])
        return found if found != row else int(others[-1])

    def shared(self, rows: Rows, others: Rows) -> Floats:
        """Return the summed weights of the labels that are shared, (n_rows, n_others)."""
        used = np.unique(np.concatenate([self.of_row[row] for row in (*rows, *others)]))
        left, right = (self._marks(of, used) for of in (rows, others))
        both: Floats = (left * self.weights[used]) @ right.T
        return both

    def _marks(self, rows: Rows, used: Rows) -> Floats:
        marks = np.zeros((len(rows), len(used)), dtype=np.float32)
        for place, row in enumerate(rows.tolist()):
            marks[place, np.searchsorted(used, self.of_row[row])] = 1
        return marks
