"""Searches of a small library from end to end."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.model.language import as_words
from broadsheet.model.query import Filters, Query, Ranking
from broadsheet.search import open_searcher
from broadsheet.search.searcher import LibrarySearcher

Paper = Callable[..., dict[str, Any]]
MODES = ("fused", "words", "meaning")


@pytest.fixture
def searcher(library: Any, paper: Paper) -> LibrarySearcher:
    library.add(
        paper(1, "Compact codes for search", "Vectors become codes.", arxiv_id="2101.00001"),
        paper(2, "Folding proteins", "Graph networks fold residues.", categories=("q-bio.BM",)),
        paper(3, "Networks of roads", "A graph of roads and traffic.", submitted="2022-05-01"),
    )
    searcher: LibrarySearcher = library.open()
    searcher.index_words()
    searcher.embed()
    return searcher


def _keys(ranking: Ranking) -> list[int]:
    return [item.key for item in ranking.items]


@pytest.mark.parametrize("mode", MODES)
def test_the_best_paper_is_first(searcher: LibrarySearcher, mode: Any) -> None:
    found = searcher.search(Query(text="folding proteins with graphs", mode=mode))
    assert _keys(found)[0] == 2
    assert found.total == len(found.items)
    assert found.note == ""


def test_a_hit_says_why(searcher: LibrarySearcher) -> None:
    why = searcher.search(Query(text="what are Folded graphs?")).items[0].why
    assert why.words == ("Folded", "graphs")
    assert why.nearness is not None
    by_words = searcher.search(Query(text="codes", mode="words")).items[0].why
    assert (by_words.words, by_words.nearness) == (("codes",), None)


@pytest.mark.parametrize("mode", MODES)
def test_filters_hold_in_every_mode(searcher: LibrarySearcher, mode: Any) -> None:
    filters = Filters(categories=("cs",), until="2021")
    found = searcher.search(Query(text="graph codes", filters=filters, mode=mode))
    assert _keys(found) == [1]
    nothing = Filters(categories=("math",))
    assert searcher.search(Query(text="graph", filters=nothing, mode=mode)).total == 0


@pytest.mark.parametrize("mode", MODES)
def test_an_id_brings_its_paper_alone(searcher: LibrarySearcher, mode: Any) -> None:
    assert _keys(searcher.search(Query(text="arXiv:2101.00001v2", mode=mode))) == [1]
    unknown = searcher.search(Query(text="2101.99999", mode=mode))
    assert (unknown.total, unknown.note) == (0, "No paper here has this id.")


def test_a_whole_title_is_first(searcher: LibrarySearcher) -> None:
    found = searcher.search(Query(text="networks OF roads", mode="meaning"))
    assert _keys(found)[0] == 3


def test_newest_first(searcher: LibrarySearcher) -> None:
    found = searcher.search(Query(text="graph", sort="newest", mode="words"))
    assert _keys(found) == [3, 2]
    assert [item.score for item in found.items] == [20220501.0, 20210103.0]


def test_what_stands_in_quotation_marks_must_be_held(searcher: LibrarySearcher) -> None:
    assert _keys(searcher.search(Query(text='"graph networks"'))) == [2]
    loose = searcher.search(Query(text='"networks graph"'))
    assert 2 in _keys(loose)
    assert "quotation marks" in loose.note


@pytest.mark.parametrize("text", ["!?", "😀"])
@pytest.mark.parametrize("mode", MODES)
def test_without_words_there_is_a_note(searcher: LibrarySearcher, text: str, mode: Any) -> None:
    found = searcher.search(Query(text=text, mode=mode))
    assert (found.total, found.note) == (
        0,
        "There is no word in this query that could be looked for.",
    )


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(alphabet=st.characters(), max_size=60).map(lambda t: as_words(t) + " graph"),
    mode=st.sampled_from(MODES),
    sort=st.sampled_from(("relevance", "newest")),
    page=st.integers(1, 3),
    category=st.text(max_size=5),
)
def test_any_query_has_an_answer(
    searcher: LibrarySearcher, text: str, mode: Any, sort: Any, page: int, category: str
) -> None:
    filters = Filters(categories=(category,)) if category else Filters()
    query = Query(text=text, mode=mode, sort=sort, page=page, filters=filters)
    found = searcher.search(query)
    assert len(set(_keys(found))) == len(found.items) <= found.total


def test_ten_thousand_characters_have_an_answer(searcher: LibrarySearcher) -> None:
    for text in ("graph " * 1_700, "x" * 10_000, '"' * 10_000, "\u4e00" * 10_000):
        searcher.search(Query(text=as_words(text)))


def test_pages_follow_each_other(library: Any, paper: Paper) -> None:
    library.add(*(paper(i, f"graph {'x' * (i % 7)} {i}") for i in range(1, 51)))
    searcher = library.open()
    searcher.embed()
    pages = [searcher.search(Query(text="graph", page=n, per_page=20)) for n in (1, 2, 3, 4)]
    assert [len(page.items) for page in pages] == [20, 20, 10, 0]
    assert len({key for page in pages for key in _keys(page)}) == 50
    scores = [item.score for page in pages for item in page.items]
    assert scores == sorted(scores, reverse=True)


def test_the_depth_is_bounded_and_said(library: Any, paper: Paper) -> None:
    library.add(*(paper(i, f"graph {i}") for i in range(1, 451)))
    searcher = library.open()
    first = searcher.search(Query(text="graph", mode="words"))
    assert (first.total, first.note) == (400, "")
    beyond = searcher.search(Query(text="graph", mode="words", page=21))
    assert (beyond.items, beyond.total) == ((), 400)
    assert "400" in beyond.note


def test_while_vectors_are_coming_words_keep_their_places(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales whales whales", submitted="1990"))
    library.add(*(paper(i, f"whales and ships {i}", submitted="2020") for i in range(2, 40)))
    searcher = library.open()
    steps: list[int] = []
    searcher.embed(progress=lambda _, done, __: steps.append(done), stop=lambda: bool(steps))
    found = searcher.search(Query(text="whales"))
    assert _keys(found)[0] == 1
    assert found.items[0].why.nearness is None
    assert found.note == "32 of 39 papers can be found by meaning so far."


def test_before_any_vector_words_answer(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales"))
    found = library.open().search(Query(text="whales"))
    assert _keys(found) == [1]
    assert "words only" in found.note
    assert library.encoder.n_encoded == 0


def test_similar_papers_leave_out_the_paper_itself(searcher: LibrarySearcher) -> None:
    near = searcher.similar(3, k=2)
    assert [item.key for item in near] == [2, 1]
    assert near[0].why.nearness == pytest.approx(near[0].score)
    only = searcher.similar(3, k=2, filters=Filters(categories=("cs",)))
    assert [item.key for item in only] == [1]


def test_without_a_vector_similar_papers_share_words(library: Any, paper: Paper) -> None:
    library.add(paper(1, "graph networks"), paper(2, "networks"), paper(3, "whales"))
    searcher = library.open()
    searcher.index_words()
    assert [item.key for item in searcher.similar(1, k=2)] == [2]
    assert searcher.similar(99, k=2) == []


def test_a_damaged_index_of_words_is_made_anew_while_searching(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales"))
    library.open().index_words()
    index = library.folder / "indexes" / "words" / "index"
    next(index.glob("*.term")).write_bytes(b"")
    searcher = library.open()
    assert "anew" in searcher.search(Query(text="whales")).note
    _until(lambda: _keys(searcher.search(Query(text="whales"))) == [1])


def _until(holds: Callable[[], bool], limit_s: float = 20.0) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"


def test_an_answer_follows_new_papers(library: Any, paper: Paper) -> None:
    searcher = library.open()
    library.add(paper(1, "whales"))
    assert searcher.search(Query(text="whales")).total == 1
    library.add(paper(2, "whales"))
    library.open().index_words()
    assert searcher.search(Query(text="whales")).total == 2


def test_opening_reads_nothing(library: Any) -> None:
    def never() -> Any:
        raise AssertionError("the model was opened")

    open_searcher(library.folder / "indexes", library.store, encoder=never)
    assert not (library.folder / "indexes").exists()
