"""All papers that answer a search: by the same rule as saved searches, by day, part by part."""

import time

import pytest
from tests.broadsheet.conftest import Library, paper

from broadsheet.model.errors import SettingsError
from broadsheet.model.query import Filters, Query
from broadsheet.search import answering, open_searcher
from broadsheet.store import open_store

QUERIES = [
    Query(text="sparse retrieval"),
    Query(text="sparse retrieval", mode="words"),
    Query(text="flowers of gardens", mode="meaning"),
    Query(text='"sparse retrieval"'),
    Query(text='engine "sparse retrieval"'),
    Query(text="retrieval -flowers"),
    Query(text="retrieval cat:cs.LG"),
    Query(text="protein OR flowers", mode="words"),
    Query(text="meaning:(folding of proteins)"),
    Query(text="of the", mode="words"),
    Query(text="cat:q-bio"),
    Query(text="zqxjkv", mode="words"),
    Query(text="x" * 100),
    Query(text=f"{'x' * 100} cat:cs.IR"),
    Query(text="words", filters=Filters(since="2021", until="2022")),
    Query(text="retrieval", filters=Filters(venues=("SIGIR",))),
    Query(filters=Filters(categories=("cs.CL",))),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A library of papers that are found by words and by meaning, and those papers."""
    folder = tmp_path_factory.mktemp("answering")
    library = Library(folder=folder, store=open_store(folder=folder))
    keys = library.add(
        *(paper(n, f"old words about subject{n}", f"abstract{n} text{n}") for n in range(40)),
        paper(100, "Sparse retrieval for dense archives", "We retrieve.", venue="SIGIR 2026"),
        paper(101, "Protein folding", "Dense proteins.", categories=("q-bio.BM", "cs.LG")),
        paper(102, "On gardens", "Retrieval of sparse flowers.", authors=("Bea Rose",)),
        paper(103, "Undated retrieval", submitted=None),
    )
    searcher = library.open()
    searcher.index_words()
    searcher.embed()
    yield library, library.store.papers(keys)
    library.store.close()


@pytest.fixture(params=[2_000, 3], ids=["kept", "asked for"])
def shelf(built, request, monkeypatch):
    """A searcher of papers, and those papers; those that hold the words are kept, or too many."""
    monkeypatch.setattr(answering, "_FEW", request.param)
    library, papers = built
    return library.open(), papers


def titles(searcher, papers, query, **asked):
    names = {paper.key: paper.title for paper in papers}
    found = searcher.answering(query, **{"limit": 100, **asked})
    return [names[key] for key in found.keys]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_paper_answers_as_it_would_answer_a_saved_search(shelf, query):
    searcher, papers = shelf
    (told,) = searcher.percolate([query], papers)
    found = searcher.answering(query, limit=100)
    assert sorted(found.keys) == sorted(hit.key for hit in told)
    assert found.total == len(told)
    assert found.note == ""


def test_they_come_newest_first_or_oldest_and_those_without_a_day_last(shelf):
    searcher, papers = shelf
    days = {paper.key: paper.day or "" for paper in papers}
    newest = [days[key] for key in searcher.answering(Query(text="words"), limit=100).keys]
    assert len(newest) == 40
    assert newest == sorted(newest, reverse=True)
    oldest = searcher.answering(Query(text="words"), limit=3, is_newest_first=False).keys
    assert [days[key] for key in oldest] == sorted(newest)[:3]
    retrieval = titles(searcher, papers, Query(text="retrieval", mode="words"))
    assert retrieval[-1] == "Undated retrieval"


def test_parts_make_the_whole(shelf):
    searcher, _ = shelf
    whole = searcher.answering(Query(text="words", mode="words"), limit=100).keys
    parts = [
        searcher.answering(Query(text="words", mode="words"), limit=7, offset=at)
        for at in range(0, 49, 7)
    ]
    assert sum((part.keys for part in parts), ()) == whole
    assert {part.total for part in parts} == {40}


def test_parts_of_words_and_meaning_together_make_the_whole(shelf):
    searcher, _ = shelf
    query = Query(text="sparse retrieval words")
    whole = searcher.answering(query, limit=100)
    parts = [searcher.answering(query, limit=4, offset=at) for at in range(0, 20, 4)]
    assert sum((part.keys for part in parts), ()) == whole.keys
    assert {part.total for part in parts} == {whole.total} == {len(whole.keys)}
    back = searcher.answering(query, limit=100, is_newest_first=False)
    assert set(back.keys) == set(whole.keys)
    assert back.days == tuple(sorted(whole.days))


def test_among_some_and_without_others(shelf):
    searcher, papers = shelf
    keys = [paper.key for paper in papers]
    query = Query(text="words", mode="words")
    assert set(searcher.answering(query, limit=9, among=keys[38:44]).keys) == set(keys[38:40])
    assert searcher.answering(query, limit=9, among=[]).keys == ()
    left = searcher.answering(query, limit=100, not_in=keys[:10])
    assert (left.total, set(left.keys)) == (30, set(keys[10:40]))


def test_the_bar_of_meaning_is_the_librarys_not_the_days(shelf):
    """A day on which nothing answers is empty, however near its nearest paper is."""
    searcher, papers = shelf
    query = Query(text="sparse retrieval for dense archives", mode="meaning")
    (best,) = [paper for paper in papers if paper.title.startswith("Sparse retrieval")]
    on_its_day = Query(text=query.text, mode="meaning", filters=Filters().within(*2 * (best.day,)))
    assert best.key in searcher.answering(on_its_day, limit=9).keys
    near = set(searcher.answering(query, limit=100).keys)
    assert len(near) == 10
    far = {paper.day for paper in papers} - {paper.day for paper in papers if paper.key in near}
    for day in filter(None, far):
        asked = Query(text=query.text, mode="meaning", filters=Filters().within(day, day))
        assert searcher.answering(asked, limit=9).total == 0


def test_days_that_end_before_they_begin_hold_nothing(shelf):
    searcher, _ = shelf
    own = Filters(since="2022").within("2021-01", "2021-01")
    assert searcher.answering(Query(text="words", filters=own), limit=9).total == 0


def test_without_vectors_words_decide_and_it_says_so(library):
    keys = library.add(paper(1, "Sparse retrieval"), paper(2, "Dense retrieval"))
    searcher = library.open()
    found = searcher.answering(Query(text="sparse"), limit=9)
    assert found.keys == (keys[0],)
    assert "until they are embedded" in found.note


def test_without_a_model_words_decide_and_it_says_so(library):
    def no_model():
        raise SettingsError("No model here.")

    keys = library.add(paper(1, "Sparse retrieval"), paper(2, "Dense retrieval"))
    library.open().embed()
    searcher = open_searcher(
        library.folder / "indexes", library.store, encoder=no_model, reopen=no_model
    )
    found = searcher.answering(Query(text="sparse"), limit=9)
    assert found.keys == (keys[0],)
    assert found.note == "Papers are found by words only: the model cannot be opened."


def test_an_index_that_is_damaged_is_made_anew(library):
    library.add(paper(1, "Sparse retrieval"))
    library.open().index_words()
    next((library.folder / "indexes" / "words" / "index").glob("*.term")).write_bytes(b"")
    searcher = library.open()
    query = Query(text="sparse", mode="words")
    assert "anew" in searcher.answering(query, limit=9).note
    end = time.monotonic() + 20
    while not searcher.answering(query, limit=9).total:
        assert time.monotonic() < end, "it was not made anew"
