"""A query to its candidates: which indexes are asked, under which mask, and how they are joined."""

import logging

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import (
    BroadsheetError,
    IndexBrokenError,
    LibraryError,
    SettingsError,
)
from broadsheet.model.query import Filters, Query
from broadsheet.search.analysis import Asked
from broadsheet.search.attributes import Attributes
from broadsheet.search.candidates import (
    NOBODY,
    RECENT,
    WORDS,
    Candidates,
    by_nearness,
    by_score,
    fused,
    near_enough,
    ordered,
    with_first,
    without,
)
from broadsheet.search.conditions import has_words
from broadsheet.search.diversity import spread
from broadsheet.search.meaning import Meaning
from broadsheet.search.pointing import Pointed, Pointing, key_of
from broadsheet.search.recency import recency
from broadsheet.search.reranker import SecondReading
from broadsheet.search.scored import NOTHING, Scored
from broadsheet.search.word_index import MOST_TERMS, WordIndex

log = logging.getLogger(__name__)

DEPTH = 400
"""So many papers can be paged through."""

_DEPTH_OF_WORDS = 200
_DEPTH_OF_MEANING = 100
_DEEPER = 4
"""So many times as many of the nearest are looked at where words leave some of them out."""

_NEAR = 0.4
"""What is not nearer than chance by this share of what the nearest is, is not shown as near."""

NO_MEANING = (SettingsError, IndexBrokenError, LibraryError)
"""What says that there is no model, or that vectors cannot be read."""

