"""`broadsheet query`: how a search is understood, without a library."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def run(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "broadsheet", "-L", str(tmp_path / "none"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_search_is_told_as_tree_spelling_and_plan(tmp_path: Path) -> None:
    done = run(tmp_path, "query", "--json", "graphs^2  -survey cat:cs.CL OR “big model”")
    told = json.loads(done.stdout)
    assert [part["is"] for part in told["tree"]] == ["or"]
    assert told["plan"]["condition"]["is"] == "either"


def test_a_plan_is_told_in_sentences(tmp_path: Path) -> None:
    done = run(tmp_path, "query", 'graphs meaning:"cheap attention"^2 -is:withdrawn sort:newest')
    lines = done.stdout.splitlines()
    assert lines[0] == 'graphs meaning:"cheap attention"^2 -is:withdrawn sort:newest'
    assert "  rank by nearness to the meaning of 'graphs'" in lines
    assert "  rank by nearness to the meaning of 'cheap attention', times 2" in lines
    assert "  sort by newest" in lines


def test_without_a_search_the_fields_are_listed(tmp_path: Path) -> None:
    assert "announced:>2026-09" in run(tmp_path, "query").stdout


@pytest.mark.parametrize("command", ["query", "search"])
def test_a_fault_is_pointed_at(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, command, "graphs cta:cs.CL")
    assert done.returncode == 2
    assert done.stderr.splitlines()[1:] == ["  graphs cta:cs.CL", "         ^^^^"]
