"""`broadsheet reader …` over a real library, and what its links do."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.model.errors import NotAllowedError
from broadsheet.model.settings import Settings
from broadsheet.wiring import known_sources, open_library, read_settings, restore_service

Run = Callable[..., Result]
PASSWORD = "three small grey ducks"


def _serves(settings: Settings, *, any_free: bool) -> None:
    raise AssertionError("no test of this file serves")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BROADSHEET_ACCOUNTS", "invited")
    monkeypatch.setenv("BROADSHEET_ADDRESS", "https://paper.example")
    app = make_app(
        Doors(
            read_settings=read_settings,
            open_library=open_library,
            known_sources=known_sources,
            restoring=restore_service,
            serve=_serves,
        )
    )

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["--library", str(tmp_path / "library"), *words])

    return run


def _readers(run: Run) -> list[tuple[str, str, bool]]:
    done = run("reader", "list", "--json")
    assert done.exit_code == 0, done.output
    return [(r["name"], r["role"], r["disabled"]) for r in json.loads(done.stdout)]


def _token(done: Result, path: str, name: str) -> str:
    assert done.exit_code == 0, done.output
    parts = urlsplit(done.stdout.strip())
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "paper.example", path)
    return parse_qs(parts.query)[name][0]


def test_readers_are_added_and_set_their_passwords(run: Run, tmp_path: Path) -> None:
    first = _token(run("reader", "add", "Ada"), "/new-password", "token")
    _token(run("reader", "add", "Bea", "--email", "bea@example.org"), "/new-password", "token")
    assert _readers(run) == [("Ada", "admin", False), ("Bea", "reader", False)]
    services = open_library(Settings(library=tmp_path / "library", accounts="invited"))
    services.profile.reset(first, PASSWORD)
    assert services.accounts.sign_in(name="ada", password=PASSWORD, client="").name == "Ada"
    assert services.readership.named("bea@example.org").email_confirmed
    with pytest.raises(NotAllowedError):
        services.profile.reset(first, PASSWORD)
    services.close()


def test_who_has_been_added_is_not_taken_over(run: Run, tmp_path: Path) -> None:
    run("reader", "add", "Ada")
    services = open_library(Settings(library=tmp_path / "library", accounts="open"))
    eve = services.accounts.sign_up(name="Eve", password=PASSWORD, client="")
    assert (eve.role, len(services.readership.all())) == ("reader", 2)
    services.close()


def test_an_invitation_lets_one_in(run: Run, tmp_path: Path) -> None:
    assert run("reader", "invite").exit_code == 3  # there is no library yet
    run("init")
    assert run("reader", "invite").exit_code == 1  # there is no admin yet
    run("reader", "add", "Ada")
    secret = _token(run("reader", "invite", "--note", "Bea"), "/sign-up", "invitation")
    services = open_library(Settings(library=tmp_path / "library", accounts="invited"))
    made = services.accounts.sign_up(name="Bea", password=PASSWORD, invitation=secret, client="")
    assert made.role == "reader"
    services.close()


def test_roles_and_shutting_out(run: Run) -> None:
    run("reader", "add", "Ada")
    run("reader", "add", "Bea")
    refused = run("reader", "disable", "Ada")
    assert (refused.exit_code, "admin" in refused.stderr) == (1, True)
    assert run("reader", "admin", "--undo", "Ada").exit_code == 1
    assert run("reader", "admin", "bea").stdout == "Bea is admin.\n"
    assert run("reader", "admin", "--undo", "Ada").stdout == "Ada is no longer admin.\n"
    assert run("reader", "disable", "Ada").stdout == "Ada is shut out.\n"
    assert _readers(run) == [("Ada", "reader", True), ("Bea", "admin", False)]
    assert "shut out" in run("reader", "list").stdout
    assert run("reader", "disable", "--undo", "Ada").stdout == "Ada may come in again.\n"


def test_a_reset_is_a_link(run: Run) -> None:
    run("reader", "add", "Ada")
    _token(run("reader", "reset", "ADA"), "/new-password", "token")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("reset", "Zoe"), 1),
        (("admin", "Zoe"), 1),
        (("disable", ""), 1),
        (("add", "<b>"), 2),
        (("add", "ADA"), 2),
        (("add", "Bea", "--email", "b@"), 2),
        (("add", "Bea", "--email", "ada@example.org"), 2),
        (("add",), 2),
    ],
)
def test_what_cannot_be_is_said(run: Run, words: tuple[str, ...], status: int) -> None:
    run("reader", "add", "Ada", "--email", "ada@example.org")
    done = run("reader", *words)
    assert done.exit_code == status
    assert done.stderr
    assert len(_readers(run)) == 1


def test_one_reader_is_not_served_to_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_ACCOUNTS", "single")
    done = run("serve", "--host", "0.0.0.0")
    assert done.exit_code == 2
    assert "Set accounts to invited or open" in done.stderr
