"""`broadsheet evaluate` over sets small enough to know the answer."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.wiring import known_sources, open_library, read_settings, restore_service
from broadsheet.wiring_evaluation import evaluation_service

CORPUS = [
    {"_id": "a", "title": "Folding proteins", "text": "A network over residues folds proteins."},
    {"_id": "b", "title": "Compact codes", "text": "We compress vectors to a few bytes."},
    {"_id": "c", "title": "Cats", "text": "Cats sleep most of the day."},
]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("no test of this file serves")

    doors = Doors(
        read_settings=read_settings,
        open_library=open_library,
        known_sources=known_sources,
        restoring=restore_service,
        serve=never,
        evaluating=evaluation_service,
    )

    def run(*words: str) -> Result:
        return CliRunner().invoke(
            make_app(doors), ["--library", str(tmp_path / "none"), "evaluate", *words]
        )

    return run


def judged(folder: Path, queries: list[dict[str, Any]]) -> str:
    folder.mkdir()
    for name, items in (("corpus", CORPUS), ("queries", queries)):
        text = "".join(json.dumps(item) + "\n" for item in items)
        (folder / f"{name}.jsonl").write_text(text, "utf-8")
    return str(folder)


@pytest.fixture
def plain(tmp_path: Path) -> str:
    queries = [
        {"_id": "1", "text": "protein structure", "relevance": {"a": 1}},
        {"_id": "2", "text": "cats", "relevance": {"b": 1}},  # found second, or not at all
    ]
    return judged(tmp_path / "plain", queries)


def test_every_mode_and_the_bare_encoder_are_measured(run: Run, plain: str, tmp_path: Path) -> None:
    result = run(plain, "--json", "--cache", str(tmp_path / "cache"))
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)["sets"][0]
    assert (found["name"], found["n_queries"], found["n_texts"]) == ("plain", 2, 3)
    assert found["figures"]["words"]["mrr"] == 0.5
    assert found["figures"]["words"]["recall_100"] == 0.5
    assert {"words", "meaning", "fused", "encoder"} <= found["figures"].keys()
    assert "aspects" not in found["figures"]  # no query names a facet
    assert not (tmp_path / "none").exists()
    assert list((tmp_path / "cache").iterdir())


def test_what_is_not_installed_is_named(run: Run, plain: str) -> None:
    result = run(plain, "--modes", "words")
    has_peer = find_spec("bm25s") and find_spec("Stemmer")
    assert ("pip install bm25s" in result.stdout) is not bool(has_peer)
    assert "nDCG@10" in result.stdout


def test_facets_rank_their_pool_and_are_told_apart(run: Run, tmp_path: Path) -> None:
    queries = [
        {"id": "a", "facet": "method", "candidates": ["b", "c"], "relevance": [1, 0]},
        {"id": "a", "facet": "task", "candidates": ["b", "c"], "relevance": [0, 1]},
    ]
    found = json.loads(run(judged(tmp_path / "facets", queries), "--json").stdout)["sets"][0]
    both = [found["facets"][facet]["meaning"]["mrr"] for facet in ("method", "task")]
    assert sorted(both) == [0.5, 1.0]  # one order of the two, opposite judgements
    assert found["figures"]["aspects"]["recall_20"] == 1.0
    assert found["notes"] == []  # the packaged model has heads


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("nowhere",), 2, "nowhere is no folder"),
        (("SET", "--modes", "wrods"), 2, "'wrods' is no mode"),
        (("SET", "--modes", ","), 2, "--modes takes some of"),
        (("EMPTY",), 2, "it is no judged set"),
        (("BROKEN",), 3, "queries.jsonl, line 1: not JSON"),
    ],
)
def test_what_is_off_is_said(
    run: Run, plain: str, tmp_path: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    broken = judged(tmp_path / "broken", [])
    Path(broken, "queries.jsonl").write_text("{broken\n")
    places = {"SET": plain, "EMPTY": str(tmp_path / "empty"), "BROKEN": broken}
    result = run(*(places.get(word, word) for word in words))
    assert (result.exit_code, said in result.stderr) == (status, True), result.stderr


def test_ids_without_texts_ask_for_corpora(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "ids"
    folder.mkdir()
    gold = [{"title": "Cats", "ids": ["x:c"]}]
    line = json.dumps({"qid": "1", "query": "cats", "gold": gold})
    (folder / "queries_gold.jsonl").write_text(line + "\n")
    assert "--corpora FOLDER" in run(str(folder)).stderr
    papers = tmp_path / "corpus_x" / "papers.jsonl"
    papers.parent.mkdir()
    papers.write_text("".join(json.dumps(item) + "\n" for item in CORPUS), "utf-8")
    result = run(
        str(folder), "--corpora", str(tmp_path), "--sample", "1", "--modes", "words", "--json"
    )
    found = json.loads(result.stdout)["sets"][0]
    assert (found["n_texts"], found["figures"]["words"]["mrr"]) == (2, 1.0)
    assert "Sampled: 1 others of 3 papers" in found["notes"][0]
