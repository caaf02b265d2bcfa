"""What the one who runs a server sees of it: several workers, one set of numbers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.integration.served import get, serving

pytestmark = [pytest.mark.integration, pytest.mark.slow]

_HEALTH = {"route": "/healthz", "method": "GET", "status": "200"}


def counted(address: str) -> float:
    """Return how many times all workers together were asked for their health."""
    families = text_string_to_metric_families(get(f"{address}metrics"))
    return next(
        (
            sample.value
            for family in families
            for sample in family.samples
            if sample.name.endswith("_duration_seconds_count") and sample.labels == _HEALTH
        ),
        0,
    )


def test_every_worker_tells_the_requests_of_all(tmp_path: Path) -> None:
    with serving(tmp_path / "library", "--port", "0", "--workers", "2") as address:
        assert json.loads(get(f"{address}healthz")) == {"status": "ok"}
        assert json.loads(get(f"{address}readyz")) == {"ready": True, "reasons": []}
        for _ in range(29):
            get(f"{address}healthz")
        assert {counted(address) for _ in range(12)} == {30}


def test_requests_are_logged_only_when_asked_and_without_what_was_asked(tmp_path: Path) -> None:
    said: list[str] = []
    with serving(tmp_path / "library", "--port", "0", said=said) as address:
        get(f"{address}search?q=secret")
    assert said == []
    with serving(tmp_path / "library", "--port", "0", "--log-requests", said=said) as address:
        get(f"{address}search?q=secret")
    (line,) = said
    assert '"GET /search" 200' in line
    assert "secret" not in line
    assert "127.0.0.1" not in line


def test_a_library_is_backed_up_while_it_is_served(tmp_path: Path) -> None:
    library, file = tmp_path / "library", tmp_path / "backup.bsb"
    run = [sys.executable, "-m", "broadsheet"]
    shelf = tmp_path / "papers.jsonl"
    paper = {"title": "Zygomorphic quokkas in the wild", "id": "arxiv:2101.00009"}
    shelf.write_text(json.dumps(paper) + "\n", "utf-8")
    subprocess.run([*run, "-L", str(library), "import", str(shelf)], check=True)
    with serving(library, "--port", "0") as address:
        get(address)
        subprocess.run([*run, "-L", str(library), "backup", str(file)], check=True)
        refused = subprocess.run(
            [*run, "restore", str(file), "-L", str(library), "--replace"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert refused.returncode == 3
        assert "Stop `broadsheet serve`" in refused.stderr
        get(address)
    restored = tmp_path / "restored"
    subprocess.run([*run, "restore", str(file), "--library", str(restored)], check=True)
    with serving(restored, "--port", "0") as address:
        assert json.loads(get(f"{address}api/v1/search?q=quokkas"))["total"] == 1
