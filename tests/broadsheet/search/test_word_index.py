"""Search by words over a real index."""

from collections.abc import Callable
from typing import Any

import pytest

from broadsheet.model.query import Filters
from broadsheet.search.analysis import read_query
from broadsheet.search.searcher import LibrarySearcher

NO_FILTER = Filters()
Paper = Callable[..., dict[str, Any]]


@pytest.fixture
def searcher(library: Any, paper: Paper) -> LibrarySearcher:
    library.add(
        paper(1, "Compact codes for search", "Vectors become codes.", arxiv_id="2101.00001"),
        paper(2, "Folding proteins", "Graph networks fold residues.", categories=("q-bio.BM",)),
        paper(
            3,
            "Networks of roads",
            "A graph of roads; codes of traffic.",
            authors=("Jürgen Müller", "Bo Ek"),
            venue="NeurIPS 2023",
            categories=("cs.SI", "cs.CL"),
            doi="10.1145/3366423",
        ),
        paper(4, "量子計算の基礎", "", summary="A summary about qubits.", submitted="2022"),
    )
    searcher: LibrarySearcher = library.open()
    searcher.index_words()
    return searcher


def _keys(searcher: LibrarySearcher, text: str, filters: Filters = NO_FILTER) -> list[int]:
    return searcher.words.search(read_query(text), filters, k=10).keys.tolist()


def test_any_word_is_enough_and_more_words_are_better(searcher: LibrarySearcher) -> None:
    assert _keys(searcher, "graph networks residues roads") == [3, 2] or _keys(
        searcher, "graph networks residues roads"
    ) == [2, 3]
    assert _keys(searcher, "folded residue graphs")[0] == 2


def test_a_word_of_the_title_counts_more(searcher: LibrarySearcher) -> None:
    assert _keys(searcher, "codes")[0] == 1


def test_authors_and_summaries_are_found(searcher: LibrarySearcher) -> None:
    assert _keys(searcher, "muller") == [3]
    assert _keys(searcher, "qubit") == [4]


def test_words_in_quotation_marks_stand_together(searcher: LibrarySearcher) -> None:
    assert _keys(searcher, '"graph networks"') == [2]
    assert _keys(searcher, '"search vectors"') == []  # not across title and abstract


def test_scripts_without_blanks_are_found_in_part(searcher: LibrarySearcher) -> None:
    assert _keys(searcher, "計算") == [4]
    assert _keys(searcher, '"量子計算"') == [4]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(categories=("cs.CL",)), [3]),
        (Filters(categories=("cs",)), [1, 3]),
        (Filters(categories=("q-bio", "cs.SI")), [2, 3]),
        (Filters(since="2021-01-04"), [3]),
        (Filters(until="2021-01-03"), [1, 2]),
        (Filters(since="2021", until="2021"), [1, 2, 3]),
        (Filters(authors=("jurgen-muller",)), [3]),
        (Filters(venues=("neurips",)), [3]),
        (Filters(venues=("NeurIPS 2023",)), [3]),
        (Filters(venues=("neurips 2022",)), []),
        (Filters(sources=("test",)), [1, 2, 3]),
        (Filters(sources=("arxiv",)), []),
        (Filters(categories=("cs",), authors=("ada-quill",)), [1]),
    ],
)
def test_filters_narrow_and_change_no_score(
    searcher: LibrarySearcher, filters: Filters, expected: list[int]
) -> None:
    asked = read_query("codes graph")
    everything = searcher.words.search(asked, NO_FILTER, k=10)
    scores = dict(zip(everything.keys.tolist(), everything.scores.tolist(), strict=True))
    found = searcher.words.search(asked, filters, k=10)
    assert sorted(found.keys.tolist()) == expected
    assert found.scores.tolist() == [scores[key] for key in found.keys.tolist()]


def test_scores_of_given_papers_are_those_of_the_search(searcher: LibrarySearcher) -> None:
    asked = read_query("graph codes")
    found = searcher.words.search(asked, NO_FILTER, k=10)
    some = searcher.words.scores(asked, found.keys[:2])
    assert some.keys.tolist() == found.keys[:2].tolist()
    assert some.scores.tolist() == found.scores[:2].tolist()


def test_newest_holds_every_word(searcher: LibrarySearcher) -> None:
    assert searcher.words.newest(read_query("graph"), NO_FILTER, k=10).keys.tolist() == [3, 2]
    found = searcher.words.newest(read_query("graph residues"), NO_FILTER, k=10)
    assert found.keys.tolist() == [2]


def test_ids_and_whole_titles_name_a_paper(searcher: LibrarySearcher) -> None:
    for text, key in [
        ("https://arxiv.org/abs/2101.00001v3", 1),
        ("10.1145/3366423", 3),
        ("folding  PROTEINS", 2),
        ("量子計算の基礎", 4),
    ]:
        assert searcher.words.named(read_query(text).names, NO_FILTER).tolist() == [key]
    names = read_query("2101.00001").names
    assert searcher.words.named(names, Filters(categories=("q-bio",))).tolist() == []


def test_held_gives_the_words_as_typed(searcher: LibrarySearcher) -> None:
    asked = read_query("Folded GRAPHS by Müller")
    assert searcher.words.held(asked.words, [1, 2, 3]) == {
        2: ("Folded", "GRAPHS"),
        3: ("GRAPHS", "Müller"),
    }


def test_of_a_long_query_the_rarest_words_count(searcher: LibrarySearcher) -> None:
    text = " ".join(f"w{number}x" for number in range(300)) + " residues"
    assert _keys(searcher, text) == [2]


def test_without_an_index_nothing_is_found(library: Any) -> None:
    words = library.open().words
    assert words.n_papers() == 0
    assert words.search(read_query("graph"), NO_FILTER, k=10).keys.tolist() == []
    assert words.held(read_query("graph").words, [1]) == {}
