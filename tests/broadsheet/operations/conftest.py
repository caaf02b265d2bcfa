"""A library of one paper, opened, and its application."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from broadsheet.asgi import make_app
from broadsheet.services.bundle import Services
from broadsheet.wiring import now, open_library, read_settings

PAPER = {"id": "arxiv:2101.00001", "title": "Compact codes", "date": "2021-01-04"}


def opened(library: Path, **given: object) -> Services:
    """Return the services of a library with one paper, found by words."""
    file = library.parent / "papers.jsonl"
    file.write_text(json.dumps(PAPER) + "\n", "utf-8")
    settings = read_settings(library=library, environment={}, accounts="open", **given)
    services = open_library(settings, create=True, started=now())
    services.importing.run([file])
    services.embedding.index_words()
    return services


def asking(services: Services, *, host: str = "127.0.0.1") -> TestClient:
    """Return a client at an address."""
    return TestClient(
        make_app(services),
        base_url="http://127.0.0.1",
        client=(host, 1),
        headers={"Sec-Fetch-Site": "same-origin"},
        raise_server_exceptions=False,
    )


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    services = opened(tmp_path / "library")
    yield services
    services.close()
