"""New papers against saved searches: the search turned round.

A search asks one question of many papers; here a few new papers are put to many questions. A
paper answers a text when it holds all of its words, or when it is as near to it in meaning as the
nearest five hundredth of the library is: so each question has its own bar, and brings of any day
about the same share. The same rule, turned back again, says which papers of the library answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.categories import filter_codes
from broadsheet.model.dates import first_number, last_number
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.language.plan import (
    Among,
    Condition,
    Either,
    Every,
    Plan,
    Without,
    with_marks,
)
from broadsheet.model.language.tree import Words
from broadsheet.model.paper import Paper
from broadsheet.model.query import Filters, Query, Ranked
from broadsheet.model.reasons import Why
from broadsheet.search.analysis import Asked, asked_of, terms_of
from broadsheet.search.conditions import filters_of
from broadsheet.search.meaning import Meaning
from broadsheet.search.memory import Memory
from broadsheet.search.pointing import Pointing
from broadsheet.search.word_fields import venue_names

_SHARE = 500
_FEWEST, _MOST = 10, 1_000
_BARS = 20_000
_ALL_WORDS = 1.0


class Percolator:
    """Finds, among new papers, those that saved searches would want.

    Args:
        meaning: the vectors of the library.
        pointing: makes one vector of the parts of a search.
    """

    def __init__(self, *, meaning: Meaning, pointing: Pointing) -> None:
        self.meaning = meaning
        self.pointing = pointing
        self._bars: Memory[tuple[object, object], float] = Memory(size=_BARS)

    def percolate(self, queries: Sequence[Query], papers: Sequence[Paper]) -> list[list[Ranked]]:
        """Return for each query those of the papers that answer it, best first.

        While there is no model or no vectors, words alone decide.
        """
        if not queries or not papers:
            return [[] for _ in queries]
        batch = _Batch(papers)
        asked = [asked_of(_of_new(query.plan)) for query in queries]
        near = self._near(queries, asked, batch)
        return [
            _best(one, batch.passing(query.filters, one), batch.holding(one), near.get(row, {}))
            for row, (query, one) in enumerate(zip(queries, asked, strict=True))
        ]

    def answering(self, query: Query, plan: Plan) -> tuple[Asked | None, NDArray[np.int64]]:
        """Return which papers of the library answer a search, as `percolate` would have it.

        Args:
            plan: the query's, with a reader's marks looked up.

        Returns:
            What those meet that answer by their words, None for no paper; and the keys of those
            that are near enough, whether they meet the search's condition or not.

        Raises:
            SettingsError, IndexBrokenError, LibraryError: there is no model, or no vectors.
        """
        asked, nobody = asked_of(plan), np.empty(0, dtype=np.int64)
        whole = Asked(condition=asked.condition)
        if not asked.is_ranked:
            return (None if asked.text else whole), nobody
        held = None
        if asked.words and not asked.softs:
            words = " ".join(word.typed for word in asked.demanded)
            parts: list[Condition] = [Words(words)] if words else []
            parts += [Words(phrase, kind="phrase") for phrase in plan.phrases]
            if not parts:
                return whole, nobody
            parts += [] if asked.condition is None else [asked.condition]
            held = Asked(condition=Every(tuple(parts)))
        if query.mode == "words" or asked.phrases:
            return held, nobody
        return held, self._nearest(asked)

    def _nearest(self, asked: Asked) -> NDArray[np.int64]:
        """Return those that are near enough, whatever else they are."""
        rows, q = self._directions([0], [asked])
        n = self.meaning.n_vectors()
        if not rows or not n:
            return np.empty(0, dtype=np.int64)
        return self.meaning.search(q[0], None, k=_n_near(n)).keys

    def _near(
        self, queries: Sequence[Query], asked: Sequence[Asked], batch: "_Batch"
    ) -> dict[int, dict[int, float]]:
        """Return, by the row of a query, the papers that are near enough, with their cosines."""
        rows = [
            row
            for row, query in enumerate(queries)
            if query.mode != "words" and asked[row].is_ranked and not asked[row].phrases
        ]
        try:
            keys, x = self.meaning.vectors(batch.keys)
            if not rows or not len(keys):
                return {}
            rows, q = self._directions(rows, asked)
            bars = self._bars_of([(asked[row].text, asked[row].softs) for row in rows], q)
        except BroadsheetError:
            return {}
        cosines = q @ x.T
        return {
            row: {int(keys[at]): float(own[at]) for at in np.flatnonzero(own >= bar)}
            for row, own, bar in zip(rows, cosines, bars, strict=True)
        }

    def _directions(
        self, rows: list[int], asked: Sequence[Asked]
    ) -> tuple[list[int], NDArray[np.float32]]:
        """Return those rows that point anywhere, and where; words alone are embedded together."""
        alone = [row for row in rows if not asked[row].softs]
        texts = [asked[row].text for row in alone]
        found = dict(zip(alone, self.meaning.queries(texts), strict=True)) if texts else {}
        for row in rows:
            if asked[row].softs and (toward := self.pointing.toward(asked[row])) is not None:
                found[row] = toward.q
        kept = sorted(found)
        q = [found[row] for row in kept]
        return kept, np.stack(q) if q else np.empty((0, 0), dtype=np.float32)

    def _bars_of(self, said: Sequence[object], q: NDArray[np.float32]) -> list[float]:
        """Return the cosines that a paper must reach to be told of; new ones are found at once."""
        n = self.meaning.n_vectors()
        kind = n.bit_length(), self.meaning.model()
        known = [self._bars.get((one, kind)) for one in said]
        new = [row for row, bar in enumerate(known) if bar is None]
        if new:
            bars = self.meaning.last_scores(q[new], k=_n_near(n))
            for row, bar in zip(new, bars, strict=True):
                known[row] = self._bars.put((said[row], kind), float(bar))
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

    def passing(self, filters: Filters, asked: Asked) -> frozenset[int]:
        """Return the keys of those that pass, and meet the condition."""
        found = self._passing(filters)
        return found if asked.condition is None else found & self._meeting(asked.condition)

    def _meeting(self, condition: Condition) -> frozenset[int]:
        if isinstance(condition, Without):
            return self.all - self._meeting(condition.part)
        if isinstance(condition, Among):
            return self.all & frozenset(condition.keys)
        if isinstance(condition, Every):
            return frozenset.intersection(*map(self._meeting, condition.parts))
        if isinstance(condition, Either):
            return frozenset.union(*map(self._meeting, condition.parts))
        if isinstance(condition, Words):
            return self._holding_words(condition)
        return frozenset().union(*map(self._passing, filters_of(condition)))

    def _holding_words(self, words: Words) -> frozenset[int]:
        terms = tuple(terms_of(words.text))
        if not terms:
            return frozenset()
        found = frozenset.intersection(*(frozenset(self._terms.get(t, ())) for t in terms))
        if words.kind != "phrase":
            return found
        return frozenset(key for key in found if _stands_in(terms, self._texts[key]))

    def _passing(self, filters: Filters) -> frozenset[int]:
        found = self.all
        for kind, values in (
            ("category", filters.categories),
            ("author", filters.authors),
            ("venue", tuple(name for v in filters.venues for name in venue_names(v)[:1])),
            ("source", filters.sources),
            ("flag", filters.flags),
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
        if not asked.words or asked.softs:
            return {}
        found = set(self.all)
        for word in asked.demanded:
            found &= self._terms.get(word.term, set())
        typed = tuple(word.typed for word in asked.demanded)
        return {
            key: typed
            for key in found
            if all(_stands_in(phrase, self._texts[key]) for phrase in asked.phrases)
        }

    def _any(self, facets: Iterable[tuple[str, str]]) -> set[int]:
        return set().union(*(self._facets.get(facet, set()) for facet in facets))


def _n_near(n: int) -> int:
    """Return how many of n papers are near enough to a search."""
    return min(max(n // _SHARE, _FEWEST), _MOST)


def _of_new(plan: Plan) -> Plan:
    """Return a plan for papers that are new: nobody has marked them."""
    if plan.condition is None:
        return plan
    return replace(plan, condition=with_marks(plan.condition, lambda *_: ()))


def _best(
    asked: Asked,
    passing: frozenset[int],
    holding: dict[int, tuple[str, ...]],
    near: dict[int, float],
) -> list[Ranked]:
    if not asked.is_ranked:  # of a text that has no word, no paper holds any
        passing = passing if not asked.text else frozenset()
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
        *(("flag", flag) for flag in paper.flags),
    ]


def _day_number(paper: Paper) -> int:
    return first_number(paper.day) if paper.day else 0


def _stands_in(phrase: tuple[str, ...], terms: list[str]) -> bool:
    return any(
        tuple(terms[at : at + len(phrase)]) == phrase for at in range(len(terms) - len(phrase) + 1)
    )
