"""How well the search finds what judges call relevant: records, and what measuring needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, get_args

from broadsheet.model.importstate import Assigned
from broadsheet.model.ports import Progress
from broadsheet.model.query import Mode

ASPECTS = "aspects"
"""The mode that compares one facet of two papers; only queries that name a facet have it."""

_FIRST = ("words", "meaning", "fused")
MODES: tuple[str, ...] = tuple(dict.fromkeys((*_FIRST, *get_args(Mode), ASPECTS)))
DEPTH = 100
"""So many papers are asked for, as recall@100 needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Means over queries, each from 0 to 1, and what a query took.

    Args:
        ms: the median over queries, without embedding the query; None where nothing was timed.
    """

    ndcg_10: float
    ndcg_20: float
    recall_20: float
    recall_100: float
    mrr: float
    ms: float | None = None


MEASURES = ("ndcg_10", "ndcg_20", "recall_20", "recall_100", "mrr")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReport:
    """How good every mode and every peer is on one judged set.

    Args:
        missing: what could not be measured, with the reason.
        facets: figures by mode by facet, where queries name facets.
        notes: sentences on what was left out or stands for something else.
    """

    name: str
    split: str
    n_queries: int
    n_texts: int
    figures: Mapping[str, Figures]
    missing: Mapping[str, str] = field(default_factory=dict)
    facets: Mapping[str, Mapping[str, Figures]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be measured.

    Args:
        modes: some of MODES.
        splits: names of splits; a folder takes the first that it has.
        corpora: the folder of corpora for sets without texts of their own.
        n_others: so many papers of the corpora that are not relevant; None is all.
    """

    modes: tuple[str, ...] = MODES
    splits: tuple[str, ...] = ()
    corpora: Path | None = None
    n_others: int | None = None


class JudgedText(Protocol):
    """A text of a collection; either part may be empty."""

    @property
    def title(self) -> str:
        """The title."""
        ...

    @property
    def text(self) -> str:
        """The abstract."""
        ...


class Collection(Protocol):
    """Texts, queries, and which text answers which query how well; mappings by query id."""

    @property
    def name(self) -> str:
        """The folder's name."""
        ...

    @property
    def split(self) -> str:
        """Which queries, as "dev"; empty where there is one kind."""
        ...

    @property
    def note(self) -> str:
        """What was left out, in a sentence."""
        ...

    @property
    def corpus_ids(self) -> Sequence[str]:
        """The ids of the texts."""
        ...

    @property
    def texts(self) -> Sequence[JudgedText]:
        """The texts, in that order."""
        ...

    @property
    def queries(self) -> Mapping[str, str]:
        """What was asked; empty where a document is named instead."""
        ...

    @property
    def qrels(self) -> Mapping[str, Mapping[str, int]]:
        """Grades by text id."""
        ...

    @property
    def documents(self) -> Mapping[str, str]:
        """The text that a query names."""
        ...

    @property
    def facets(self) -> Mapping[str, str]:
        """What of it is meant, as "method"."""
        ...

    @property
    def pools(self) -> Mapping[str, Sequence[str]]:
        """The only texts that are ranked."""
        ...


class JudgedReading(Protocol):
    """Reads judged sets and measures rankings by them."""

    def read(self, folder: Path, wanted: Wanted, *, progress: Progress) -> Collection:
        """Return the set of a folder.

        Raises:
            InvalidValueError: it is none, or has none of the splits.
            SourceError: a line cannot be read; the message names file, line and field.
        """
        ...

    def figures(
        self, rankings: Sequence[Sequence[str]], grades: Sequence[Mapping[str, int]]
    ) -> Figures:
        """Return the means over queries of rankings, best first, by their grades."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A query as it is put to a library: words, or a paper and a facet of it.

    Args:
        pool: keys of the only papers that are ranked; None where all are.
    """

    text: str = ""
    document: int | None = None
    facet: str = ""
    pool: tuple[int, ...] | None = None


class TrialLibrary(Protocol):
    """A library that holds one collection and is searched as a user's is."""

    def put(self, assigned: Sequence[Assigned]) -> Mapping[str, int]:
        """Store papers; return their keys by source id."""
        ...

    def bring_up(self, texts: Sequence[str], *, progress: Progress) -> None:
        """Index and embed all papers, and embed queries, so that no search waits for that."""
        ...

    def rank(self, asking: Asking, mode: str) -> Sequence[int]:
        """Return the keys of the best DEPTH papers, or of the whole pool, best first."""
        ...

    def notes(self) -> Sequence[str]:
        """Return what is to be said of the modes, in sentences."""
        ...

    def close(self) -> None:
        """Give back what is open."""
        ...


class Peer(Protocol):
    """Another way to search the same texts."""

    @property
    def name(self) -> str:
        """As it is called in reports."""
        ...

    def missing(self) -> str:
        """Return what to install before it can be measured; empty when it can."""
        ...

    def rankings(
        self, collection: Collection, *, progress: Progress
    ) -> Mapping[str, Sequence[str]]:
        """Return the best DEPTH texts, or the whole pool, by query id, best first."""
        ...


MakeLibrary = Callable[[Path], TrialLibrary]
"""Makes an empty library in an empty folder."""
