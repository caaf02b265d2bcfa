"""New papers against saved searches: the search turned round.

A search asks one question of many papers; here a few new papers are put to many questions. A
paper answers a text when it holds all of its words, or when it is as near to it in meaning as the
nearest five hundredth of the library is: so each question has its own bar, and brings of any day
about the same share.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.categories import filter_codes
from broadsheet.model.dates import first_number, last_number
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.paper import Paper
from broadsheet.model.query import Filters, Query, Ranked, Why
from broadsheet.search.analysis import Asked, read_query, terms_of
from broadsheet.search.meaning import Meaning
from broadsheet.search.memory import Memory
from broadsheet.search.word_fields import venue_names

_SHARE = 500
_FEWEST, _MOST = 10, 1_000
_BARS = 20_000
_ALL_WORDS = 1.0


class Percolator:
    """Finds, among new papers, those that saved searches would want.

    Args:
        meaning: the vectors of the library.
    """

    def __init__(self, *, meaning: Meaning) -> None:
        self.meaning = meaning
        self._bars: Memory[tuple[str, object], float] = Memory(size=_BARS)

    def percolate(self, queries: Sequence[Query], papers: Sequence[Paper]) -> list[list[Ranked]]:
        """Return for each query those of the papers that answer it, best first.

        While there is no model or no vectors, words alone decide.
        """
        if not queries or not papers:
            return [[] for _ in queries]
        batch = _Batch(papers)
        asked = [read_query(query.text) for query in queries]
        near = self._near(queries, asked, batch)
        return [
            _best(query, batch.passing(query.filters), batch.holding(words), near.get(row, {}))
            for row, (query, words) in enumerate(zip(queries, asked, strict=True))
        ]

    def _near(
        self, queries: Sequence[Query], asked: Sequence[Asked], batch: "_Batch"
    ) -> dict[int, dict[int, float]]:
        """Return, by the row of a query, the papers that are near enough, with their cosines."""
        rows = [
            row
            for row, query in enumerate(queries)
            if query.text and query.mode != "words" and asked[row].words and not asked[row].phrases
        ]
        try:
            keys, x = self.meaning.vectors(batch.keys)
            if not rows or not len(keys):
                return {}
            texts = [asked[row].text for row in rows]
            q = self.meaning.queries(texts)
            bars = self._bars_of(texts, q)
        except BroadsheetError:
            return {}
        cosines = q @ x.T
        return {
            row: {int(keys[at]): float(own[at]) for at in np.flatnonzero(own >= bar)}
            for row, own, bar in zip(rows, cosines, bars, strict=True)
        }

    def _bars_of(self, texts: Sequence[str], q: NDArray[np.float32]) -> list[float]:
        """Return the cosines that a paper must reach to be told of; new ones are found at once."""
        n = self.meaning.n_vectors()
        kind = n.bit_length(), self.meaning.model()
        known = [self._bars.get((text, kind)) for text in texts]
        new = [row for row, bar in enumerate(known) if bar is None]
        if new:
            k = min(max(n // _SHARE, _FEWEST), _MOST)
            for row, bar in zip(new, self.meaning.last_scores(q[new], k=k), strict=True):
                known[row] = self._bars.put((texts[row], kind), float(bar))
        return [bar for bar in known if bar is not None]


class _Batch:
    """New papers, found by their words and by what filters ask for."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.keys = np.array([paper.key for paper in papers], dtype=np.int64)
        self.all = frozenset(self.keys.tolist())
        self._days = [(paper.key, _day_number(paper)) for paper in papers]
        self._facets: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._terms: dict[str, set[int]] = defaultdict(set)
        self._texts: dict[int, list[str]] = {}
        for paper in papers:
            self._texts[paper.key] = terms_of(f"{paper.title}. {paper.text}")
            for term in self._texts[paper.key]:
                self._terms[term].add(paper.key)
            for facet in _facets(paper):
                self._facets[facet].add(paper.key)

    def passing(self, filters: Filters) -> frozenset[int] | set[int]:
        """Return the keys of those that pass."""
        found: frozenset[int] | set[int] = self.all
        for kind, values in (
            ("category", filters.categories),
            ("author", filters.authors),
            ("venue", tuple(name for v in filters.venues for name in venue_names(v)[:1])),
            ("source", filters.sources),
        ):
            if values:
                found = found & self._any((kind, value) for value in values)
        if filters.since or filters.until:
            first = first_number(filters.since) if filters.since else 1
            last = last_number(filters.until) if filters.until else 99_999_999
            found = found & {key for key, day in self._days if first <= day <= last}
        return found

    def holding(self, asked: Asked) -> dict[int, tuple[str, ...]]:
        """Return those that hold all words and all phrases, with the words as they were typed."""
        if not asked.words:
            return {}
        found = set.intersection(*(self._terms.get(word.term, set()) for word in asked.words))
        typed = tuple(word.typed for word in asked.words)
        return {
            key: typed
            for key in found
            if all(_stands_in(phrase, self._texts[key]) for phrase in asked.phrases)
        }

    def _any(self, facets: Iterable[tuple[str, str]]) -> set[int]:
        return set().union(*(self._facets.get(facet, set()) for facet in facets))


def _best(
    query: Query,
    passing: frozenset[int] | set[int],
    holding: dict[int, tuple[str, ...]],
    near: dict[int, float],
) -> list[Ranked]:
    if not query.text:
        return [Ranked(key=key, score=0.0, why=Why()) for key in sorted(passing, reverse=True)]
    found = [
        Ranked(
            key=key,
            score=near.get(key, 0.0) + (_ALL_WORDS if key in holding else 0.0),
            why=Why(words=holding.get(key, ()), nearness=near.get(key)),
        )
        for key in (holding.keys() | near.keys()) & passing
    ]
    return sorted(found, key=lambda hit: (-hit.score, -hit.key))


def _facets(paper: Paper) -> list[tuple[str, str]]:
    return [
        *(("category", code) for code in filter_codes(paper.categories)),
        *(("author", author.key) for author in paper.authors),
        *(("venue", name) for name in venue_names(paper.venue)),
        *(("source", ref.source) for ref in paper.sources),
    ]


def _day_number(paper: Paper) -> int:
    return first_number(paper.day) if paper.day else 0


def _stands_in(phrase: tuple[str, ...], terms: list[str]) -> bool:
    return any(
        tuple(terms[at : at + len(phrase)]) == phrase for at in range(len(terms) - len(phrase) + 1)
    )
