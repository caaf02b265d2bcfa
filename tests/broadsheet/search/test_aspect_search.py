"""Searches for the same task, another method: over the shipped heads, with made vectors."""

from typing import Any

import numpy as np
import pytest
from tests.broadsheet.conftest import BagEncoder, Library

from broadsheet.model.query import Query
from broadsheet.search.analysis import read_query
from broadsheet.search.aspects import OTHERNESS, Aspects, _card
from broadsheet.search.aspects import SHIPPED as HEADS
from broadsheet.search.pointing import Pointed
from broadsheet.search.searcher import LibrarySearcher

MODEL = _card(HEADS)["model_id"]


class HeadedEncoder(BagEncoder):
    """Texts by their words, under the name of the model that the heads are for."""

    dim = 384

    def __init__(self, model: str = "bag") -> None:
        super().__init__(model)
        self.model_id = MODEL


@pytest.fixture
def searcher(library: Library, paper: Any) -> LibrarySearcher:
    library.encoder = HeadedEncoder()
    library.add(
        paper(1, "Answering questions by retrieval", "Questions, passages, retrieval."),
        paper(2, "Answering questions by memory", "Questions, memory networks."),
        paper(3, "Segmenting images by retrieval", "Images, retrieval."),
        paper(4, "Roads", "Traffic on roads."),
    )
    searcher: LibrarySearcher = library.open()
    searcher.index_words()
    searcher.embed()
    return searcher


def pointed(searcher: LibrarySearcher, text: str) -> Pointed:
    toward = searcher.ranker.toward(Query(text=text), read_query(text))
    assert toward is not None
    return toward


def test_nearness_by_an_aspect_is_that_of_its_head(searcher: LibrarySearcher) -> None:
    toward = pointed(searcher, "task:retrieval")
    _, x = searcher.meaning.vectors(np.arange(1, 5))
    asked = searcher.meaning.query("retrieval")[None]
    expected = Aspects(model_id=MODEL).scores(asked, x, same=["task"])
    assert toward.nearness(x) == pytest.approx(expected, abs=1e-5)


def test_what_is_no_aspect_and_what_is_share_by_their_weights(searcher: LibrarySearcher) -> None:
    toward = pointed(searcher, "task:retrieval^2 meaning:roads^3 -method:memory")
    _, x = searcher.meaning.vectors(np.arange(1, 5))
    heads = Aspects(model_id=MODEL)
    roads, retrieval, memory = map(searcher.meaning.query, ("roads", "retrieval", "memory"))
    by_task = heads.scores(retrieval[None], x, same=["task"])
    by_method = heads.vectors("method", x) @ heads.vectors("method", memory[None])[0]
    expected = (3 * (x @ roads) + 2 * by_task - OTHERNESS * by_method) / 5
    assert toward.nearness(x) == pytest.approx(expected, abs=1e-5)
    mean = searcher.meaning.mean()
    chance = (3 * (mean @ roads) + 2 * 0.5 * (mean @ retrieval)) / 5
    assert toward.typical == pytest.approx(chance, abs=1e-5)
    given = toward.told(x)[1].sum(axis=1)
    assert given == pytest.approx(toward.nearness(x) - toward.typical, abs=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "task:near:p1 -method:near:p1",
        'method:"memory networks"',
        "questions task:retrieval data:images",
        "task:questions -meaning:retrieval",
        "task:questions^2 -cat:cs.CL",
    ],
)
def test_reasons_add_up_and_name_the_aspects(searcher: LibrarySearcher, text: str) -> None:
    text = text.replace("p1", ident(searcher, 1))
    found = searcher.search(Query(text=text))
    assert found.items
    for item in found.items:
        assert sum(r.share for r in item.why.reasons) == pytest.approx(item.score, abs=1e-6)
    assert {r.kind for r in found.items[0].why.reasons} & {"task", "method", "data"}


def test_the_paper_itself_is_left_out(searcher: LibrarySearcher) -> None:
    name = ident(searcher, 1)
    found = searcher.search(Query(text=f"task:near:{name} -method:near:{name}"))
    keys = [item.key for item in found.items]
    assert 1 not in keys
    assert keys[0] == 2


def test_a_model_without_heads_takes_the_whole_meaning_and_says_so(
    library: Library, paper: Any
) -> None:
    library.add(paper(1, "whales"), paper(2, "foxes"))
    searcher = library.open()
    searcher.index_words()
    searcher.embed()
    found = searcher.search(Query(text="task:whales"))
    assert found.items[0].key == 1
    assert "no aspects" in found.note


def ident(searcher: LibrarySearcher, key: int) -> str:
    return searcher.reading.papers([key])[0].id
