"""All papers that answer a search, by day, as `Percolator` says who answers.

Who answers is found once for all days: the few that are near enough, and where they are few, those
that hold the words, too. Then any day, week or year of them is a part of two arrays. Where many
hold the words, these are asked for each time, and the others are put between them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.language.plan import Among, Condition, Every, Plan, Without
from broadsheet.model.query import Answers, Filters, Query
from broadsheet.search.analysis import Asked
from broadsheet.search.attributes import Attributes
from broadsheet.search.memory import Memory
from broadsheet.search.percolator import Percolator
from broadsheet.search.ranker import NO_MEANING, Ranker, by_words_alone
from broadsheet.search.scored import NOTHING, Scored
from broadsheet.search.word_clauses import day_range
from broadsheet.search.word_index import WordIndex

_FEW = 2_000
"""So many that hold the words are kept; more are asked for."""

_KEPT = 512
"""So many searches' papers are kept, some 15 kB each."""


class Known(NamedTuple):
    """Papers that answer a search, newest first, their scores being their days.

    Args:
        held: what else answers, for the word index; None for nothing.
        note: what they may lack.
    """

    papers: Scored
    held: Asked | None
    note: str


class Answering:
    """Finds the papers that answer a search.

    Args:
        words: the index of words.
        attributes: the days of papers.
        percolator: says who answers.
        ranker: says what vectors are missing.
    """

    def __init__(
        self, *, words: WordIndex, attributes: Attributes, percolator: Percolator, ranker: Ranker
    ) -> None:
        self.words = words
        self.attributes = attributes
        self.percolator = percolator
        self.ranker = ranker
        self._known: Memory[object, Known] = Memory(size=_KEPT)

    def known(self, query: Query, plan: Plan, state: object) -> Known:
        """Return the papers that answer a query on any day.

        Args:
            state: what changes whenever they may be others.

        Raises:
            IndexBrokenError: the word index is damaged; so for all methods.
        """
        lasting = replace(query.filters, since=None, until=None)
        key = (plan, query.mode, lasting, state)
        kept = self._known.get(key)
        if kept is not None:
            return kept
        try:
            held, near = self.percolator.answering(query, plan)
            note = self.ranker.coverage() if query.mode != "words" else ""
        except NO_MEANING as e:
            held, near = self.percolator.answering(replace(query, mode="words"), plan)
            return self._found(held, near, plan, lasting, by_words_alone(e))
        return self._known.put(key, self._found(held, near, plan, lasting, note))

    def part(
        self,
        known: Known,
        filters: Filters,
        *,
        limit: int,
        offset: int,
        is_newest_first: bool,
        among: Sequence[int] | None,
        not_in: Sequence[int],
    ) -> Answers:
        """Return a part of those that pass filters; see `Searcher.answering`.

        Args:
            filters: days, and what `known` was asked with.
        """
        ours = _within(known.papers, filters)
        if among is not None:
            ours = ours.at(np.isin(ours.keys, among))
        if not_in:
            ours = ours.at(~np.isin(ours.keys, not_in))
        if not is_newest_first:
            ours = ours.at(slice(None, None, -1))
        if known.held is None:
            here = ours.at(slice(offset, offset + limit))
            return _answers(here, len(ours.keys), known.note)
        others, total = self.words.listed(
            narrowed(known.held, among=among, not_in=not_in),
            filters,
            limit=limit + offset if len(ours.keys) else limit,
            offset=0 if len(ours.keys) else offset,
            is_newest_first=is_newest_first,
        )
        if len(ours.keys):
            both = _joined(others, ours)
            days = -both.scores if is_newest_first else both.scores
            others = both.at(np.argsort(days, kind="stable")[offset : offset + limit])
        return _answers(others, total + len(ours.keys), known.note)

    def _found(
        self,
        held: Asked | None,
        near: NDArray[np.int64],
        plan: Plan,
        lasting: Filters,
        note: str,
    ) -> Known:
        by_words, total = NOTHING, 0
        if held is not None:
            by_words, total = self.words.listed(held, lasting, limit=_FEW, offset=0)
        if total <= _FEW:
            held = None
        else:
            by_words = NOTHING
        others = near[~np.isin(near, by_words.keys)]
        by_meaning = self._passing(others, held, plan.condition, lasting)
        both = _joined(by_words, by_meaning)
        return Known(both.at(np.lexsort((-both.keys, -both.scores))), held, note)

    def _passing(
        self,
        keys: NDArray[np.int64],
        held: Asked | None,
        condition: Condition | None,
        lasting: Filters,
    ) -> Scored:
        """Return those of some papers that meet the condition and pass, and are not held anyway."""
        if not len(keys):
            return NOTHING
        parts: list[Condition] = [] if condition is None else [condition]
        if held is not None and held.condition is not None:
            parts.append(Without(held.condition))
        if not parts and not lasting:
            return Scored(keys, self.attributes.days(keys))
        asked = Asked(condition=Every((Among(tuple(keys.tolist())), *parts)))
        found, _ = self.words.listed(asked, lasting, limit=len(keys), offset=0)
        return found


def narrowed(
    asked: Asked, *, among: Sequence[int] | None = None, not_in: Sequence[int] = ()
) -> Asked:
    """Return what is asked, of some papers alone, and of none of others."""
    parts = [] if asked.condition is None else [asked.condition]
    parts += [] if among is None else [Among(tuple(among))]
    parts += [Without(Among(tuple(not_in)))] if not_in else []
    return replace(asked, condition=Every(tuple(parts)) if parts else None)


def _answers(papers: Scored, total: int, note: str) -> Answers:
    days = tuple(papers.scores.astype(np.int64).tolist())
    return Answers(keys=tuple(papers.keys.tolist()), days=days, total=total, note=note)


def _joined(some: Scored, others: Scored) -> Scored:
    keys = np.concatenate([some.keys, others.keys])
    return Scored(keys, np.concatenate([some.scores, others.scores]))


def _within(papers: Scored, filters: Filters) -> Scored:
    if not (filters.since or filters.until):
        return papers
    first, last = day_range(filters)
    return papers.at((papers.scores >= first) & (papers.scores <= last))
