"""`broadsheet export` over a real library."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import rispy
from typer.testing import CliRunner, Result

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.services import exporting
from broadsheet.wiring import known_sources, open_library, read_settings, restore_service

PAPERS = [
    {
        "id": "2101.00001",
        "title": r"Compact codes for nearest neighbour search in $\ell_p$ & more",
        "abstract": "We compress vectors to a few bytes and search them quickly.",
        "authors": ["Ada Quill", "Jürgen Müller"],
        "categories": ["cs.IR", "cs.DB"],
        "date": "2021-01-04",
        "venue": "NeurIPS 2021",
        "twins": ["acl:P21-1001"],
        "keywords": ["codes"],
        "kind": "paper-conference",
        "pages": "1-12",
        "versions": [{"version": 1, "date": "2021-01-04"}],
    },
    {
        "id": "2101.00002",
        "title": "Compact folding of proteins with graph networks",
        "authors": ["Ada Quill"],
        "categories": ["q-bio.BM"],
        "date": "2021-01-05",
        "standing": "withdrawn",
    },
    {"id": "17", "title": "A paper of which only the title is known", "source": "shelf"},
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

    def run(*words: str, library: str = "library") -> Result:
        return CliRunner().invoke(app, ["--library", str(tmp_path / library), *words])

    return run


@pytest.fixture
def filled(run: Run, tmp_path: Path) -> Run:
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS), "utf-8")
    assert run("import", str(path)).exit_code == 0
    return run


def titles(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [json.loads(line)["title"] for line in result.stdout.splitlines()]


def test_papers_are_exported_by_any_form_of_their_ids_each_once(filled: Run) -> None:
    result = filled("export", "arXiv:2101.00002v1", "2101.00001", "2101.00001", "-f", "jsonl")
    assert titles(result) == [PAPERS[1]["title"], PAPERS[0]["title"]]
    assert result.stderr == ""


def test_bibtex_goes_to_standard_output(filled: Run) -> None:
    result = filled("export", "2101.00001", "--format", "bibtex")
    assert result.stdout.startswith("@inproceedings{quill2021compact,\n")
    assert "  pages = {1--12},\n" in result.stdout


def test_the_ending_of_the_file_names_the_format(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "papers.ris"
    result = filled("export", "--all", "-o", str(path))
    assert result.stdout == f"Exported 3 papers to {path}.\n"
    assert [entry["title"] for entry in rispy.loads(path.read_bytes().decode())][2] == (
        PAPERS[2]["title"]
    )


def test_the_format_may_be_named_beside_the_file(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "papers.json"
    assert filled("export", "--all", "-f", "csl", "-o", str(path)).exit_code == 0
    assert len(json.loads(path.read_text("utf-8"))) == 3


def test_a_search_takes_the_best_and_filters_alone_all_that_pass(filled: Run) -> None:
    assert (
        titles(filled("export", "--search", "nearest codes", "-f", "jsonl"))[0]
        == (PAPERS[0]["title"])
    )
    assert titles(filled("export", "--author", "ada quill", "-f", "jsonl")) == [
        PAPERS[0]["title"],
        PAPERS[1]["title"],
    ]
    narrowed = ("export", "--search", "compact", "--cat", "q-bio", "-f", "jsonl")
    assert titles(filled(*narrowed)) == [PAPERS[1]["title"]]


def test_nothing_found_is_said_and_an_empty_list_is_written(filled: Run) -> None:
    result = filled("export", "--cat", "math.GT", "-f", "csl")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    assert result.stderr == "Nothing found.\n"


def test_the_library_goes_out_and_comes_in_again_the_same(
    filled: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PART", 2)
    out = [tmp_path / "a" / "library.jsonl", tmp_path / "b" / "library.jsonl"]
    for path in out:
        path.parent.mkdir()
    assert filled("export", "--all", "-o", str(out[0])).exit_code == 0
    assert filled("import", str(out[0]), library="second").exit_code == 0
    assert filled("export", "--all", "-o", str(out[1]), library="second").exit_code == 0
    assert out[0].read_bytes() == out[1].read_bytes()
    rows = [json.loads(line) for line in out[0].read_text("utf-8").splitlines()]
    for row, paper in zip(rows, PAPERS, strict=True):
        assert paper.items() <= row.items()


def test_taking_in_what_went_out_makes_no_paper_twice(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    filled("export", "--all", "-o", str(path))
    report = json.loads(filled("import", str(path), "--json").stdout)
    assert (report["new_papers"], report["rejected"]) == (0, 0)


def test_parquet_is_a_file_of_rows(filled: Run, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "papers.parquet"
    assert filled("export", "--all", "-o", str(path)).exit_code == 0
    assert parquet.read_table(path)["title"].to_pylist() == [paper["title"] for paper in PAPERS]


def test_without_pyarrow_nothing_is_written(
    filled: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "broadsheet.services.export.parquet_pyarrow", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = filled("export", "--all", "-o", str(tmp_path / "papers.parquet"))
    assert result.exit_code == 3
    assert "pip install 'broadsheet[parquet]'" in result.stderr
    assert not (tmp_path / "papers.parquet").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--all"], "--format"),
        (["--all", "-o", "papers.txt"], "ends in .bib"),
        (["--all", "-f", "word"], "bibtex, ris, csl, jsonl, parquet"),
        (["-f", "ris"], "--all"),
        (["--all", "2101.00001", "-f", "ris"], "Say one of"),
        (["--all", "--cat", "cs", "-f", "ris"], "Say one of"),
        (["2101.00001", "--search", "x", "-f", "ris"], "Say one of"),
        (["--all", "-f", "parquet"], "-o papers.parquet"),
        (["--search", "x", "--from", "soon", "-f", "ris"], "from"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is(
    filled: Run, words: list[str], said: str
) -> None:
    result = filled("export", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_an_unknown_paper_leaves_the_file_as_it_was(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "papers.bib"
    path.write_text("mine", "utf-8")
    result = filled("export", "2101.00001", "2101.99999", "-o", str(path))
    assert result.exit_code == 1
    assert "2101.99999" in result.stderr
    assert path.read_text("utf-8") == "mine"


def test_a_file_that_cannot_be_written_is_named(filled: Run, tmp_path: Path) -> None:
    result = filled("export", "--all", "-o", str(tmp_path / "missing" / "papers.bib"))
    assert result.exit_code == 3
    assert "papers.bib cannot be written" in result.stderr
