"""Two papers that became one, as a user of the commands sees them."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.wiring import known_sources, open_library, read_settings, restore_service

PAPERS = [
    {"id": "list:1", "title": "Compact codes in a journal", "doi": "10.1000/x"},
    {"id": "arxiv:2101.00001", "title": "A first look at codes"},
    {"id": "list:2", "title": "Codes", "doi": "10.1000/x", "arxiv": "2101.00001"},
]
app = make_app(
    Doors(
        read_settings=read_settings,
        open_library=open_library,
        known_sources=known_sources,
        restoring=restore_service,
        serve=lambda *_, **__: None,
    )
)


def call(folder: Path, *words: str) -> Result:
    result = CliRunner().invoke(app, ["--library", str(folder / "library"), *words])
    assert result.exit_code == 0, result.output
    return result


def test_the_old_id_shows_the_paper_that_is_left_until_undone(tmp_path: Path) -> None:
    file = tmp_path / "papers.jsonl"
    file.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS), "utf-8")
    call(tmp_path, "init")
    call(tmp_path, "import", str(file))
    shown = json.loads(call(tmp_path, "show", "2101.00001", "--json").stdout)
    assert (shown["doi"], shown["arxiv_id"]) == ("10.1000/x", "2101.00001")
    assert shown["id"].startswith("compact-codes-in-a-journal-")
    listed = json.loads(call(tmp_path, "merge", "show", "2101.00001", "--json").stdout)
    (row,) = [row for row in listed if row["joined"]]
    said = call(tmp_path, "merge", "list").stdout
    assert "2101.00001 joined by both: " in said
    assert "names arxiv:2101.00001 and doi:10.1000/x" in said
    undone = call(tmp_path, "merge", "undo", str(row["number"])).stdout
    assert undone == "2101.00001 is a paper again.\n"
    shown = json.loads(call(tmp_path, "show", "2101.00001", "--json").stdout)
    assert shown["id"] == "2101.00001"
