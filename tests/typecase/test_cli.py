"""The command `typecase`."""

import json

import pytest
from typer.testing import CliRunner

from typecase.base.errors import UnknownNameError
from typecase.cli import app, main


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_list_names_the_methods_of_a_room() -> None:
    assert run("list", "indexes").startswith("indexes: flat, ")


def test_list_as_json_gives_rooms_and_methods() -> None:
    assert {"flat", "sign"} <= set(json.loads(run("list", "--json"))["indexes"])


def test_show_gives_docstring_and_defaults() -> None:
    output = run("show", "indexes/sign")
    assert "typecase.indexes.sign.SignIndex" in output
    assert "n_candidates = 1000" in output


def test_show_finds_a_method_without_its_room() -> None:
    shown = json.loads(run("show", "flat", "--json"))
    assert shown["class"] == "FlatIndex"
    assert shown["params"] == {"metric": "cosine"}


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'sign'"):
        run("show", "sgn")


def test_main_says_a_refusal_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["typecase", "list", "indxes"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("typecase: No room is called 'indxes'.")
