"""The commands over a real library: real files, real database, real model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.wiring import known_sources, open_library, read_settings, restore_service

PAPERS = [
    {
        "id": "arxiv:2101.00001",
        "title": "Compact codes for nearest neighbour search",
        "abstract": "We compress vectors to a few bytes and search them quickly.",
        "authors": ["Ada Quill", "Jürgen Müller"],
        "categories": ["cs.IR", "cs.DB"],
        "date": "2021-01-04",
    },
    {
        "id": "arxiv:2101.00002",
        "title": "Folding proteins with graph networks",
        "abstract": "A network over residues predicts how a protein folds.",
        "authors": ["Bo Ek"],
        "categories": ["q-bio.BM"],
        "date": "2021-01-05",
    },
]

Run = Callable[..., Result]


def _never_serves(*args: object, **kwargs: object) -> None:
    raise AssertionError("no test of this file serves")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    app = make_app(
        Doors(
            read_settings=read_settings,
            open_library=open_library,
            known_sources=known_sources,
            restoring=restore_service,
            serve=_never_serves,
        )
    )

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["--library", str(tmp_path / "library"), *words])

    return run


@pytest.fixture
def papers_file(tmp_path: Path) -> Path:
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS), "utf-8")
    return path


def _json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_missing_library_is_said_with_what_to_do(run: Run) -> None:
    result = run("status")
    assert result.exit_code == 3
    assert "init" in result.stderr


def test_init_may_be_repeated(run: Run) -> None:
    assert run("init").exit_code == 0
    assert run("init").exit_code == 0
    assert _json(run("status", "--json"))["papers"] == 0


def test_import_embed_search_show(run: Run, papers_file: Path) -> None:
    report = _json(run("import", str(papers_file), "--json"))
    assert (report["new_papers"], report["new_records"], report["rejected"]) == (2, 2, 0)
    assert _json(run("search", "--json", "protein folds"))[0]["id"] == "2101.00002"
    assert _json(run("embed", "--json"))["embedded"] == 2
    status = _json(run("status", "--json"))
    assert (status["papers"], status["source_records"], status["embedded"]) == (2, 2, 2)
    hits = _json(run("search", "--json", "vector quantization"))
    assert hits[0]["id"] == "2101.00001"
    assert {"id", "title", "score", "why"} <= hits[0].keys()
    shown = _json(run("show", "arXiv:2101.00001v3", "--json", "--similar", "1"))
    assert shown["title"] == PAPERS[0]["title"]
    assert [author["name"] for author in shown["authors"]] == ["Ada Quill", "Jürgen Müller"]
    assert shown["similar"][0]["id"] == "2101.00002"


def test_importing_twice_changes_nothing(run: Run, papers_file: Path) -> None:
    run("import", str(papers_file))
    again = _json(run("import", str(papers_file), "--json"))
    assert (again["new_papers"], again["new_records"], again["changed"]) == (0, 0, 0)


def test_filters_narrow_a_search(run: Run, papers_file: Path) -> None:
    run("import", str(papers_file))
    for option, value, expected in [
        ("--cat", "cs.DB", ["2101.00001"]),
        ("--cat", "q-bio", ["2101.00002"]),
        ("--author", "jurgen muller", ["2101.00001"]),
        ("--from", "2021-01-05", ["2101.00002"]),
        ("--to", "2021-01-04", ["2101.00001"]),
    ]:
        hits = _json(run("search", "--json", option, value))
        assert [hit["id"] for hit in hits] == expected, option


def test_what_is_rejected_is_named_and_the_rest_goes_in(run: Run, papers_file: Path) -> None:
    with papers_file.open("a", encoding="utf-8") as file:
        file.write('{"title": \n{"title": "", "id": "x"}\n')
    result = run("import", str(papers_file))
    assert result.exit_code == 1
    assert "papers.jsonl:3" in result.stderr
    assert "papers.jsonl:4" in result.stderr
    status = _json(run("status", "--json"))
    assert (status["papers"], status["rejected"]) == (2, 2)


def test_a_missing_file_is_an_error_before_anything_is_done(run: Run, papers_file: Path) -> None:
    result = run("import", str(papers_file), "nowhere.jsonl")
    assert result.exit_code == 3
    assert "nowhere.jsonl" in result.stderr
    assert _json(run("status", "--json"))["papers"] == 0


def test_a_name_that_no_file_can_have_is_an_error_in_a_sentence(run: Run) -> None:
    for words in (("import", "a" * 300), ("show", "\udcff"), ("search", "\udcff")):
        run("init")
        result = run(*words)
        assert result.exit_code in (0, 1, 3), result.output
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)


def test_an_unknown_paper_is_not_found(run: Run) -> None:
    run("init")
    result = run("show", "2101.99999")
    assert result.exit_code == 1
    assert "2101.99999" in result.stderr


def test_a_wrong_option_value_is_a_usage_error(run: Run) -> None:
    run("init")
    result = run("search", "x", "--sort", "oldest")
    assert result.exit_code == 2
    assert "sort" in result.stderr


def test_the_doctor_finds_a_new_library_whole(run: Run) -> None:
    run("init")
    assert all(check["state"] != "error" for check in _json(run("doctor", "--json")))


def test_the_demo_shelf_is_loaded_once(run: Run) -> None:
    run("init", "--demo")
    before = _json(run("status", "--json"))
    run("init", "--demo")
    after = _json(run("status", "--json"))
    assert before["papers"] == after["papers"] > 50


def test_every_command_teaches_itself(run: Run) -> None:
    for command in ("init", "import", "embed", "serve", "search", "show", "status", "doctor"):
        result = run(command, "--help")
        assert result.exit_code == 0
        assert len(result.stdout) > 200


def test_an_import_after_an_empty_one_warns_of_nothing(
    run: Run, papers_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    run("import", str(tmp_path / "empty.jsonl"))
    assert run("search", "anything").exit_code == 0
    run("import", str(papers_file))
    assert caplog.records == []


def test_trending_lists_by_date_and_says_so_while_nothing_has_happened(
    run: Run, papers_file: Path
) -> None:
    run("import", str(papers_file))
    found = run("trending", "--json")
    assert found.exit_code == 0
    assert "newest first" in found.stderr
    assert json.loads(found.stdout) == []  # papers of 2021 are not fresh
    assert "No paper is fresh enough." in run("trending").stdout


def test_trending_refuses_what_it_does_not_know(run: Run, papers_file: Path) -> None:
    run("import", str(papers_file))
    for words in (["--formula", "magic"], ["--window", "decade"]):
        refused = run("trending", *words)
        assert refused.exit_code == 2
        assert "surprise" in refused.stderr or "week" in refused.stderr
    assert run("trending", "--category", "math").exit_code == 1
