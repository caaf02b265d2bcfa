"""A query to its candidates: which indexes are asked, under which mask, and how they are joined."""

import logging

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import IndexBrokenError, LibraryError, SettingsError
from broadsheet.model.query import Filters, Query
from broadsheet.search.analysis import Asked
from broadsheet.search.attributes import Attributes
from broadsheet.search.candidates import Candidates, by_score, fused, near_enough, with_first
from broadsheet.search.meaning import Meaning
from broadsheet.search.reranker import SecondReading
from broadsheet.search.scored import NOTHING, Scored
from broadsheet.search.word_index import MOST_TERMS, WordIndex

log = logging.getLogger(__name__)

DEPTH = 400
"""So many papers can be paged through."""

_DEPTH_OF_WORDS = 200
_DEPTH_OF_MEANING = 100
_NEAR = 0.4
"""What is not nearer than chance by this share of what the nearest is, is not shown as near."""

_BEST_FOR_NEWEST = 50


class Ranker:
    """Ranks the papers of a library for a query.

    Args:
        words: the index of words.
        meaning: the vectors.
        attributes: the filters as masks.
        second: reads the best once more.
    """

    def __init__(
        self,
        *,
        words: WordIndex,
        meaning: Meaning,
        attributes: Attributes,
        second: SecondReading,
    ) -> None:
        self.words = words
        self.meaning = meaning
        self.attributes = attributes
        self.second = second

    def rank(self, query: Query, asked: Asked) -> Candidates:
        """Return the candidates of a query with text, at most DEPTH.

        Raises:
            IndexBrokenError: the word index is damaged.
        """
        if not asked.words:
            return _none("There is no word in this query that could be looked for.")
        first = self.words.named(asked.names, query.filters)
        if asked.is_only_names:
            note = "" if len(first) else "No paper here has this id."
            return with_first(first, _none(note))
        found = self._ranked(query, asked)
        if query.sort == "newest":
            return found
        if query.mode == "reranked":
            found = self.second.rerank(asked.text, found)
        return with_first(first, found)

    def near(self, text: str) -> NDArray[np.float32] | None:
        """Return the vector of a query, or None when there is no model to make it."""
        try:
            return self.meaning.query(text)
        except (SettingsError, IndexBrokenError, LibraryError) as e:
            log.warning("searching by words alone: %s", e)
            return None

    def _ranked(self, query: Query, asked: Asked) -> Candidates:
        found = self._newest(query, asked) if query.sort == "newest" else self._best(query, asked)
        if len(found.keys) or not asked.phrases or query.mode == "meaning":
            return found
        loose = self._ranked(query, asked.without_phrases())
        return loose.noted("No paper holds the words in quotation marks side by side.")

    def _best(self, query: Query, asked: Asked) -> Candidates:
        if query.mode == "words":
            words = self.words.search(asked, query.filters, k=DEPTH)
            return by_score(words).noted(_long(asked))
        near, note = self._nearest(asked, query.filters, _DEPTH_OF_MEANING)
        if query.mode == "meaning":
            return by_score(near).noted(note)
        words = self.words.search(asked, query.filters, k=_DEPTH_OF_WORDS)
        if asked.phrases:  # what stands in quotation marks must be held
            near = _kept(near, self.words.scores(asked, near.keys).keys)
        return self._fused(words, near, asked).noted(note or _long(asked))

    def _fused(self, words: Scored, near: Scored, asked: Asked) -> Candidates:
        q = self.near(asked.text) if len(near.keys) else None
        if q is None:
            return by_score(words)
        cosines = self.meaning.scores(q, np.setdiff1d(words.keys, near.keys))
        is_all = len(words.keys) < _DEPTH_OF_WORDS
        return fused(
            words,
            near,
            cosines,
            typical=self.meaning.typical(q),
            is_all=is_all,
            vectors=self.meaning.vectors(np.union1d(words.keys, near.keys)),
        )

    def _newest(self, query: Query, asked: Asked) -> Candidates:
        """Return by day what holds every word, and the best of the ranking by relevance."""
        found = NOTHING.keys
        if query.mode != "meaning":
            found = self.words.newest(asked, query.filters, k=DEPTH).keys
        note = ""
        if query.mode != "words":
            best = self._best(query, asked)
            found = np.union1d(found, best.keys[:_BEST_FOR_NEWEST])
            note = best.note
        days = self.words.days(found)
        scores = np.array([days.get(key, 0) for key in found.tolist()], dtype=np.float64)
        newest = by_score(Scored(found, scores), note=note)
        return newest._replace(keys=newest.keys[:DEPTH], scores=newest.scores[:DEPTH])

    def _nearest(self, asked: Asked, filters: Filters, k: int) -> tuple[Scored, str]:
        """Return the nearest papers, and what there is to say of them."""
        try:
            return self._nearest_now(asked, filters, k)
        except SettingsError as e:
            log.warning("searching by words alone: %s", e)
            return NOTHING, "Papers are found by words only: the model cannot be opened."
        except IndexBrokenError as e:
            log.warning("searching by words alone: %s", e)
            return NOTHING, "Papers are found by words only: the vectors are being made anew."
        except LibraryError as e:
            log.warning("searching by words alone: %s", e)
            return NOTHING, f"Papers are found by words only: {e}"

    def _nearest_now(self, asked: Asked, filters: Filters, k: int) -> tuple[Scored, str]:
        n_vectors, n_papers = self.meaning.n_vectors(), self.words.n_papers()
        if not n_vectors:
            return NOTHING, "Papers are found by words only, until they are embedded."
        q = self.meaning.query(asked.text)
        near = self.meaning.search(q, self.attributes.mask(filters), k=k)
        near = near_enough(near, typical=self.meaning.typical(q), share=_NEAR)
        if n_vectors >= n_papers:
            return near, ""
        return near, f"{n_vectors:,} of {n_papers:,} papers can be found by meaning so far."


def _none(note: str) -> Candidates:
    return by_score(NOTHING, note=note)


def _kept(scored: Scored, keys: NDArray[np.int64]) -> Scored:
    keep = np.isin(scored.keys, keys)
    return Scored(scored.keys[keep], scored.scores[keep])


def _long(asked: Asked) -> str:
    if len(asked.words) <= MOST_TERMS:
        return ""
    return f"The query is long: its {MOST_TERMS} rarest words were looked for."
