"""What each part of the language does to the answer, over both indexes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.linalg import norm
from tests.broadsheet.conftest import Library, paper

from broadsheet.model.language.plan import Plan, plan_for, with_marks
from broadsheet.model.language.tree import Soft
from broadsheet.model.query import Query, Ranking
from broadsheet.search.direction import Pull, direction
from broadsheet.search.searcher import LibrarySearcher
from broadsheet.search.sentences import sentences_of
from broadsheet.store import open_store


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """One library for all: nothing here changes it."""
    folder = tmp_path_factory.mktemp("library")
    store = open_store(folder=folder)
    yield Library(folder=folder, store=store)
    store.close()


@pytest.fixture(scope="module")
def searcher(made: Library) -> LibrarySearcher:
    """Five papers, in keys 1 to 5."""
    made.add(
        paper(1, "Dense retrieval of passages", "Dual encoders rank.", code="https://x.org/c"),
        paper(2, "Sparse retrieval", "Words rank.", categories=("cs.CL",), venue="NeurIPS 2023"),
        paper(3, "Graphs of roads", "A graph of traffic.", submitted="2024-05-01"),
        paper(4, "Retrieval over graphs", "Dense retrieval walks.", submitted="2023-02-01"),
        paper(5, "Roads", "Traffic.", standing="withdrawn", doi="10.1/x", authors=("Bo Ink",)),
    )
    searcher: LibrarySearcher = made.open()
    searcher.index_words()
    searcher.embed()
    return searcher


def keys(found: Ranking) -> list[int]:
    return [item.key for item in found.items]


def ask(searcher: LibrarySearcher, text: str, **more: Any) -> list[int]:
    return keys(searcher.search(Query(text=text, **more)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat:cs.CL", {2}),
        ("-cat:cs.CL", {1, 3, 4, 5}),
        ("cat:cs", {1, 2, 3, 4, 5}),
        ("has:code", {1}),
        ("is:withdrawn", {5}),
        ("-is:withdrawn -has:code", {2, 3, 4}),
        ("is:published", {2}),
        ("has:doi OR has:code", {1, 5}),
        ("year:2023", {4}),
        ("year:>2021", {3, 4}),
        ("year:2022..2023", {4}),
        ("announced:<=2021", {1, 2, 5}),
        ("venue:neurips", {2}),
        ('author:"Bo Ink"', {5}),
        ('-author:"Ada Quill"', {5}),
        ("-retrieval", {3, 5}),
        ('-"dense retrieval"', {2, 3, 5}),
        ("(sparse OR traffic)", {2, 3, 5}),
        ("(sparse OR (traffic graph))", {2, 3}),
        ("-(traffic OR has:code)", {2, 4}),
        ("-(traffic -graph)", {1, 2, 3, 4}),
        ("(year:2024 OR cat:cs.CL) -traffic", {2}),
        ("year:2019", set()),
    ],
)
@pytest.mark.parametrize("mode", ["fused", "words"])
def test_conditions(searcher: LibrarySearcher, text: str, expected: set[int], mode: Any) -> None:
    found = searcher.search(Query(text=text, mode=mode))
    assert set(keys(found)) == expected
    assert found.total == len(expected)


@pytest.mark.parametrize("mode", ["fused", "words", "meaning"])
def test_conditions_hold_for_what_is_ranked(searcher: LibrarySearcher, mode: Any) -> None:
    for text, left in (
        ("retrieval -dense", {2, 3, 5}),
        ("retrieval (graph OR sparse)", {2, 3, 4}),
        ("retrieval -cat:cs.CL year:2023", {4}),
        ('retrieval "dense retrieval"', {1, 4}),
    ):
        found = set(ask(searcher, text, mode=mode))
        assert found
        assert found <= left


def test_a_list_goes_by_day_and_has_pages(searcher: LibrarySearcher) -> None:
    assert ask(searcher, "-retrieval") == [3, 5]
    assert ask(searcher, "-is:withdrawn", per_page=2, page=1) == [3, 4]
    assert len(ask(searcher, "-is:withdrawn", per_page=2, page=2)) == 2


def test_what_a_reader_hides_is_not_counted(searcher: LibrarySearcher) -> None:
    found = searcher.search(Query(text="-retrieval"), not_in=(3,))
    assert (keys(found), found.total) == ([5], 1)


def test_weights_change_the_order_by_words(searcher: LibrarySearcher) -> None:
    assert ask(searcher, "sparse roads^5", mode="words")[0] in (3, 5)
    assert ask(searcher, "sparse^5 roads", mode="words")[0] == 2
    plain = ask(searcher, "retrieval", mode="words")
    against = ask(searcher, "retrieval dense^-5", mode="words")
    assert plain[0] == 4 or plain[0] == 1
    assert against[0] == 2
    assert set(plain) == set(against)  # nothing is left out


def test_near_a_paper_leaves_the_paper_out(searcher: LibrarySearcher) -> None:
    name = "p-nobody"
    found = searcher.search(Query(text=f"near:{name}"))
    assert found.items == ()
    assert name in found.note
    near = ask(searcher, "near:10.1/x")
    assert near
    assert 5 not in near


def test_a_meaning_is_turned_away_by_projection() -> None:
    rng = np.random.default_rng(0)
    wanted, unwanted, mean = rng.standard_normal((3, 8)).astype(np.float32)
    wanted, unwanted, mean = wanted / norm(wanted), unwanted / norm(unwanted), mean / 10
    off = (unwanted - mean) / norm(unwanted - mean)
    if (wanted - mean) @ off < 0:
        wanted = -wanted
    for strength in (1.0, 0.5):
        pulls = [Pull(None, 1.0, wanted * 3), Pull(Soft("meaning", "x"), -strength, unwanted)]
        found = direction(pulls, mean)
        plain = wanted - strength * ((wanted - mean) @ off) * off
        assert found is not None
        assert found.q == pytest.approx(plain / norm(plain), abs=1e-5)
        assert found.parts.sum(axis=0) == pytest.approx(found.q, abs=1e-6)
        if strength == 1:
            assert (plain - mean) @ off == pytest.approx(0, abs=1e-5)


def test_what_a_search_has_nothing_of_changes_nothing() -> None:
    wanted, unwanted = np.eye(4, dtype=np.float32)[:2]
    pulls = [Pull(None, 1.0, wanted), Pull(Soft("meaning", "x"), -1.0, unwanted - wanted)]
    found = direction(pulls, np.zeros(4, dtype=np.float32))
    assert found is not None
    assert found.q == pytest.approx(wanted)


def test_nothing_that_pulls_is_no_direction() -> None:
    x = np.ones(4, dtype=np.float32)
    assert direction([Pull(None, -1.0, x)], x) is None
    assert direction([Pull(None, 1.0, x), Pull(None, 1.0, -x)], x * 0) is None


@pytest.mark.parametrize(
    "text",
    [
        "dense retrieval of graphs",
        "retrieval^2 graphs dense^-0.5",
        '"dense retrieval" meaning:traffic^2',
        "near:10.1/x retrieval -meaning:roads^0.5",
        "retrieval with:recent with:diverse",
        "Graphs of roads",
        " ".join(f"word{i}" for i in range(30)) + " retrieval dense",
    ],
)
@pytest.mark.parametrize("mode", ["fused", "words", "meaning"])
def test_reasons_add_up_to_the_score(searcher: LibrarySearcher, text: str, mode: Any) -> None:
    found = searcher.search(Query(text=text, mode=mode))
    for item in found.items:
        assert sum(r.share for r in item.why.reasons) == pytest.approx(item.score, abs=1e-6)


def test_reasons_name_words_and_parts(searcher: LibrarySearcher) -> None:
    hit = searcher.search(Query(text="dense retrieval meaning:encoders")).items[0]
    said = {(reason.kind, reason.text) for reason in hit.why.reasons}
    assert {("word", "dense"), ("word", "retrieval"), ("meaning", "encoders")} <= said


def test_marks_are_papers(searcher: LibrarySearcher) -> None:
    marked = {("is", "saved"): (1, 3), ("tag", "thesis"): (2,)}
    for text, expected in (
        ("is:saved", {1, 3}),
        ("-is:saved", {2, 4, 5}),
        ("tag:thesis", {2}),
        ("is:saved,withdrawn", {1, 3, 5}),
        ("is:saved traffic", {1, 3}),
    ):
        plan: Plan = plan_for(text)
        assert plan.condition is not None
        met = with_marks(plan.condition, lambda name, value: marked.get((name, value), ()))
        answered = searcher.search(Query(text=text), plan=_with(plan, met))
        assert set(keys(answered)) <= expected
        if not plan.is_ranked:
            assert set(keys(answered)) == expected


def _with(plan: Plan, condition: Any) -> Plan:
    return replace(plan, condition=condition)


def test_saved_searches_find_new_papers_by_the_same_conditions(
    made: Library, searcher: LibrarySearcher
) -> None:
    papers = list(made.store.papers([1, 2, 3, 4, 5]))
    for text, expected in (
        ("has:code", {1}),
        ("-has:code -is:withdrawn", {2, 3, 4}),
        ("retrieval -dense", {2}),
        ("dense retrieval (graphs OR code)", {4}),
        ('"dense retrieval"', {1, 4}),
        ("traffic -is:saved", {3, 5}),
        ("year:2024 OR cat:cs.CL", {2, 3}),
    ):
        (found,) = searcher.percolate([Query(text=text, mode="words")], papers)
        assert {item.key for item in found} == expected, text


def test_each_reason_has_its_sentence(searcher: LibrarySearcher) -> None:
    found = searcher.why(Query(text="dense walks -meaning:traffic"), 4)
    assert found is not None
    told = {(r.kind, r.text): r.sentence for r in found.why.reasons}
    assert told["word", "walks"] == "Dense retrieval walks."
    assert told["meaning", ""] in ("Retrieval over graphs.", "Dense retrieval walks.")
    assert sum(r.share for r in found.why.reasons) == pytest.approx(found.score, abs=1e-6)
    assert searcher.why(Query(text="dense -walks"), 4) is None
    assert searcher.why(Query(text="dense"), 99) is None


def test_sentences_end_where_they_end() -> None:
    text = (
        "We use e.g. BERT by J. Devlin et al. in Fig. 2 of it. It works! (Mostly.) $x$ is 2.5 here"
    )
    assert sentences_of(text) == [
        "We use e.g. BERT by J. Devlin et al. in Fig. 2 of it.",
        "It works!",
        "(Mostly.)",
        "$x$ is 2.5 here",
    ]
    assert sentences_of(" ") == []
    assert len(sentences_of("Short one. " * 100)) == 40
