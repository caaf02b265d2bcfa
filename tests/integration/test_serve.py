"""A real server process: started, asked, stopped."""

import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.integration.served import ADDRESS, get, serving

pytestmark = pytest.mark.integration

_PATIENCE_S = 30.0


@pytest.mark.slow
def test_the_demo_is_served_with_pages_and_api(tmp_path: Path) -> None:
    with serving(tmp_path / "library", "--demo", "--port", "0") as address:
        assert "<h1" in get(address)
        found = json.loads(get(f"{address}api/v1/search?q=binary+codes+for+retrieval"))
        assert found["hits"][0]["why"]["nearness"] is not None
        assert json.loads(get(f"{address}api/v1/openapi.json"))["openapi"].startswith("3.")


def test_papers_imported_while_it_runs_are_found(tmp_path: Path) -> None:
    library, file = tmp_path / "library", tmp_path / "new.jsonl"
    paper = {"title": "Zygomorphic quokkas in the wild", "id": "arxiv:2101.00009"}
    file.write_text(json.dumps(paper) + "\n", "utf-8")
    with serving(library, "--port", "0") as address:
        command = [sys.executable, "-m", "broadsheet", "--library", str(library), "import"]
        subprocess.run([*command, str(file)], check=True, capture_output=True)
        hits: list[dict[str, str]] = []
        until = time.monotonic() + _PATIENCE_S
        while not hits and time.monotonic() < until:
            hits = json.loads(get(f"{address}api/v1/search?q=zygomorphic"))["hits"]
        assert [hit["id"] for hit in hits] == ["2101.00009"]


def test_a_killed_server_leaves_its_port(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "broadsheet", "--library", str(tmp_path), "serve"]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = next(m[0] for line in process.stdout if (m := ADDRESS.search(line)))
        process.kill()
    until = time.monotonic() + _PATIENCE_S
    port = int(address.rstrip("/").rsplit(":", 1)[1])
    while _is_open(port) and time.monotonic() < until:
        threading.Event().wait(0.05)
    assert not _is_open(port)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_taken_port_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with serving(tmp_path / "first", "--port", "0") as address:
        port = address.rstrip("/").rsplit(":", 1)[1]
        command = [sys.executable, "-m", "broadsheet", "--library", str(tmp_path / "second")]
        done = subprocess.run(
            [*command, "serve", "--port", port], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "--port" in done.stderr
