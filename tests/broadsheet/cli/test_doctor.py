"""The doctor over libraries that are really broken."""

import json
from pathlib import Path

from typer.testing import CliRunner

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.demo import shelf_path
from broadsheet.wiring import known_sources, open_library, read_settings, restore_service


def _app_over(library: Path) -> None:
    settings = read_settings(library=library, environment={})
    services = open_library(settings, create=True)
    services.importing.run([shelf_path()])
    services.close()


def _checks(library: Path, *, status: int) -> dict[str, dict[str, str]]:
    doors = Doors(
        read_settings=read_settings,
        open_library=open_library,
        known_sources=known_sources,
        restoring=restore_service,
        serve=lambda: None,
    )
    result = CliRunner().invoke(make_app(doors), ["-L", str(library), "doctor", "--json"])
    assert result.exit_code == status, result.output
    return {check["name"]: check for check in json.loads(result.stdout)}


def test_pages_of_the_database_that_are_overwritten_are_found(tmp_path: Path) -> None:
    _app_over(tmp_path)
    database = tmp_path / "broadsheet.sqlite"
    with database.open("r+b") as file:
        file.seek(database.stat().st_size * 3 // 4)
        file.write(b"\xff" * (database.stat().st_size // 4))
    checks = _checks(tmp_path, status=1)
    assert checks["database"]["state"] == "error"
    assert checks["disk"]["state"] == "ok"


def test_a_whole_library_is_called_whole(tmp_path: Path) -> None:
    _app_over(tmp_path)
    assert _checks(tmp_path, status=0)["database"]["state"] == "ok"
