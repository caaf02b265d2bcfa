"""The word index as readers see it: an immutable snapshot, renewed when another commit is there."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tantivy import DocAddress, Index, Order, Query, Searcher

from broadsheet.model.language.plan import Condition
from broadsheet.model.query import Filters
from broadsheet.search.analysis import ANALYZER, Asked, Word, make_analyzer
from broadsheet.search.border import index_errors
from broadsheet.search.conditions import clauses_of
from broadsheet.search.scored import NOTHING, Scored
from broadsheet.search.word_clauses import (
    MOST_BITS,
    Clause,
    among,
    as_bits,
    filter_clauses,
    filtered,
    holding_all,
    named,
    of_keys,
    phrases,
    ranked,
    scored,
)
from broadsheet.search.word_fields import schema

MOST_TERMS = 64
"""Of a longer query the rarest words count."""

_MOST_NAMED = 10


class Snapshot(NamedTuple):
    """One state of the index; it stays readable while newer ones come."""

    stamp: tuple[int, int, int] | None
    searcher: Searcher


class WordIndex:
    """Searches an index folder that other processes may be writing to.

    Threads share it. Each search looks whether another commit is there (one `stat`).

    Args:
        folder: of the index itself; missing is as good as empty.
    """

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self._meta = os.path.join(folder, "meta.json")  # noqa: PTH118 (asked at every search)
        self._index: Index | None = None
        self._snapshot: Snapshot | None = None
        self._renewing = threading.Lock()

    def n_papers(self) -> int:
        """Return how many papers are found by words.

        Raises:
            IndexBrokenError: the index cannot be read; so for all methods.
        """
        searcher = self._current()
        return int(searcher.num_docs) if searcher else 0

    def search(self, asked: Asked, filters: Filters, *, k: int) -> Scored:
        """Return the k best papers by BM25 among those that pass."""
        searcher = self._current()
        if searcher is None or not asked.words:
            return NOTHING
        query = ranked(asked, self._rarest(searcher, asked))
        return _run(searcher, filtered(query, within(asked, filters)), k)

    def scores(self, asked: Asked, keys: NDArray[np.int64]) -> Scored:
        """Return those of some papers that `search` would find, with the same scores."""
        searcher = self._current()
        if searcher is None or not asked.words or not len(keys):
            return NOTHING
        query = ranked(asked, self._rarest(searcher, asked))
        return _run(searcher, filtered(query, [among(keys.tolist())]), len(keys))

    def term_scores(self, asked: Asked, keys: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what each word gives to the score of each of some papers, (n, n_words).

        The first MOST_BITS words have a column; what others give is the rest of the score.
        """
        words = asked.words[:MOST_BITS]
        found = np.zeros((len(keys), len(words)))
        searcher = self._current()
        if searcher is None or not len(keys):
            return found
        order = np.argsort(keys)
        for column, word in enumerate(words):
            one = _run(searcher, filtered(scored([word]), [among(keys.tolist())]), len(keys))
            found[order[np.searchsorted(keys[order], one.keys)], column] = one.scores
        return found

    def passing(self, asked: Asked, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of some papers that meet the condition and hold the phrases, ascending."""
        searcher = self._current()
        if searcher is None or not len(keys):
            return NOTHING.keys
        query = filtered(of_keys(keys.tolist()), [*phrases(asked), *clauses_of(asked.condition)])
        return np.sort(_run(searcher, query, len(keys)).keys)

    def listed(
        self,
        asked: Asked,
        filters: Filters,
        *,
        limit: int,
        offset: int,
        is_newest_first: bool = True,
    ) -> tuple[Scored, int]:
        """Return the newest or oldest papers that meet the condition, and how many do in all.

        Their scores are their days.
        """
        searcher = self._current()
        if searcher is None:
            return NOTHING, 0
        query = filtered(Query.all_query(), within(asked, filters))
        with index_errors("searching the word index"):
            order = Order.Desc if is_newest_first else Order.Asc
            found = searcher.search(query, limit, offset=offset, order_by_field="day", order=order)
            papers = _dated(searcher, found.hits)
        return papers, int(found.count or 0)  # type: ignore[attr-defined]

    def newest(self, asked: Asked, filters: Filters, *, k: int) -> Scored:
        """Return the k newest papers that hold every word; their scores are their days."""
        searcher = self._current()
        if searcher is None or not asked.words:
            return NOTHING
        query = holding_all(asked, self._rarest(searcher, asked))
        with index_errors("searching the word index"):
            found = searcher.search(
                filtered(query, within(asked, filters)),
                k,
                count=False,
                order_by_field="day",
                order=Order.Desc,
            )
            return _dated(searcher, found.hits)

    def named(
        self, names: Sequence[str], filters: Filters, condition: Condition | None = None
    ) -> NDArray[np.int64]:
        """Return the keys of papers of these ids or whole titles, (n,) ascending."""
        searcher = self._current()
        if searcher is None or not names:
            return NOTHING.keys
        clauses = [*filter_clauses(filters), *clauses_of(condition)]
        found = _run(searcher, filtered(named(names), clauses), _MOST_NAMED)
        return np.sort(found.keys)

    def held(self, words: Sequence[Word], keys: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Return for each paper which of the words it holds, as they were typed."""
        searcher = self._current()
        words = words[:MOST_BITS]
        if searcher is None or not words or not keys:
            return {}
        query = filtered(as_bits(words), [among(keys)])
        found = _run(searcher, query, len(keys))
        bits = zip(found.keys.tolist(), found.scores.astype(np.int64).tolist(), strict=True)
        return {
            key: tuple(w.typed for bit, w in enumerate(words) if mask >> bit & 1)
            for key, mask in bits
        }

    def days(self, keys: NDArray[np.int64]) -> dict[int, int]:
        """Return the day number of each of some papers."""
        searcher = self._current()
        if searcher is None or not len(keys):
            return {}
        with index_errors("searching the word index"):
            query = Query.boolean_query([among(keys.tolist())])
            addresses = [a for _, a in searcher.search(query, len(keys), count=False).hits]
            found = _values(searcher, "key", addresses).tolist()
            return dict(zip(found, _values(searcher, "day", addresses).tolist(), strict=True))

    def _rarest(self, searcher: Searcher, asked: Asked) -> Sequence[Word]:
        if len(asked.words) <= MOST_TERMS:
            return asked.words
        n_papers = {w.term: searcher.doc_freq("text", w.term) or 1 << 62 for w in asked.words}
        return sorted(asked.words, key=lambda word: n_papers[word.term])[:MOST_TERMS]

    def _current(self) -> Searcher | None:
        stamp, snapshot = self.stamp(), self._snapshot
        if snapshot is not None and snapshot.stamp == stamp:
            return snapshot.searcher
        if stamp is None:
            return snapshot.searcher if snapshot else None
        if snapshot is not None and not self._renewing.acquire(blocking=False):
            return snapshot.searcher  # another thread is at it; this search need not wait
        if snapshot is None:
            self._renewing.acquire()
        try:
            return self._renew(stamp)
        finally:
            self._renewing.release()

    def stamp(self) -> tuple[int, int, int] | None:
        """Return what changes with every commit; None when there is no index."""
        try:
            stat = os.stat(self._meta)  # noqa: PTH116 (a Path costs more)
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def _renew(self, stamp: tuple[int, int, int]) -> Searcher:
        if self._snapshot is not None and self._snapshot.stamp == stamp:
            return self._snapshot.searcher
        with index_errors("opening the word index"):
            try:
                if self._index is None:
                    self._index = open_index(self.folder)
                self._index.reload()
            except Exception:
                self._index = None
                raise
            searcher = self._index.searcher()
        self._snapshot = Snapshot(stamp, searcher)
        return searcher


def open_index(folder: Path) -> Index:
    """Return the index of a folder, created when there is none.

    Raises:
        IndexBrokenError: what lies there cannot be read, or has other fields.
    """
    with index_errors("opening the word index"):
        index = Index(schema(), path=str(folder))
        index.register_tokenizer(ANALYZER, make_analyzer())
        index.config_reader("manual")
        return index


def within(asked: Asked, filters: Filters) -> list[Clause]:
    """Return the filters and the condition of a search as clauses that change no score."""
    return [*filter_clauses(filters), *clauses_of(asked.condition)]


def _run(searcher: Searcher, query: Query, k: int) -> Scored:
    with index_errors("searching the word index"):
        hits = searcher.search(query, k, count=False).hits
        keys = _values(searcher, "key", [address for _, address in hits])
    return Scored(keys, np.array([score for score, _ in hits], dtype=np.float32))


def _dated(searcher: Searcher, hits: Sequence[tuple[Any, DocAddress]]) -> Scored:
    addresses = [address for _, address in hits]
    days = _values(searcher, "day", addresses)
    return Scored(_values(searcher, "key", addresses), days.astype(np.float64))


def _values(searcher: Searcher, field: str, addresses: list[DocAddress]) -> NDArray[np.int64]:
    return np.array(searcher.fast_field_values(field, addresses), dtype=np.int64)
