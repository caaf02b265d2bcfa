"""New papers put to saved searches."""

import pytest

from broadsheet.model.query import Filters, Query


@pytest.fixture
def searcher(library, paper):
    old = [paper(n, f"old words about subject{n}", f"abstract{n} text{n}") for n in range(40)]
    library.add(*old)
    opened = library.open()
    opened.index_words()
    opened.embed()
    return opened


@pytest.fixture
def news(library, paper, searcher):
    keys = library.add(
        paper(100, "Sparse retrieval for dense archives", "We retrieve.", venue="SIGIR 2026"),
        paper(101, "Protein folding", "Dense proteins.", categories=("q-bio.BM", "cs.LG")),
        paper(102, "On gardens", "Retrieval of sparse flowers.", authors=("Bea Rose",)),
    )
    searcher.embed()
    return library.store.papers(keys)


def found(searcher, news, *queries):
    numbers = {paper.key: n for n, paper in enumerate(news)}
    return [{numbers[hit.key] for hit in hits} for hits in searcher.percolate(queries, news)]


def words(text, **filters):
    return Query(text=text, filters=Filters(**filters), mode="words")


def test_a_paper_that_holds_all_words_is_found(searcher, news):
    assert found(searcher, news, words("sparse retrieval"), words("retrieving flowers")) == [
        {0, 2},
        {2},
    ]


def test_some_of_the_words_are_not_enough(searcher, news):
    assert found(searcher, news, words("sparse proteins"), words("nothing such")) == [set(), set()]


def test_a_phrase_must_stand_together(searcher, news):
    assert found(searcher, news, words('"sparse retrieval"')) == [{0}]


def test_filters_alone_take_what_passes(searcher, news):
    queries = [
        Query(filters=Filters(categories=("q-bio",))),
        Query(filters=Filters(authors=("bea-rose",))),
        Query(filters=Filters(authors=("bea rose",))),
        Query(filters=Filters(venues=("sigir",))),
        Query(filters=Filters(sources=("test",), since="2021-01-18", until="2021-01-18")),
        Query(filters=Filters(categories=("cs.LG",), venues=("SIGIR",))),
    ]
    keys = {a.key for paper in news for a in paper.authors}
    of_bea = next(key for key in keys if "rose" in key)
    queries[1] = Query(filters=Filters(authors=(of_bea,)))
    assert found(searcher, news, *queries[:2], *queries[3:]) == [
        {1},
        {2},
        {0},
        {n for n, paper in enumerate(news) if paper.day == "2021-01-18"},
        set(),
    ]


def test_what_is_near_in_meaning_is_found_without_its_words(searcher, news):
    (hits,) = searcher.percolate([Query(text="sparse retrieval for dense archives engine")], news)
    assert hits[0].key == news[0].key
    assert hits[0].why.words == ()
    assert hits[0].why.nearness > 0.5


def test_what_holds_the_words_comes_before_what_is_only_near(searcher, news):
    (hits,) = searcher.percolate([Query(text="retrieval of flowers")], news)
    assert hits[0].key == news[2].key
    assert hits[0].why.words == ("retrieval", "flowers")
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_batch_answers_as_each_query_alone(searcher, news):
    queries = [Query(text=t) for t in ("sparse retrieval", "protein", "gardens of dense flowers")]
    together = searcher.percolate(queries, news)
    alone = [searcher.percolate([query], news)[0] for query in queries]
    assert [[hit.key for hit in hits] for hits in together] == [
        [hit.key for hit in hits] for hits in alone
    ]
    assert together[0][0].score == pytest.approx(alone[0][0].score)


def test_nothing_in_nothing_out(searcher, news):
    assert searcher.percolate([], news) == []
    assert searcher.percolate([Query(text="x")], []) == [[]]


def test_without_vectors_words_decide(library, paper):
    keys = library.add(paper(1, "Sparse retrieval"))
    hits = library.open().percolate([Query(text="sparse retrieval")], library.store.papers(keys))
    assert [[hit.key for hit in own] for own in hits] == [keys]


@pytest.mark.parametrize("more", ["", " cat:cs.IR"])
def test_what_no_paper_can_hold_finds_nothing(searcher, news, more):
    """It is too long for a word; without words at all, filters alone would take all that passes."""
    query = Query(text="x" * 100 + more)
    assert searcher.percolate([query], news) == [[]]
    assert searcher.answering(query, limit=9).keys == ()