_BEST_FOR_NEWEST = 50
_WEIGHT_OF_RECENT = 0.15
"""What a paper of today gets for its date, beside 1 for the best words and meaning."""


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
        self.pointing = Pointing(words=words, meaning=meaning)

    def rank(self, query: Query, asked: Asked, toward: Pointed | None) -> Candidates:
        """Return the candidates of a query that orders papers, at most DEPTH.

        Args:
            toward: where the search points to, as `toward` says it.

        Raises:
            IndexBrokenError: the word index is damaged.
        """
        if not asked.is_ranked:
            return NOBODY.noted("There is no word in this query that could be looked for.")
        first = self.words.named(asked.names, query.filters)
        if asked.is_only_names:
            note = "" if len(first) else "No paper here has this id."
            return with_first(first, NOBODY.noted(note))
        found = self._ranked(query, asked, toward)
        if query.sort == "newest":
            return found
        if query.mode == "reranked" or "rerank" in asked.options:
            found = self.second.rerank(asked.text, found)
        return with_first(first, self._as_chosen(found, asked))

    def toward(self, query: Query, asked: Asked) -> Pointed | None:
        """Return where a search points to; None for words alone, or with no model to tell."""
        if query.mode == "words":
            return None
        try:
            return self.pointing.toward(asked)
        except NO_MEANING as e:
            by_words_alone(e)
            return None

    def _as_chosen(self, found: Candidates, asked: Asked) -> Candidates:
        """Return the candidates as the search's options want them."""
        if "recent" in asked.options and len(found.keys):
            parts = found.parts.copy()
            parts[:, RECENT] = _WEIGHT_OF_RECENT * recency(self._days(found.keys))
            found = ordered(found.keys, parts, note=found.note)
        if "diverse" in asked.options and len(found.keys):
            found = spread(found, self.meaning)
        return found

    def _ranked(self, query: Query, asked: Asked, toward: Pointed | None) -> Candidates:
        rank = self._newest if query.sort == "newest" else self._best
        found = rank(query, asked, toward)
        if len(found.keys) or not asked.phrases or query.mode == "meaning":
            return found
        loose = self._ranked(query, asked.without_phrases(), toward)
        return loose.noted("No paper holds the words in quotation marks side by side.")

    def _best(self, query: Query, asked: Asked, toward: Pointed | None) -> Candidates:
        if query.mode == "words":
            words = self._by_words(query, asked, DEPTH)
            return by_score(words, part=WORDS).noted(_long(asked))
        near, note = self._nearest(asked, toward, query.filters, _DEPTH_OF_MEANING)
        if query.mode == "meaning" or not asked.words:
            typical = 0.0 if toward is None else toward.typical
            found = by_nearness(near, typical=typical).noted(note)
        else:
            words = self._by_words(query, asked, _DEPTH_OF_WORDS)
            found = self._fused(words, near, toward).noted(note or _long(asked))
        return without(found, self._named_in(asked)).noted(self.pointing.missing(asked))

    def _named_in(self, asked: Asked) -> NDArray[np.int64]:
        """Return the papers that a search names: it is for others that are near to them."""
        named = [key_of(self.words, soft) for soft in asked.softs if soft.is_paper]
        return np.array([key for key in named if key is not None], dtype=np.int64)

    def _by_words(self, query: Query, asked: Asked, k: int) -> Scored:
        """Return the best by words, less what they hold of the words against them."""
        words = self.words.search(asked, query.filters, k=k)
        if not asked.against or not len(words.keys):
            return words
        against = self.words.scores(asked.only_against(), words.keys)
        scores = words.scores.copy()
        order = np.argsort(words.keys)
        scores[order[np.searchsorted(words.keys[order], against.keys)]] -= against.scores
        return Scored(words.keys, np.maximum(scores, 0))

    def _fused(self, words: Scored, near: Scored, toward: Pointed | None) -> Candidates:
        if toward is None or not len(near.keys):
            return by_score(words)
        known, x = self.meaning.vectors(np.union1d(words.keys, near.keys))
        others = ~np.isin(known, near.keys)
        return fused(
            words,
            near,
            Scored(known[others], toward.nearness(x[others])),
            typical=toward.typical,
            is_all=len(words.keys) < _DEPTH_OF_WORDS,
            vectors=(known, x),
        )

    def _newest(self, query: Query, asked: Asked, toward: Pointed | None) -> Candidates:
        """Return by day what holds every word, and the best of the ranking by relevance."""
        found = NOTHING.keys
        if query.mode != "meaning":
            found = self.words.newest(asked, query.filters, k=DEPTH).keys
        note = ""
        if query.mode != "words":
            best = self._best(query, asked, toward)
            found = np.union1d(found, best.keys[:_BEST_FOR_NEWEST])
            note = best.note
        return by_score(Scored(found, self._days(found)), part=RECENT, note=note).at(slice(DEPTH))

    def _days(self, keys: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the day number of each of some papers, 0 where it is not known."""
        days = self.words.days(keys)
        return np.array([days.get(key, 0) for key in keys.tolist()], dtype=np.float64)

    def _nearest(
        self, asked: Asked, toward: Pointed | None, filters: Filters, k: int
    ) -> tuple[Scored, str]:
        """Return the nearest papers, and what there is to say of them."""
        try:
            return self._nearest_now(asked, toward, filters, k)
        except NO_MEANING as e:
            return NOTHING, by_words_alone(e)

    def _nearest_now(
        self, asked: Asked, toward: Pointed | None, filters: Filters, k: int
    ) -> tuple[Scored, str]:
        note = self.coverage()
        if not self.meaning.n_vectors():
            return NOTHING, note
        if toward is None:  # asked again, so that who shows the answer learns why
            toward = self.pointing.toward(asked)
        if toward is None:
            return NOTHING, ""
        is_cut = bool(asked.phrases) or has_words(asked.condition)
        mask = self.attributes.mask(filters, asked.condition)
        own = self._named_in(asked)
        deep = k * _DEEPER if is_cut or toward.aspects else k
        near = self.meaning.search(toward.q, mask, k=deep, not_in=own)
        if toward.aspects:
            near = _best_first(self.pointing.scores(toward, near.keys))
        passing = self.words.passing(asked, near.keys) if is_cut else near.keys
        near = _kept(near, passing, k)
        return near_enough(near, typical=toward.typical, share=_NEAR), note

    def coverage(self) -> str:
        """Return what there is to say while not all papers have a vector."""
        n_vectors, n_papers = self.meaning.n_vectors(), self.words.n_papers()
        if not n_vectors:
            return "Papers are found by words only, until they are embedded."
        if n_vectors >= n_papers:
            return ""
        return f"{n_vectors:,} of {n_papers:,} papers can be found by meaning so far."


def by_words_alone(error: BroadsheetError) -> str:
    """Return what there is to say of a search that no vectors can help."""
    log.warning("searching by words alone: %s", error)
    why = str(error)
    if isinstance(error, SettingsError):
        why = "the model cannot be opened."
    if isinstance(error, IndexBrokenError):
        why = "the vectors are being made anew."
    return f"Papers are found by words only: {why}"


def _best_first(scored: Scored) -> Scored:
    return scored.at(np.lexsort((scored.keys, -scored.scores)))


def _kept(scored: Scored, keys: NDArray[np.int64], k: int) -> Scored:
    return scored.at(np.isin(scored.keys, keys)).at(slice(k))


def _long(asked: Asked) -> str:
    if len(asked.words) <= MOST_TERMS:
        return ""
    return f"The query is long: its {MOST_TERMS} rarest words were looked for."
