"""Both indexes forget a paper that was joined to another, and find it again when it is back."""

from collections.abc import Callable
from typing import Any

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.query import Filters
from broadsheet.search.analysis import read_query

Paper = Callable[..., dict[str, Any]]
NAMING = Assigned(
    record=Record(source="test", source_id="1", title="Whales"),
    origin="file",
    fingerprint="f",
    line=1,
    paper=1,
)


def found(searcher: Any, text: str) -> list[int]:
    keys = searcher.words.search(read_query(text), Filters(), k=10).keys
    return sorted(keys.tolist())


def join(library: Any) -> None:
    with library.store.writing() as writing:
        writing.join(1, 2, by=NAMING, evidence="both")


def part(library: Any) -> None:
    with library.store.writing() as writing:
        writing.part(library.store.merge(1))


def test_a_joined_paper_is_not_found_and_found_again_when_apart(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales sing"), paper(2, "whales sleep"), paper(3, "foxes"))
    searcher = library.open()
    searcher.index_words()
    searcher.embed()
    assert found(searcher, "whales") == [1, 2]
    join(library)
    searcher.index_words()
    searcher.embed()
    # The title of the later record counts.
    assert (found(searcher, "whales"), found(searcher, "sleep")) == ([1], [1])
    assert searcher.meaning.vector(2) is None
    state = searcher.state()
    assert (state.words_indexed, state.embedded) == (2, 2)
    assert [near.key for near in searcher.similar(1, k=5)] == [3]
    # Nothing is left to do, and a process that begins now sees the same.
    assert searcher.embed() == 0
    assert library.open().state().embedded == 2
    part(library)
    searcher.index_words()
    searcher.embed()
    assert (found(searcher, "sing"), found(searcher, "sleep")) == ([1], [2])
    assert searcher.state().embedded == 3
    assert [near.key for near in searcher.similar(1, k=1)] == [2]


def test_a_paper_that_goes_before_it_was_embedded_has_no_vector(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales sing"), paper(2, "whales sleep"))
    join(library)
    searcher = library.open()
    assert searcher.embed() == 1
    assert searcher.state().embedded == 1


def test_an_index_that_is_behind_shows_nothing_that_is_gone(library: Any, paper: Paper) -> None:
    library.add(paper(1, "whales sing"), paper(2, "whales sleep"))
    searcher = library.open()
    searcher.index_words()
    searcher.embed()
    join(library)
    assert [p.key for p in library.store.papers([2, 1])] == [1]
