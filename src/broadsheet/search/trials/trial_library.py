"""A library to try: the service's own database and searcher, in a folder that is thrown away."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.evaluation import ASPECTS, DEPTH, Asking
from broadsheet.model.importstate import Assigned
from broadsheet.model.language import as_words
from broadsheet.model.ports import Progress, Store
from broadsheet.model.query import Filters, Query
from broadsheet.search.analysis import Asked, read_query
from broadsheet.search.candidates import by_score, fused
from broadsheet.search.embedder import embedded_text
from broadsheet.search.pointing import heads_of
from broadsheet.search.scored import NOTHING, Scored
from broadsheet.search.searcher import LibrarySearcher

_NO_ASPECTS = "Aspects: there are no heads for this model, the paper's own vector stands for them."
_FACETS = {
    "task": ("task", "problem", "objective", "background"),
    "method": ("method", "approach", "technique"),
    "dataset": ("data", "dataset", "material", "result", "results"),
}
"""The aspect that answers for a facet, by the facet's name."""


class SearchedTrial:
    """Searches a library as readers do (`model.evaluation.TrialLibrary`).

    Words are put to the searcher as a reader's are. A pool, or a paper that is named, has no page
    in the service: there the same indexes score the papers, and the same join joins them.

    Args:
        store: the library's database, empty.
        searcher: its indexes.
    """

    def __init__(self, *, store: Store, searcher: LibrarySearcher) -> None:
        self.store = store
        self.searcher = searcher

    def put(self, assigned: Sequence[Assigned]) -> Mapping[str, int]:
        """Store papers; return their keys by source id."""
        refs = [(one.record.source, one.record.source_id, one.origin) for one in assigned]
        with self.store.writing() as writing:
            writing.put(assigned)
            found = writing.records(refs)
        return {ref[1]: found[ref].paper for ref in refs}

    def bring_up(self, texts: Sequence[str], *, progress: Progress) -> None:
        """Index and embed all papers, and embed queries."""
        self.searcher.index_words(progress=progress)
        self.searcher.embed(progress=progress)
        for n_done, text in enumerate(texts):
            progress("embedding queries", n_done, len(texts))
            self.searcher.meaning.query(read_query(as_words(text)).text)

    def rank(self, asking: Asking, mode: str) -> Sequence[int]:
        """Return the keys of the best DEPTH papers, or of the whole pool, best first."""
        if asking.document is None and asking.pool is None:
            query = Query(text=as_words(asking.text), mode=mode, per_page=DEPTH)  # type: ignore[arg-type]
            return [item.key for item in self.searcher.search(query).items]
        keys = self._candidates(asking)
        best = self._scored(asking, mode, keys)
        found = by_score(best).keys
        rest = np.setdiff1d(keys, found)
        ranked: list[int] = np.concatenate([found, rest]).tolist()
        return ranked if asking.pool is not None else ranked[:DEPTH]

    def notes(self) -> Sequence[str]:
        """Return what is to be said of the modes."""
        return [] if heads_of(self.searcher.meaning.model()) else [_NO_ASPECTS]

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def _candidates(self, asking: Asking) -> NDArray[np.int64]:
        if asking.pool is not None:
            return np.unique(np.array(asking.pool, dtype=np.int64))
        near = self.searcher.meaning.search(self._vector(asking), None, k=2 * DEPTH)
        words = self.searcher.words.search(self._asked(asking), Filters(), k=2 * DEPTH)
        return np.setdiff1d(np.union1d(near.keys, words.keys), [asking.document])

    def _scored(self, asking: Asking, mode: str, keys: NDArray[np.int64]) -> Scored:
        if mode == "words":
            return self.searcher.words.scores(self._asked(asking), keys)
        if mode == ASPECTS:
            return self._by_facet(asking, keys)
        q = self._vector(asking)
        near = self.searcher.meaning.scores(q, keys)
        if mode == "meaning":
            return near
        words = self.searcher.words.scores(self._asked(asking), keys)
        # In a pool what is further than chance still has its order.
        typical = min(self.searcher.meaning.typical(q), float(near.scores.min(initial=1.0)))
        vectors = self.searcher.meaning.vectors(near.keys)
        both = fused(words, near, NOTHING, typical=typical, is_all=True, vectors=vectors)
        if mode == "reranked":
            both = self.searcher.ranker.second.rerank(self._asked(asking).text, both)
        return Scored(both.keys, both.scores)

    def _by_facet(self, asking: Asking, keys: NDArray[np.int64]) -> Scored:
        """Return the papers by one facet; where no head knows it, by the papers' own vectors."""
        aspects, asked = heads_of(self.searcher.meaning.model()), self._vector(asking)
        names = (n for n, facets in _FACETS.items() if asking.facet.casefold() in facets)
        name = next(names, None)
        if aspects is None or name is None:
            return self.searcher.meaning.scores(asked, keys)
        known, x = self.searcher.meaning.vectors(keys)
        return Scored(known, aspects.scores(asked[None], x, same=[name]))

    def _vector(self, asking: Asking) -> NDArray[np.float32]:
        if asking.document is None:
            return self.searcher.meaning.query(read_query(as_words(asking.text)).text)
        found = self.searcher.meaning.vector(asking.document)
        if found is None:  # every paper was embedded
            raise LookupError(f"no vector of paper {asking.document}")
        return found

    def _asked(self, asking: Asking) -> Asked:
        text = asking.text
        if asking.document is not None:
            text = embedded_text(self.store.papers([asking.document])[0])
        return read_query(as_words(text))
