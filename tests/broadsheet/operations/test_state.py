"""The record of an installation's state, and the file of what failed."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.broadsheet.operations.conftest import opened
from typer.testing import CliRunner

from broadsheet.cli.app import make_app
from broadsheet.cli.context import Doors
from broadsheet.model.harvest import HarvestState
from broadsheet.services.bundle import Services
from broadsheet.services.troubles import NAME, TroubleFile
from broadsheet.wiring import known_sources, open_library, read_settings, restore_service

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_sources_say_when_they_ran_and_when_they_run_next(tmp_path: Path) -> None:
    services = opened(
        tmp_path / "library",
        sources={"arxiv": {"selections": ["cs", "math"]}, "hf_daily": {"selections": [""]}},
        sync_every_h=6,
    )
    ran = HarvestState(
        source="arxiv",
        selection="cs",
        ran_at="2026-11-28T10:00:00+00:00",
        complete_until="2026-11-28T09:00:00Z",
        trouble="it was busy",
    )
    by_hand = replace(ran, selection="stat", complete_until="yesterday")
    with services.library.store.writing() as w:
        w.save_harvest(ran)
        w.save_harvest(by_hand)
    services.operations.clock = lambda: NOW
    services.operations.started = NOW - timedelta(minutes=5)
    state = services.operations.state()
    cs, math, hf, stat = state.sources
    assert (cs.source, cs.selection, cs.trouble) == ("arxiv", "cs", "it was busy")
    assert cs.success_age_s == 3 * 3600
    assert cs.next_at == "2026-11-28T16:00:00+00:00"
    assert (math.selection, math.ran_at, math.success_age_s) == ("math", "", None)
    assert math.next_at == "2026-11-28T12:00:00+00:00"
    assert hf.source == "hf_daily"
    assert (stat.selection, stat.next_at, stat.success_age_s) == ("stat", None, None)
    assert state.uptime_s == 300
    services.close()


def test_status_says_the_same(services: Services) -> None:
    services.operations.troubles.add("harvest", ValueError("broke"))
    doors = Doors(
        read_settings=read_settings,
        open_library=open_library,
        known_sources=known_sources,
        serve=lambda: None,
        restoring=restore_service,
    )
    words = ["-L", str(services.settings.library), "status"]
    said = json.loads(CliRunner().invoke(make_app(doors), [*words, "--json"]).stdout)
    state = services.operations.state()
    assert said["schema"] == state.schema
    assert said["version"] == state.version
    assert said["uptime_s"] is None
    assert said["storage"]["database_bytes"] > 0
    assert said["events"] == 1
    assert said["troubles"]["times"] == {"harvest": 1}
    assert (said["words_behind"], said["vectors_behind"]) == (0, 1)
    assert "broke" in CliRunner().invoke(make_app(doors), words).stdout


def test_the_same_failure_is_one_row_and_other_processes_read_it(tmp_path: Path) -> None:
    moments = iter(NOW + timedelta(seconds=n) for n in range(10))
    file = TroubleFile(folder=tmp_path, clock=lambda: next(moments))
    for _ in range(3):
        file.add("indexes", OSError("the disk is full"))
    file.add("harvest", ValueError("x" * 9000))
    found = TroubleFile(folder=tmp_path, clock=lambda: NOW).read()
    assert found.times == {"indexes": 3, "harvest": 1}
    assert [(t.work, t.times) for t in found.latest] == [("harvest", 1), ("indexes", 3)]
    assert (found.latest[1].first_at[-8:-6], found.latest[1].last_at[:19]) == (
        "00",
        "2026-11-28T12:00:02",
    )
    assert len(found.latest[0].error) == 500


def test_it_is_bounded(tmp_path: Path) -> None:
    file = TroubleFile(folder=tmp_path, clock=lambda: NOW)
    for number in range(70):
        file.add("indexes", ValueError(f"failure {number}"))
    found = file.read()
    assert found.times == {"indexes": 70}
    assert [t.error for t in found.latest] == [f"failure {n}" for n in range(69, 19, -1)]


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    def add(number: int) -> None:
        file = TroubleFile(folder=tmp_path, clock=lambda: NOW)
        for n in range(10):
            file.add(f"work {number}", ValueError(f"{n}"))

    threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = TroubleFile(folder=tmp_path, clock=lambda: NOW).read()
    assert found.times == {f"work {n}": 10 for n in range(4)}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"times": 3}', b"\xff"])
def test_a_damaged_file_is_as_good_as_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(content)
    file = TroubleFile(folder=tmp_path, clock=lambda: NOW)
    assert file.read().times == {}
    file.add("indexes", ValueError("again"))
    assert file.read().times == {"indexes": 1}


def test_a_folder_that_is_gone_raises_nothing(tmp_path: Path) -> None:
    file = TroubleFile(folder=tmp_path / "none", clock=lambda: NOW)
    file.add("indexes", ValueError("lost"))
    assert file.read().times == {}
