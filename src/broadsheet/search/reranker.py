"""Reads the best of a ranking once more, beside the query, for as long as there is time."""

import logging
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import SettingsError
from broadsheet.model.ports import Reading
from broadsheet.search.border import model_errors
from broadsheet.search.candidates import READ, Candidates, ordered
from broadsheet.search.embedder import embedded_text
from typecase.rerank import CrossEncoder
from typecase.rerank.contract import Reranker

log = logging.getLogger(__name__)

BUDGET_S = 0.25
"""With a search before it, an answer takes less than 0.4 s."""
DEPTH = 10
_TOKENS = 64
_THREADS = 2
_WEIGHT = 0.3
"""Of the second reading; docs/decisions/0024-ranking-quality.md says how it was found."""


class SecondReading:
    """Reranks candidates by a model that reads query and paper together.

    None is begun that would end after the time, if it took as long as the longest before it; one
    is always read. Those that were not read keep their order behind those that were.

    Args:
        reading: the database.
        model: what reads; opened when it is first needed.
        budget_s: how long may be read.
        timer: seconds from any start.
    """

    def __init__(
        self,
        *,
        reading: Reading,
        model: Reranker | None = None,
        budget_s: float = BUDGET_S,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.reading = reading
        self.model = model or CrossEncoder(max_tokens=_TOKENS, n_threads=_THREADS)
        self.budget_s = budget_s
        self.timer = timer

    def rerank(self, text: str, found: Candidates) -> Candidates:
        """Return the candidates with the best DEPTH in a new order, and what is to be said."""
        papers = self.reading.papers(found.keys[:DEPTH].tolist())
        if len(papers) < 2 or len(papers) < len(found.keys[:DEPTH]):
            return found  # nothing to order, or the index is ahead of the database
        try:
            scores = self._read(text, [embedded_text(paper) for paper in papers])
        except SettingsError as e:
            log.warning("not reranked: %s", e)
            return found.noted("Not read a second time: the model cannot be opened.")
        n = len(scores)
        note = f"Read a second time were the best {n}, as many as {self.budget_s:g} s allow."
        joined = _joined(found, scores)
        return joined if n == len(papers) else joined.noted(note)

    def _read(self, text: str, texts: list[str]) -> NDArray[np.float64]:
        """Return the scores of as many texts as there is time for, at least one."""
        scores: list[float] = []
        with model_errors("reranking"):
            self.model.score(text, [])  # opening the model is no reading
            began = last = self.timer()
            longest = 0.0
            for score in self.model.score_iter(text, iter(texts)):
                scores.append(score)
                now = self.timer()
                longest, last = max(longest, now - last), now
                if now - began + longest > self.budget_s:
                    break
        return np.array(scores)


def _joined(found: Candidates, scores: NDArray[np.float64]) -> Candidates:
    """Return those read by the sum of both scores, above the rest.

    The score of one that was read is the first unread one's, plus WEIGHT of what was read, plus
    the other share of how far its own was above that.
    """
    n = len(scores)
    floor = float(found.scores[n]) if n < len(found.scores) else float(found.scores[n - 1])
    parts = (1 - _WEIGHT) * found.parts[:n]
    parts[:, READ] += _WEIGHT * (scores + floor)
    return ordered(found.keys[:n], parts).then(found.at(slice(n, None)))
