"""Judged sets of every shape: queries that name a document and a facet, pools, ids in corpora."""

import json
from pathlib import Path
from typing import Any

import pytest

from typecase.base.errors import CorruptFileError, InvalidInputError
from typecase.data.judged import read_judged, splits
from typecase.data.judged_corpora import has_own_texts, read_over_corpora

CORPUS = [{"_id": name, "title": name, "abstract": ["One.", "Two."]} for name in "abc"]


def write(path: Path, items: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(item) + "\n" for item in items), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "corpus.jsonl", CORPUS)
    return tmp_path


def test_an_abstract_may_be_a_list_of_sentences(folder: Path) -> None:
    write(folder / "queries.jsonl", [{"_id": "1", "text": "w", "relevance": {"a": 1}}])
    assert read_judged(folder).texts[0].text == "One. Two."


@pytest.mark.parametrize(
    ("query", "query_id"),
    [
        ({"query_id": "a", "facet": "method"}, "a:method"),
        ({"id": "a_method", "facet": "method"}, "a_method"),
        ({"id": "7", "document": "a", "aspect": "method"}, "7"),
    ],
)
@pytest.mark.parametrize(
    "judged",
    [
        {"candidates": ["b", "c", "a"], "relevance": [2, 0, 3]},
        {"pool": ["b", "c"], "grades": {"b": 2, "c": 0}},
        {"candidates": [{"id": "b", "grade": 2}, {"id": "c", "grade": 0}]},
        {"relevance": {"b": 2, "c": 0}},
    ],
)
def test_a_facet_query_names_a_document_and_ranks_a_pool(
    folder: Path, query: dict[str, Any], query_id: str, judged: dict[str, Any]
) -> None:
    write(folder / "facets.jsonl", [query | judged])
    found = read_judged(folder)
    assert found.documents == {query_id: "a"}
    assert found.facets == {query_id: "method"}
    assert found.pools == {query_id: ["b", "c"]}  # never the document itself
    assert found.qrels[query_id]["b"] == 2


def test_grades_of_facets_may_be_in_a_file_of_their_own(folder: Path) -> None:
    write(folder / "queries.jsonl", [{"_id": "a_method", "facet": "method"}])
    (folder / "qrels.tsv").write_text("a_method 0 b 1\na_method 0 c 0\n")
    found = read_judged(folder)
    assert found.qrels == {"a_method": {"b": 1, "c": 0}}
    assert found.pools == {"a_method": ["b", "c"]}


def test_candidates_may_bring_their_texts(tmp_path: Path) -> None:
    candidates = [{"corpus_id": 7, "title": "T", "abstract": "A", "score": 1}]
    write(tmp_path / "rows.jsonl", [{"query": "w", "candidates": candidates}])
    found = read_judged(tmp_path)
    assert (found.corpus_ids, found.queries, found.pools) == (["7"], {"1": "w"}, {"1": ["7"]})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"_id": "1"}', "line 1: not a query with an id and a text"),
        ('["a"]', "line 1: not a JSON object"),
        ('{"_id": "1", "text": 5}', "line 1: the text of a query must be text"),
        ('{"_id": "1", "text": "w", "relevance": {"a": "x"}}', "a grade must be a number"),
        ('{"_id": "1", "text": "w", "pool": "a"}', "pool of candidates must be a list"),
        ('{"_id": "x", "facet": "method", "relevance": {"b": 1}}', r"document of the query \(x"),
        ('{"_id": "1", "text": "w", "pool": [{"title": "T"}]}', "no id: one of _id"),
    ],
)
def test_a_bad_line_is_named(folder: Path, line: str, said: str) -> None:
    (folder / "queries.jsonl").write_text(line + "\n")
    with pytest.raises(CorruptFileError, match=said):
        read_judged(folder)


def test_an_id_that_comes_twice_is_named(folder: Path) -> None:
    write(folder / "queries.jsonl", [{"_id": "1", "text": "w", "relevance": {"a": 1}}] * 2)
    with pytest.raises(CorruptFileError, match="line 2: the id '1' is that of line 1"):
        read_judged(folder)


@pytest.fixture
def over_corpora(tmp_path: Path) -> Path:
    gold = [{"title": "?", "ids": ["one:1", "two:1"]}, {"title": "nowhere", "ids": []}]
    lines = [{"qid": "q", "query": "w", "gold": gold}, {"qid": "r", "query": "v", "gold": []}]
    write(tmp_path / "set" / "queries_gold.jsonl", lines)
    papers = [{"id": str(n), "title": "T", "abstract": "A" * n} for n in range(6)]
    write(tmp_path / "corpus_one" / "papers.jsonl", papers[:3])
    write(tmp_path / "corpus_two" / "papers.jsonl", [papers[1] | {"abstract": "longer"}, papers[5]])
    return tmp_path


def test_a_paper_of_two_ids_is_one_text(over_corpora: Path) -> None:
    assert splits(over_corpora / "set") == ["gold"]
    assert not has_own_texts(over_corpora / "set")
    found = read_over_corpora(over_corpora / "set", corpora=over_corpora)
    assert sorted(found.corpus_ids) == ["one:0", "one:2", "two:1", "two:5"]
    assert found.qrels == {"q": {"two:1": 1}}  # the one that says more
    assert found.queries == {"q": "w"}


def test_a_sample_is_always_the_same_and_said(over_corpora: Path) -> None:
    one, same = (
        read_over_corpora(over_corpora / "set", corpora=over_corpora, n_others=2) for _ in range(2)
    )
    assert one.corpus_ids == same.corpus_ids
    assert len(one.corpus_ids) == 3
    assert "2 others of 5 papers" in one.note


def test_corpora_without_papers_are_refused(over_corpora: Path) -> None:
    with pytest.raises(InvalidInputError, match="holds no corpus_NAME"):
        read_over_corpora(over_corpora / "set", corpora=over_corpora / "set")


@pytest.mark.shared
def test_the_real_pools_are_read(shared_data: Path) -> None:
    found = read_judged(shared_data / "ir_s2search_sample")
    assert (len(found.texts), len(found.queries), len(found.pools)) == (1000, 100, 100)
