"""What the bench asks of an engine."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.filtered.dataset import Dataset
from bench.filtered.filters import Filter

Setting = dict[str, Any]
"""The arguments of one search; the bench looks for the fastest that reaches the recall."""


class NotSupportedError(Exception):
    """The engine has no such thing; the message says what."""


class Engine(ABC):
    """One engine, built once, saved in a folder, opened, and asked one query at a time.

    Attributes:
        note: what was built, for the tables.
        packages: distributions whose versions matter.
        settings: from the fastest to the one with the highest recall.
        is_ours: runs in the project's own environment, and is compared with the others.
    """

    note: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    settings: ClassVar[tuple[Setting, ...]]
    is_ours: ClassVar[bool] = False

    @abstractmethod
    def build(self, data: Dataset, folder: Path) -> None:
        """Make the index of data and write it into folder."""

    @abstractmethod
    def open(self, data: Dataset, folder: Path) -> None:
        """Read what build has written; search comes after it, in another process."""

    def prepare(self, chosen: Filter, data: Dataset) -> Any:
        """Return the filter in the engine's own form; done once a filter, outside the clock.

        Raises:
            NotSupportedError: it has no filters, or not of this kind.
        """
        raise NotSupportedError("no filter")

    @abstractmethod
    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        """Return the ids of the best rows for q, (dim,); prepared is None without a filter."""

    def work(self, q: NDArray[np.float32], setting: Setting, prepared: Any) -> dict[str, float]:
        """Return what a search reads: bytes of "cells" and of "codes", and how many "rows".

        Raises:
            NotSupportedError: the engine does not say.
        """
        raise NotSupportedError("it does not say what it reads")


def blocks(data: Dataset, size: int = 50_000) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the first row's number and the rows, a block at a time, in memory."""
    for start in range(0, data.n, size):
        yield start, np.ascontiguousarray(data.x[start : start + size])


def sample(data: Dataset, n: int, seed: int = 1) -> NDArray[np.float32]:
    """Return n random rows in memory, to train on."""
    rows = np.random.default_rng(seed).choice(data.n, min(n, data.n), replace=False)
    return np.ascontiguousarray(data.x[np.sort(rows)])
