"""`broadsheet sync` and `broadsheet sources`, as a user calls them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.broadsheet.harvest.servers import Oai, Reply, Server, serving
from typer.testing import CliRunner, Result

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.wiring import known_sources, open_library, read_settings, restore_service

runner = CliRunner()
app = make_app(
    Doors(
        read_settings=read_settings,
        open_library=open_library,
        known_sources=known_sources,
        restoring=restore_service,
        serve=lambda *_, **__: None,
    )
)


@pytest.fixture
def server() -> Iterator[Server]:
    oai = Oai()
    for number in range(1, 5):
        oai.put(number, day="2026-11-18")
    with serving(oai) as running:
        yield running


def call(library: Path, server: Server, *words: str, **more: object) -> Result:
    arxiv = {"base": server.base, "interval_s": 0.0, **more}
    environment = {"BROADSHEET_SOURCES": json.dumps({"arxiv": arxiv})}
    return runner.invoke(app, ["-L", str(library), *words], env=environment)


def test_a_named_source_comes_in_and_is_reported(tmp_path: Path, server: Server) -> None:
    result = call(tmp_path, server, "sync", "arxiv:cs", "--since", "2026-11-01")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("arxiv cs: 4 new papers from 4 new records; 0 changed")
    assert "set=cs&from=2026-11-01" in server.asked[0]
    shown = call(tmp_path, server, "show", "2611.00002")
    assert "A study of matter 2" in shown.stdout


def test_answers_are_shown_as_they_came(tmp_path: Path, server: Server) -> None:
    call(tmp_path, server, "sync", "arxiv:cs", "--since", "2026-11-01")
    none = call(tmp_path, server, "show", "2611.00002", "--raw")
    assert (none.exit_code, none.stdout) == (1, "")
    assert "Set keep_raw" in none.stderr
    (tmp_path / "broadsheet.toml").write_text("keep_raw = true\n", "utf-8")
    call(tmp_path, server, "sync", "arxiv:cs", "--since", "2026-11-01")
    shown = call(tmp_path, server, "show", "2611.00002", "--raw")
    assert shown.stdout.startswith('<?xml version="1.0"?><OAI-PMH')
    assert "2611.00002" in shown.stdout
    assert shown.stderr.startswith("arxiv 20")
    both = call(tmp_path, server, "show", "2611.00002", "--raw", "--json")
    assert both.exit_code == 2


def test_settings_say_what_sync_asks_for(tmp_path: Path, server: Server) -> None:
    result = call(tmp_path, server, "sync", "--json", selections=["cs", "math"])
    reports = json.loads(result.stdout)
    assert [report["selection"] for report in reports] == ["cs", "math"]
    assert all(report["is_complete"] for report in reports)


def test_nothing_to_ask_says_what_to_do(tmp_path: Path, server: Server) -> None:
    result = call(tmp_path, server, "sync")
    assert result.exit_code == 2
    assert "broadsheet sync arxiv:cs" in result.stderr


def test_trouble_has_its_own_exit_status(tmp_path: Path, server: Server) -> None:
    server.faults = [Reply(status=503, headers={"Retry-After": "90000"})]
    result = call(tmp_path, server, "sync", "arxiv")
    assert result.exit_code == 3
    assert "asks to wait 25.0 hours" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sync", "arxvi"], "There are: arxiv"),
        (["sync", "arxiv", "--since", "yesterday"], "YYYY-MM-DD"),
        (["sync", "arxiv:no set"], "one set at a time"),
        (["sync", "arxiv:'cs"], "a quote without its end"),
    ],
)
def test_words_that_are_off(tmp_path: Path, server: Server, words: list[str], said: str) -> None:
    result = call(tmp_path, server, *words)
    assert result.exit_code in (1, 2)
    assert said in result.stderr


def test_a_dry_run_stores_nothing(tmp_path: Path, server: Server) -> None:
    result = call(tmp_path, server, "sync", "arxiv", "--dry-run", "--since", "2026-11-01")
    assert "3 records on the first page, nothing stored" in result.stdout
    assert json.loads(call(tmp_path, server, "status", "--json").stdout)["papers"] == 0


def test_sources_are_listed_with_their_rules_and_state(tmp_path: Path, server: Server) -> None:
    call(tmp_path, server, "sync", "arxiv:cs")
    result = call(tmp_path, server, "sources", "--json")
    found = {source["name"]: source for source in json.loads(result.stdout)}
    assert {"arxiv", "arxiv_snapshot", "exchange"} <= set(found)
    assert found["arxiv"]["interval_s"] == 3.0
    (harvest,) = found["arxiv"]["harvests"]
    assert harvest["selection"] == "cs"
    assert harvest["pending"] is False
    assert "One request in three seconds" in call(tmp_path, server, "sources").stdout


def test_a_look_at_the_sources_makes_no_library(tmp_path: Path, server: Server) -> None:
    folder = tmp_path / "none"
    found = json.loads(call(folder, server, "sources", "--json").stdout)
    assert [source["harvests"] for source in found if source["name"] == "arxiv"] == [[]]
    assert not folder.exists()


def test_a_source_of_the_settings_that_does_not_exist_is_named(
    tmp_path: Path, server: Server
) -> None:
    environment = {"BROADSHEET_SOURCES": '{"arxvi": {}}'}
    result = runner.invoke(app, ["-L", str(tmp_path), "sources"], env=environment)
    assert result.exit_code == 2
    assert "sources.arxvi: no such source" in result.stderr


def test_a_key_may_lie_in_a_file(tmp_path: Path, server: Server) -> None:
    missing = call(tmp_path, server, "sources", key_file=str(tmp_path / "none"))
    assert missing.exit_code == 2
    assert "key_file" in missing.stderr
