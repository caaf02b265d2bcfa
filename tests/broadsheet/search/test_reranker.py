"""The second reading: what it moves, what it leaves, and when it stops."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest

from broadsheet.model.query import Query
from broadsheet.search.candidates import by_score
from broadsheet.search.reranker import DEPTH, SecondReading
from broadsheet.search.scored import Scored
from broadsheet.search.searcher import LibrarySearcher
from typecase.base.errors import MissingExtraError

Paper = Callable[..., dict[str, Any]]


class Likes:
    """A reranker that likes texts with a word in them; the clock goes on with each."""

    model_id = "likes"

    def __init__(self, word: str, *, each_s: float = 0.0) -> None:
        self.word, self.each_s, self.now = word, each_s, 0.0

    def score_iter(self, query: str, texts: Iterable[str]) -> Iterator[float]:
        for text in texts:
            self.now += self.each_s
            yield float(self.word in text)

    def score(self, query: str, texts: Any) -> Any:
        return np.fromiter(self.score_iter(query, texts), dtype=np.float32)


@pytest.fixture
def searcher(library: Any, paper: Paper) -> LibrarySearcher:
    library.add(*(paper(n, f"Title {n}", f"Text {n}.") for n in range(1, 31)))
    searcher: LibrarySearcher = library.open()
    searcher.index_words()
    return searcher


FOUND = by_score(Scored(np.arange(1, 31), np.linspace(0.9, 0.1, 30)))


def second(searcher: LibrarySearcher, likes: Likes) -> SecondReading:
    return SecondReading(
        reading=searcher.reading, model=likes, budget_s=0.4, timer=lambda: likes.now
    )


def test_what_reads_well_rises_and_scores_stay_in_order(searcher: LibrarySearcher) -> None:
    found = second(searcher, Likes("Title 5\n")).rerank("q", FOUND)
    assert found.keys[:3].tolist() == [5, 1, 2]
    assert found.keys[DEPTH:].tolist() == FOUND.keys[DEPTH:].tolist()
    assert (np.diff(found.scores) <= 0).all()
    assert found.parts.sum(axis=1) == pytest.approx(found.scores)
    assert found.note == ""


def test_what_is_not_read_in_time_keeps_its_place_and_that_is_said(
    searcher: LibrarySearcher,
) -> None:
    likes = Likes("Title 5\n", each_s=0.15)
    found = second(searcher, likes).rerank("q", FOUND)
    assert found.keys.tolist() == FOUND.keys.tolist()  # 5 was not reached
    assert found.note == "Read a second time were the best 2, as many as 0.4 s allow."
    assert likes.now == pytest.approx(0.3)  # a third would have ended after 0.45
    assert "the best 1," in second(searcher, Likes("x", each_s=9)).rerank("q", FOUND).note


def test_without_a_model_the_order_stays_and_that_is_said(searcher: LibrarySearcher) -> None:
    class Absent(Likes):
        def score_iter(self, query: str, texts: Iterable[str]) -> Iterator[float]:
            raise MissingExtraError("no package")

    found = second(searcher, Absent("")).rerank("q", FOUND)
    assert found.keys.tolist() == FOUND.keys.tolist()
    assert "the model cannot be opened" in found.note


def test_it_is_a_mode_of_searching(searcher: LibrarySearcher) -> None:
    searcher.ranker.second.model = Likes("Title 21\n")
    assert searcher.search(Query(text="title text")).items[9].key == 21
    found = searcher.search(Query(text="title text", mode="reranked"))
    assert found.items[0].key == 21
    assert found.total == searcher.search(Query(text="title text")).total
