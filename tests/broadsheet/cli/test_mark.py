"""`save`, `vote`, `tag`, `note`, `saved` over a real library."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.wiring import known_sources, open_library, read_settings, restore_service

Run = Callable[..., Result]
ID = "2101.00001"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def never_serves(*args: object, **kwargs: object) -> None:
        raise AssertionError("no test of this file serves")

    app = make_app(
        Doors(
            read_settings=read_settings,
            open_library=open_library,
            known_sources=known_sources,
            restoring=restore_service,
            serve=never_serves,
        )
    )
    file = tmp_path / "papers.jsonl"
    file.write_text(json.dumps({"id": f"arxiv:{ID}", "title": "Whales", "date": "2021-01-04"}))

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["--library", str(tmp_path / "library"), *words])

    assert run("import", str(file)).exit_code == 0
    return run


def test_what_was_saved_is_listed(run: Run) -> None:
    assert run("saved").stdout == "Nothing.\n"
    assert run("save", f"arXiv:{ID}v1").stdout == f"{ID}: save\n"
    assert run("save", ID).stdout == f"{ID}: it was so already\n"
    assert run("vote", ID, "down").exit_code == 0
    assert run("tag", ID, "Sea", "north").stdout == f"{ID}: north, sea\n"
    assert run("tag", ID, "north", "--off").stdout == f"{ID}: sea\n"
    assert run("note", ID, "*Big*").stdout == run("note", ID).stdout == "*Big*\n"
    found = json.loads(run("saved", "--json").stdout)
    assert found[0].pop("saved_at").startswith("2")
    assert found == [{"id": ID, "title": "Whales", "vote": -1, "tags": ["sea"], "note": "*Big*"}]
    assert run("saved").stdout == f"{ID}  Whales  #sea\n"
    assert run("save", ID, "--off").stdout == f"{ID}: unsave\n"
    assert json.loads(run("saved", "--json").stdout) == []
    assert len(json.loads(run("saved", "--list", "voted", "--json").stdout)) == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("save", "9999.99999"), 1),
        (("save", ID, "--reader", "Nobody"), 1),
        (("vote", ID, "sideways"), 2),
        (("tag", ID, "a/b"), 2),
        (("note", ID, "x" * 20_001), 2),
        (("saved", "--list", "lost"), 2),
    ],
)
def test_what_cannot_be_is_said(run: Run, words: tuple[str, ...], status: int) -> None:
    result = run(*words)
    assert result.exit_code == status
    assert result.stderr
