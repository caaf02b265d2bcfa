"""What trending needs of the store: signals of a span of time, the papers, what is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What happened to papers, one entry each; columns of one length n.

    Args:
        kinds: the names that `kind` counts through.
        paper: (n,) int64, keys.
        kind: (n,) int64, places in `kinds`.
        at: (n,) float64, seconds since 1970.
        amount: (n,) float64, how often it happened: 1 for an act, a difference for a count.
        reader: (n,) int64, keys; 0 for what no reader did.
        joined: (n,) float64, when that reader's account was made, in seconds since 1970.
        place: (n,) int64, of an opened paper in its list, from 1; 0 where unknown.
    """

    kinds: tuple[str, ...]
    paper: NDArray[np.int64]
    kind: NDArray[np.int64]
    at: NDArray[np.float64]
    amount: NDArray[np.float64]
    reader: NDArray[np.int64]
    joined: NDArray[np.float64]
    place: NDArray[np.int64]

    def taken(self, wanted: NDArray[np.bool_] | NDArray[np.int64]) -> "Signals":
        """Return those that are wanted, by a mask or by their places."""
        return Signals(kinds=self.kinds, **{n: getattr(self, n)[wanted] for n in _COLUMNS})

    def with_more(self, more: "Signals") -> "Signals":
        """Return these and others of the same kinds."""
        pairs = ((n, (getattr(self, n), getattr(more, n))) for n in _COLUMNS)
        return Signals(kinds=self.kinds, **{n: np.concatenate(both) for n, both in pairs})


_COLUMNS = ("paper", "kind", "at", "amount", "reader", "joined", "place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far signals have been read.

    Args:
        last: the last number of each table of signals.
        readers: the `seq` of each reader who may come in.
    """

    last: tuple[int, ...]
    readers: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Signals that were read, in one snapshot.

    Args:
        again: readers all of whose signals were read anew: what was read of them before is void.
        mark: where to go on the next time.
    """

    signals: Signals
    again: tuple[int, ...]
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPaper:
    """What trending knows of a paper: its key, day (`yyyymmdd`, zeros unknown) and categories."""

    key: int
    day: int
    categories: str


class TrendInputs(Protocol):
    """Signals and the papers that they are about."""

    def number(self) -> tuple[int, ...]:
        """Return what changes whenever a signal is added, undone, or not to be counted."""
        ...

    def signals(
        self, *, kinds: Sequence[str], since: datetime, fresh: date, mark: Mark | None = None
    ) -> Batch:
        """Return the signals of these kinds from a moment on, undone ones left out.

        Args:
            fresh: what no reader did is left out for papers that are older than this day.
            mark: of the batch before: only what has changed since then is read.
        """
        ...

    def listed(self, *, since: date, until: date) -> list[ListedPaper]:
        """Return the papers listed in a span of days."""
        ...

    def changed(self, *, after: int, limit: int) -> list[ListedPaper]:
        """Return papers of any day that have changed since a number (`seq`), oldest first."""
        ...

    def known(self, keys: Sequence[int], *, until: date) -> list[ListedPaper]:
        """Return those papers of these keys that are not listed in the future."""
        ...


class Kept(Protocol):
    """Few values that belong to the library, as JSON."""

    def value(self, name: str) -> Mapping[str, object] | None:
        """Return what is kept under a name."""
        ...

    def keep(self, name: str, value: Mapping[str, object] | None) -> None:
        """Keep a value in place of the one before; None forgets it."""
        ...
