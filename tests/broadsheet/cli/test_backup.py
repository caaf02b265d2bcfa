"""`backup` and `restore` as they are typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.wiring import known_sources, open_library, read_settings, restore_service


def run(*words: object) -> Result:
    doors = Doors(
        read_settings=read_settings,
        open_library=open_library,
        known_sources=known_sources,
        serve=lambda: None,
        restoring=restore_service,
    )
    return CliRunner().invoke(make_app(doors), [str(word) for word in words])


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library of one paper, with a secret in its settings."""
    (tmp_path / "papers.jsonl").write_text('{"id": "arxiv:2101.00001", "title": "Codes"}\n')
    assert run("-L", tmp_path / "library", "import", tmp_path / "papers.jsonl").exit_code == 0
    settings = '[sources.semantic_scholar]\nkey = "s3cret"\n'
    (tmp_path / "library" / "broadsheet.toml").write_text(settings)
    return tmp_path / "library"


def test_there_and_back_again(library: Path, tmp_path: Path) -> None:
    done = run("-L", library, "backup", tmp_path / "b", "--json")
    said = json.loads(done.stdout)
    assert (said["papers"], said["file"]) == (1, str(tmp_path / "b"))
    checked = json.loads(run("restore", tmp_path / "b", "--check", "--json").stdout)
    assert checked == said
    done = run("restore", tmp_path / "b", "--library", tmp_path / "again")
    assert done.exit_code == 0, done.output
    assert "1 papers without vectors" in done.stdout
    found = json.loads(run("-L", tmp_path / "again", "search", "codes", "--json").stdout)
    assert [hit["id"] for hit in found] == ["2101.00001"]
    assert "s3cret" in (tmp_path / "again" / "broadsheet.toml").read_text()


def test_settings_may_be_left_out(library: Path, tmp_path: Path) -> None:
    done = run("-L", library, "backup", tmp_path / "b", "--without-settings", "--small")
    assert "left out settings, as asked" in done.stdout
    run("restore", tmp_path / "b", "-L", tmp_path / "again")
    assert not (tmp_path / "again" / "broadsheet.toml").exists()


def test_the_library_before_the_command_is_the_one_that_is_restored(
    library: Path, tmp_path: Path
) -> None:
    run("-L", library, "backup", tmp_path / "b")
    assert run("-L", tmp_path / "again", "restore", tmp_path / "b").exit_code == 0
    replaced = run("-L", tmp_path / "again", "restore", tmp_path / "b", "--replace")
    assert "What was there is in" in replaced.stdout


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["restore", "{}/none", "-L", "{}/new"], 3, "cannot be read"),
        (["restore", "{}/papers.jsonl", "-L", "{}/new"], 3, "no backup"),
        (["restore", "{}/papers.jsonl", "--check"], 3, "no backup"),
        (["restore", "{}", "-L", "{}/new"], 3, "cannot be read"),
        (["-L", "{}/none", "backup", "{}/b"], 3, "init"),
        (["-L", "{}/library", "backup", "{}"], 3, "no file"),
        (["-L", "{}/library", "backup", "{}/none/b"], 3, "cannot be made"),
        (["-L", "{}/library", "backup", "{}/papers.jsonl/b"], 3, "cannot be made"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    words: list[str], status: int, said: str, library: Path, tmp_path: Path
) -> None:
    done = run(*(word.format(tmp_path) for word in words))
    assert (done.exit_code, said in done.stderr) == (status, True), done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "new").exists()
