"""From a query to a page of papers, over a real library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.query import Filters, Query, SearchPage
from broadsheet.search import open_searcher
from broadsheet.services.embedding import EmbeddingService
from broadsheet.services.search import SearchService
from broadsheet.store import SqlStore, open_store
from typecase.encoders.contract import TextEncoder

TITLES = {
    "a": ("Whales of the north", "2021-01-01"),
    "b": ("Ships and whales", "2021-01-03"),
    "c": ("Foxes", "2021-01-02"),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(folder=tmp_path)
    records = [
        Record(source="test", source_id=name, title=title, submitted=day, categories=("cs.IR",))
        for name, (title, day) in TITLES.items()
    ]
    with store.writing() as writing:
        writing.put(
            [
                Assigned(record=r, origin="f", fingerprint="", line=n, paper=None, group=n)
                for n, r in enumerate(records)
            ]
        )
    yield store
    store.close()


def _no_model() -> TextEncoder:
    raise AssertionError("words alone are searched here")


@pytest.fixture
def service(store: SqlStore, tmp_path: Path) -> SearchService:
    searcher = open_searcher(tmp_path / "indexes", store, encoder=_no_model)
    EmbeddingService(searcher=searcher).index_words()
    return SearchService(reading=store, searcher=searcher)


def _titles(page: SearchPage) -> list[str]:
    return [hit.paper.title for hit in page.hits]


def test_hits_are_papers_in_the_order_of_the_ranking(service: SearchService) -> None:
    query = Query(text="whales", mode="words")
    page = service.search(query)
    assert sorted(_titles(page)) == ["Ships and whales", "Whales of the north"]
    assert [hit.score for hit in page.hits] == sorted((h.score for h in page.hits), reverse=True)
    assert str(page.hits[0].why) == "words: whales"
    assert (page.query, page.total, page.note) == (query, 2, "")


@pytest.mark.parametrize("text", ["", "   "])
def test_without_text_papers_are_listed_newest_first(service: SearchService, text: str) -> None:
    page = service.search(Query(text=text))
    assert _titles(page) == ["Ships and whales", "Foxes", "Whales of the north"]
    assert str(page.hits[0].why) == "matches the filters"


def test_a_listing_is_filtered_and_paged(service: SearchService) -> None:
    filters = Filters(until="2021-01-02")
    page = service.search(Query(filters=filters, page=2, per_page=1))
    assert _titles(page) == ["Whales of the north"]
    assert page.total == 2


def test_words_come_before_vectors(store: SqlStore, tmp_path: Path) -> None:
    searcher = open_searcher(tmp_path / "indexes", store, encoder=_no_model)
    steps: list[str] = []
    run = EmbeddingService(searcher=searcher).run
    assert run(progress=lambda step, *_: steps.append(step), stop=lambda: True) == 0
    assert set(steps) == {"words"}
    assert searcher.words.n_papers() == 3
