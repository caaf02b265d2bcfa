"""Listings with papers left out, and of many authors and categories, against plain loops."""

from collections.abc import Iterator

import pytest

from broadsheet.model.follows import MOST_FOLLOWS
from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Paper, Record
from broadsheet.model.query import Filters
from broadsheet.store import SqlStore, open_store

FILTERS = [
    Filters(),
    Filters(since="2020-06", until="2020-09"),
    Filters(categories=("cs.CL",)),
    Filters(categories=("cs",), authors=("author-1", "author-2")),
    Filters(categories=("cs.CL", "hep-th"), since="2020-03", sources=("s",)),
    Filters(venues=("icml",)),
]
LEFT_OUT = [(), (1,), (1, 2, 3, 40), tuple(range(1, 41, 2)), tuple(range(1, 41)), (9999,)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    opened = open_store(folder=tmp_path_factory.mktemp("library"))
    records = [
        Record(
            source="s" if i % 3 else "t",
            source_id=str(i),
            title=f"Paper {i}",
            authors=(f"Author {i % 5}", f"Author {i % 7}"),
            categories=(("cs.CL", "cs.LG") if i % 2 else ("hep-th",)),
            venue="ICML" if i % 4 == 0 else "",
            submitted=f"2020-{i % 12 + 1:02d}-{i % 3 + 1:02d}" if i % 11 else None,
        )
        for i in range(40)
    ]
    with opened.writing() as writing:
        writing.put(
            [
                Assigned(record=r, origin="o", fingerprint="f", line=n, paper=None, group=n)
                for n, r in enumerate(records)
            ]
        )
    yield opened
    opened.close()


def _keys(papers: tuple[Paper, ...]) -> list[int]:
    return [paper.key for paper in papers]


@pytest.mark.parametrize("filters", FILTERS)
def test_a_listing_without_some_is_the_listing_less_them(store: SqlStore, filters: Filters) -> None:
    whole = _keys(store.listing(filters, limit=100).papers)
    assert whole
    for not_in in LEFT_OUT:
        wanted = [key for key in whole if key not in not_in]
        found = store.listing(filters, limit=100, not_in=not_in)
        assert _keys(found.papers) == wanted
        assert found.total == len(wanted)
        part = store.listing(filters, limit=3, offset=2, not_in=not_in)
        assert _keys(part.papers) == wanted[2:5]


def test_any_of_several_is_their_union_each_paper_once(store: SqlStore) -> None:
    values = [("author", "author-1"), ("author", "author-1"), ("category", "hep-th")]
    every = store.listing(Filters(), limit=100).papers
    wanted = [
        paper.key
        for paper in every
        if "hep-th" in paper.categories or "author-1" in {a.key for a in paper.authors}
    ]
    for not_in in LEFT_OUT:
        found = store.listing_of_any(values, limit=100, not_in=not_in)
        assert _keys(found.papers) == [key for key in wanted if key not in not_in]
        assert found.total == len(found.papers)
    assert _keys(store.listing_of_any(values, limit=4, offset=3).papers) == wanted[3:7]


def test_nothing_followed_is_nothing(store: SqlStore) -> None:
    assert store.listing_of_any([], limit=9).total == 0


def test_as_many_as_may_be_followed_are_one_list(store: SqlStore) -> None:
    values = [("author", f"author-{i}") for i in range(MOST_FOLLOWS)]
    assert store.listing_of_any(values, limit=100, not_in=(1,)).total == 39
