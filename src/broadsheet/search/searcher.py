"""The indexes of a library behind the service's port: words and meaning, joined."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import BroadsheetError, IndexBrokenError, LibraryError
from broadsheet.model.language import Plan, as_words
from broadsheet.model.language.plan import plan_for
from broadsheet.model.library import IndexState
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Progress, Reading, Stop
from broadsheet.model.query import Answers, Filters, Query, Ranked, Ranking
from broadsheet.model.reasons import Why
from broadsheet.model.subjects import Likely
from broadsheet.search.analysis import Asked, asked_of, read_query
from broadsheet.search.answering import Answering, narrowed
from broadsheet.search.attributes import Attributes
from broadsheet.search.candidates import Candidates, by_score, without
from broadsheet.search.encoders import Encoders
from broadsheet.search.meaning import Meaning
from broadsheet.search.memory import Memory
from broadsheet.search.percolator import Percolator
from broadsheet.search.pointing import Pointed
from broadsheet.search.ranker import DEPTH, Ranker
from broadsheet.search.reasons import Explaining
from broadsheet.search.reranker import SecondReading
from broadsheet.search.sentences import with_sentences
from broadsheet.search.subjects import Subjects
from broadsheet.search.word_checks import damaged_files
from broadsheet.search.word_index import WordIndex
from broadsheet.search.word_writer import DAYS, INDEX, WAIT_S, WordWriter

log = logging.getLogger(__name__)

_RANKINGS = 512
_PAGES = 2048
_LOOK_EVERY_S = 1.0
_FEW_ROWS = 2_000
"""So few changed papers are taken in before a search; more of them beside it."""

_PAST_THE_END = f"Only the best {DEPTH} papers can be paged through; narrow the search."
_BEING_MADE = "The index of words is being made anew; search again in a while."


class LibrarySearcher:
    """Answers searches (`model.ports.Searcher`). Threads share it.

    Nothing has to be called before a search: words that are behind the database are caught up
    with, and a damaged index is made anew while the other one answers.

    Args:
        folder: of the indexes; `words` and `vectors` lie within it.
        reading: the database.
        encoders: the models.
    """

    def __init__(self, *, folder: Path, reading: Reading, encoders: Encoders) -> None:
        self.reading = reading
        self.words = WordIndex(folder=folder / "words" / INDEX)
        self.writer = WordWriter(folder=folder / "words", reading=reading)
        self.meaning = Meaning(root=folder / "vectors", reading=reading, encoders=encoders)
        self.attributes = Attributes(
            path=folder / "words" / DAYS, reading=reading, stamp=self.words.stamp
        )
        self.ranker = Ranker(
            words=self.words,
            meaning=self.meaning,
            attributes=self.attributes,
            second=SecondReading(reading=reading),
        )
        self.percolator = Percolator(meaning=self.meaning, pointing=self.ranker.pointing)
        self.answers = Answering(
            words=self.words,
            attributes=self.attributes,
            percolator=self.percolator,
            ranker=self.ranker,
        )
        self.explaining = Explaining(words=self.words, meaning=self.meaning)
        self.subjects = Subjects(reading=reading, meaning=self.meaning)
        self._rankings: Memory[object, tuple[Candidates, Pointed | None]] = Memory(size=_RANKINGS)
        self._pages: Memory[object, Ranking] = Memory(size=_PAGES)
        self._beside = threading.Lock()
        self._looked_at = -_LOOK_EVERY_S
        self._behind = ""

    def search(
        self, query: Query, *, not_in: Sequence[int] = (), plan: Plan | None = None
    ) -> Ranking:
        """Return one page of the ranking of a query with text.

        What is left out is taken from the ranking, which is the same for everyone: that leaves
        every page whole, and so few papers are ranked that nothing is gained by masks.

        Raises:
            LibraryError: the index can neither be read nor made, as in a read-only folder.
        """
        self._catch_up()
        ranking = self._ranking(query, asked_of(plan or query.plan), tuple(not_in))
        if not self._behind:
            return ranking
        return replace(ranking, note=f"{self._behind} {ranking.note}".rstrip())

    def _ranking(self, query: Query, asked: Asked, not_in: tuple[int, ...]) -> Ranking:
        state = self._state(query)
        page = (query, asked.condition, state, not_in)
        kept = self._pages.get(page)
        if kept is not None:
            return kept
        try:
            return self._pages.put(page, self._page(query, asked, state, not_in))
        except IndexBrokenError as e:
            log.warning("making the word index anew: %s", e)
            self._mend()
            return Ranking(items=(), total=0, note=_BEING_MADE)

    def answering(
        self,
        query: Query,
        *,
        limit: int,
        offset: int = 0,
        is_newest_first: bool = True,
        among: Sequence[int] | None = None,
        not_in: Sequence[int] = (),
        plan: Plan | None = None,
    ) -> Answers:
        """Return all papers that answer a query, part by part, by day; see the port.

        Raises:
            LibraryError: as `search`.
        """
        self._catch_up()
        plan = plan or query.plan
        try:
            found = self.answers.part(
                self.answers.known(query, plan, self._state(query)),
                query.filters,
                limit=limit,
                offset=offset,
                is_newest_first=is_newest_first,
                among=among,
                not_in=not_in,
            )
        except IndexBrokenError as e:
            log.warning("making the word index anew: %s", e)
            self._mend()
            return Answers(keys=(), days=(), total=0, note=_BEING_MADE)
        return replace(found, note=f"{self._behind} {found.note}".strip())

    def why(self, query: Query, key: int, *, plan: Plan | None = None) -> Ranked | None:
        """Return why a paper is among the hits of a query, with sentences; None if it is not."""
        self._catch_up()
        asked = asked_of(plan or query.plan)
        ranked, toward = self._candidates(query, asked, self._state(query))
        hit = ranked.at(ranked.keys == key)
        paper = next(iter(self.reading.papers([key])), None)
        if paper is None or not len(hit.keys):
            return None
        (found,) = self._explained(query, asked, hit, toward)
        text = f"{paper.title}. {paper.text}"
        why = with_sentences(found.why, text, toward, self.meaning)
        if toward is not None and self._learned():
            why = replace(why, concepts=self.subjects.in_common(toward.q, key))
        return replace(found, why=why)

    def likely(self, key: int) -> Likely | None:
        """Return the categories that a paper would have; None while nothing can be said."""
        try:
            return self.subjects.likely(key) if self._learned() else None
        except BroadsheetError as e:
            log.warning("no likely categories for now: %s", e)
            return None

    def percolate(self, queries: Sequence[Query], papers: Sequence[Paper]) -> list[list[Ranked]]:
        """Return for each query those of the papers that answer it, best first."""
        return self.percolator.percolate(queries, papers)

    def similar(
        self, key: int, *, k: int, filters: Filters | None = None, not_in: Sequence[int] = ()
    ) -> list[Ranked]:
        """Return the k papers nearest in meaning to a paper; itself and `not_in` left out.

        While it has no vector, those that share most words with its title.
        """
        filters = filters or Filters()
        try:
            vector = self.meaning.vector(key)
            if vector is not None:
                out = np.union1d(np.array([key], dtype=np.int64), _keys(not_in))
                near = self.meaning.search(vector, self.attributes.mask(filters), k=k, not_in=out)
                return [
                    Ranked(key=n, score=s, why=Why(nearness=s))
                    for n, s in zip(near.keys.tolist(), near.scores.tolist(), strict=True)
                ]
            return self._sharing_words(key, k, filters, _keys(not_in))
        except BroadsheetError as e:
            log.warning("no similar papers for now: %s", e)
            return []

    def index_words(self, *, progress: Progress | None = None) -> int:
        """Bring the word index up to the database; return how many papers were taken in."""
        return self.writer.update(progress=progress)

    def embed(self, *, progress: Progress | None = None, stop: Stop | None = None) -> int:
        """Embed what has no vector yet; resumable; return how many were embedded."""
        return self.meaning.embed(progress=progress, stop=stop)

    def state(self) -> IndexState:
        """Return how far the indexes are."""
        try:
            n_papers = self.words.n_papers()
        except (IndexBrokenError, LibraryError):
            n_papers = 0
        return self.meaning.state(words_indexed=n_papers)

    def closed(self) -> list[str]:
        """Return which indexes cannot be searched, and why; reads no more than searches do."""
        reasons = []
        for name, ask in (("words", self.words.n_papers), ("vectors", self.meaning.n_vectors)):
            try:
                ask()
            except BroadsheetError as e:
                reasons.append(f"{name}: {e}")
        return reasons

    def problems(self) -> list[str]:
        """Return what is damaged, by reading every checksum."""
        return damaged_files(self.words.folder) + self.meaning.problems()

    def warm(self) -> None:
        """Open the model and the indexes in a thread, so that the first query finds them open."""
        plan_for("warm")  # the grammar is made at its first use
        self._do_beside(self._warm)

    def _state(self, query: Query) -> object:
        """Return what changes whenever the answer to a query may."""
        if query.mode == "words":
            return self.words.stamp()
        try:
            return self.words.stamp(), self.meaning.generation()
        except BroadsheetError:
            return self.words.stamp(), None

    def _page(self, query: Query, asked: Asked, state: object, not_in: tuple[int, ...]) -> Ranking:
        if not asked.text and not asked.is_ranked:
            return self._listed(query, asked, not_in)
        ranked, toward = self._candidates(query, asked, state)
        found = without(ranked, _keys(not_in)) if not_in else ranked
        page = slice((query.page - 1) * query.per_page, query.page * query.per_page)
        is_past = page.start >= len(found.keys) and len(ranked.keys) >= DEPTH
        return Ranking(
            items=self._explained(query, asked, found.at(page), toward),
            total=len(found.keys),
            note=_PAST_THE_END if is_past else found.note,
        )

    def _listed(self, query: Query, asked: Asked, not_in: tuple[int, ...]) -> Ranking:
        """Return what meets a search that orders nothing, newest first."""
        asked = narrowed(asked, not_in=not_in)
        offset = (query.page - 1) * query.per_page
        found, total = self.words.listed(asked, query.filters, limit=query.per_page, offset=offset)
        items = (Ranked(key=key, score=0.0, why=Why()) for key in found.keys.tolist())
        return Ranking(items=tuple(items), total=total)

    def _candidates(
        self, query: Query, asked: Asked, state: object
    ) -> tuple[Candidates, Pointed | None]:
        """Return the ranking of a query, and where it points to."""
        key = (asked, query.filters, query.mode, query.sort, state)
        kept = self._rankings.get(key)
        if kept is not None:
            return kept
        toward = self.ranker.toward(query, asked)
        return self._rankings.put(key, (self.ranker.rank(query, asked, toward), toward))

    def _explained(
        self, query: Query, asked: Asked, page: Candidates, toward: Pointed | None
    ) -> tuple[Ranked, ...]:
        reasons = self.explaining.why(asked, page, toward)
        if query.sort == "newest":  # its scores are days
            reasons = [replace(why, reasons=()) for why in reasons]
        return tuple(
            Ranked(key=key, score=score, why=why)
            for key, score, why in zip(
                page.keys.tolist(), page.scores.tolist(), reasons, strict=True
            )
        )

    def _sharing_words(
        self, key: int, k: int, filters: Filters, not_in: NDArray[np.int64]
    ) -> list[Ranked]:
        paper = next(iter(self.reading.papers([key])), None)
        if paper is None:
            return []
        asked = read_query(as_words(paper.title))
        depth = min(DEPTH, k + 1 + len(not_in))
        found = by_score(self.words.search(asked, filters, k=depth))
        keep = (found.keys != key) & ~np.isin(found.keys, not_in)
        query = Query(mode="words")
        return list(self._explained(query, asked, found.at(keep).at(slice(k)), None))

    def _catch_up(self) -> None:
        """Take in what the database has and the word index has not, if anybody forgot to."""
        if time.monotonic() - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = time.monotonic()
        n_behind = self.writer.n_behind()
        if not n_behind:
            self._behind = ""
        elif n_behind > _FEW_ROWS:
            self._do_beside(self._update)
        elif self._beside.acquire(blocking=False):
            try:
                self._update(wait_s=0)
            finally:
                self._beside.release()

    def _warm(self) -> None:
        self.meaning.warm()
        if self.subjects.is_behind():
            self.subjects.learn()

    def _learned(self) -> bool:
        """Return whether subjects are known; what there is to learn is learned beside."""
        if self.subjects.is_behind():
            self._do_beside(self.subjects.learn)
        return self.subjects.is_known()

    def _update(self, *, wait_s: float = WAIT_S) -> None:
        try:
            self.writer.update(wait_s=wait_s)
            self._behind = ""
        except BroadsheetError as e:
            log.warning("the word index stays behind: %s", e)
            n = self.writer.n_behind()
            self._behind = f"{n:,} {'paper is' if n == 1 else 'papers are'} not indexed yet: {e}"

    def _mend(self) -> None:
        seen = self.words.stamp()
        self._do_beside(lambda: self.writer.rebuild(seen=seen, stamp=self.words.stamp))

    def _do_beside(self, work: Callable[[], object]) -> None:
        """Do something in a thread, one thing at a time; what comes meanwhile is dropped."""
        if not self._beside.acquire(blocking=False):
            return

        def run() -> None:
            try:
                work()
            except BroadsheetError as e:
                log.warning("work on the indexes failed, will be tried again: %s", e)
            finally:
                self._beside.release()

        threading.Thread(target=run, name="indexes", daemon=True).start()


def _keys(keys: Sequence[int]) -> NDArray[np.int64]:
    return np.asarray(keys, dtype=np.int64)
