"""Filters as masks agree with the database, clause by clause."""

from collections.abc import Callable
from typing import Any

import pytest

from broadsheet.model.query import Filters
from broadsheet.search.analysis import read_query

Paper = Callable[..., dict[str, Any]]

FILTERS = [
    Filters(),
    Filters(categories=("cs",)),
    Filters(categories=("cs.CL", "math")),
    Filters(since="2020"),
    Filters(until="2020-06"),
    Filters(since="2020-06", until="2021-01-03"),
    Filters(authors=("ada-quill",)),
    Filters(venues=("NeurIPS",)),
    Filters(sources=("test",)),
    Filters(sources=("nobody",)),
    Filters(categories=("cs.SY",)),
    Filters(venues=("neurips 2020", "Elsewhere")),
    Filters(categories=("cs",), since="2021", authors=("ada-quill",), sources=("test",)),
]


@pytest.mark.parametrize("filters", FILTERS)
def test_a_mask_is_what_the_database_says(library: Any, paper: Paper, filters: Filters) -> None:
    library.add(
        paper(1, "alpha", categories=("cs.CL",), submitted="2020"),
        paper(2, "beta", categories=("math.CO",), submitted="2020-06-30", venue="NeurIPS 2020"),
        paper(3, "gamma", categories=("cs.CL", "math.CO"), authors=("Bo Ek",)),
        paper(4, "delta", submitted=None, venue="neurips"),
        paper(5, "epsilon", submitted="2021-01-03", categories=("eess.SY",)),
    )
    searcher = library.open()
    searcher.index_words()
    mask = searcher.attributes.mask(filters)
    passing = [1, 2, 3, 4, 5] if mask is None else mask.allowed.nonzero()[0].tolist()
    assert passing == list(library.store.matching(filters))
    found = searcher.words.search(read_query("alpha beta gamma delta epsilon"), filters, k=10)
    assert sorted(found.keys.tolist()) == passing


def test_masks_follow_the_index(library: Any, paper: Paper) -> None:
    searcher = library.open()
    wanted = Filters(categories=("cs",))
    library.add(paper(1, "a"))
    searcher.index_words()
    assert searcher.attributes.mask(wanted).allowed.nonzero()[0].tolist() == [1]
    library.add(paper(2, "b"))
    searcher.index_words()
    assert searcher.attributes.mask(wanted).allowed.nonzero()[0].tolist() == [1, 2]


def test_the_same_filter_is_the_same_object_until_papers_change(library: Any, paper: Paper) -> None:
    searcher = library.open()
    library.add(paper(1, "a"))
    searcher.index_words()
    wanted = {"categories": ("cs",), "since": "2020", "authors": ("ada-quill",)}
    first = searcher.attributes.mask(Filters(**wanted))
    assert searcher.attributes.mask(Filters(**wanted)) is first
    assert searcher.attributes.mask(Filters(categories=("cs",))) is not first
    library.add(paper(2, "b"))
    searcher.index_words()
    assert searcher.attributes.mask(Filters(**wanted)) is not first
