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
        weights: (n_labels,) float32, log(1 + n_rows / n_holders): what sharing a label counts.
    """

    def __init__(self, labels: Sequence[Collection[str]]) -> None:
        counts = Counter(label for of_row in labels for label in set(of_row))
        # Sorted: the hash of a text differs from process to process.
        names = sorted(label for label, n in counts.items() if n > 1)
        numbers = {label: number for number, label in enumerate(names)}
        own = [sorted(numbers[name] for name in set(of) if name in numbers) for of in labels]
        self._sizes = np.array([len(of) for of in own], dtype=np.int64)
        self._starts = np.concatenate([[0], np.cumsum(self._sizes)]).astype(np.int64)
        self._labels = np.array([label for of in own for label in of], dtype=np.int64)
        rows = np.repeat(np.arange(len(own), dtype=np.int64), self._sizes)
        self._holders = rows[np.argsort(self._labels, kind="stable")]
        self._n_holders = np.bincount(self._labels, minlength=len(names))
        self._holders_at = np.concatenate([[0], np.cumsum(self._n_holders)]).astype(np.int64)
        # 1 is added so that a label of every row still counts.
        rarity = np.log(1 + len(own) / np.maximum(self._n_holders, 1))
        self.weights: Floats = rarity.astype(np.float32)
        self._odds = np.concatenate([[0.0], np.cumsum(rarity[self._labels])])

    def labelled(self) -> Rows:
        """Return the rows that share a label with another, ascending."""
        return np.flatnonzero(self._sizes).astype(np.int64)

    def partners(self, rows: Rows, rng: np.random.Generator) -> Rows:
        """Return for each row another one that shares a label, rare labels more often.

        Args:
            rows: (n,), of those that are `labelled`.
        """
        low, high = self._odds[self._starts[rows]], self._odds[self._starts[rows + 1]]
        drawn = low + rng.random(len(rows)) * (high - low)
        places = np.searchsorted(self._odds, drawn, side="right") - 1
        labels = self._labels[np.clip(places, self._starts[rows], self._starts[rows + 1] - 1)]
        last = self._holders_at[labels + 1] - 1
        others = self._holders[rng.integers(self._holders_at[labels], last)]
        found: Rows = np.where(others == rows, self._holders[last], others)
        return found

    def shared(self, rows: Rows, others: Rows) -> Floats:
        """Return the summed weights of the labels that are shared, (n_rows, n_others)."""
        (at, own), (at_others, theirs) = self._of(rows), self._of(others)
        used = np.unique(own)
        left = np.zeros((len(rows), len(used)), dtype=np.float32)
        left[at, np.searchsorted(used, own)] = self.weights[own]
        is_used = np.isin(theirs, used)
        right = np.zeros((len(others), len(used)), dtype=np.float32)
        right[at_others[is_used], np.searchsorted(used, theirs[is_used])] = 1
        both: Floats = left @ right.T
        return both

    def _of(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return the labels of rows, one after another, and the place of the row of each."""
        sizes = self._sizes[rows]
        places = np.repeat(np.arange(len(rows)), sizes)
        within = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return places, self._labels[np.repeat(self._starts[rows], sizes) + within]
