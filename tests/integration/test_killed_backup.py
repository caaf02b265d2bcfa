"""Backups and restores are killed at any moment: what has a name is whole, always."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.services.restoring import RestoreService
from broadsheet.store import SqliteFiles, open_store
from broadsheet.wiring import now, open_library, read_settings

pytestmark = [pytest.mark.integration, pytest.mark.slow]

N_PAPERS = 4000
N_KILLS = 6

_RUN = """
import sys
from pathlib import Path
from broadsheet.__main__ import main
import broadsheet.services.backup, broadsheet.services.restoring
print("ready", flush=True)
main()
"""


def fill(folder: Path, first: int) -> None:
    store = open_store(folder=folder)
    with store.writing() as writing:
        writing.put(
            [
                Assigned(
                    record=Record(
                        source="t",
                        source_id=str(n),
                        title=f"paper {n}",
                        abstract=f"{n} words " * 99,
                    ),
                    origin="f",
                    fingerprint="",
                    line=n,
                    paper=None,
                    group=n,
                )
                for n in range(first, first + N_PAPERS)
            ]
        )
    store.close()


def start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def killed(*words: str, after_s: float) -> bool:
    """Run a command, kill it so long after its start; return whether it was hit."""
    with start(*words) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(timeout=after_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


def duration_s(*words: str) -> float:
    """Return how long a command takes when nobody kills it."""
    with start(*words) as process:
        assert process.stdout is not None
        process.stdout.readline()
        began = time.monotonic()
        assert process.wait() == 0
        return time.monotonic() - began


def papers(folder: Path) -> int:
    services = open_library(read_settings(library=folder, environment={}))
    try:
        assert services.library.store.problems() == []
        return services.library.status().counts.papers
    finally:
        services.close()


def test_a_backup_has_its_name_when_it_is_whole_and_the_last_one_stays(tmp_path: Path) -> None:
    library, file = tmp_path / "library", tmp_path / "nightly.bsb"
    fill(library, 0)
    words = ("-L", str(library), "backup", str(file))
    whole_s = duration_s(*words)
    fill(library, N_PAPERS)
    restoring = RestoreService(databases=SqliteFiles(), clock=now)
    chance, n_hit = random.Random(8), 0
    for _ in range(N_KILLS):
        n_hit += killed(*words, after_s=chance.uniform(0, whole_s * 1.2))
        assert restoring.check(file).papers in (N_PAPERS, 2 * N_PAPERS)
    assert n_hit >= N_KILLS // 2
    duration_s(*words)
    assert restoring.check(file).papers == 2 * N_PAPERS
    assert {path.name for path in tmp_path.iterdir()} == {"library", "nightly.bsb"}


@pytest.mark.parametrize("replace", [False, True])
def test_a_restore_makes_a_whole_library_or_none(tmp_path: Path, replace: bool) -> None:
    full, file = tmp_path / "full", tmp_path / "nightly.bsb"
    fill(full, 0)
    duration_s("-L", str(full), "backup", str(file))
    options = ["--replace"] if replace else []
    whole_s = duration_s("restore", str(file), "-L", str(tmp_path / "first"), *options)
    chance, n_hit = random.Random(9), 0
    for number in range(N_KILLS):
        library = tmp_path / f"again-{number}"
        if replace:
            old = open_store(folder=library)
            old.close()
        words = ("restore", str(file), "-L", str(library), *options)
        n_hit += killed(*words, after_s=chance.uniform(0.2, whole_s * 1.1))
        if (library / "broadsheet.sqlite").exists():
            assert papers(library) in ((0, N_PAPERS) if replace else (N_PAPERS,))
        elif replace:  # between the two moves; whoever opens it ends that
            assert papers(library) == N_PAPERS
        if replace or not (library / "broadsheet.sqlite").exists():
            duration_s(*words)
        assert papers(library) == N_PAPERS
        assert not (library / ".restoring").exists()
    assert n_hit >= N_KILLS // 2
