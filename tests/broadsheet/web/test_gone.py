"""The address of a paper that its sources have deleted says so."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from broadsheet.asgi import make_app
from broadsheet.model.importing import Located
from broadsheet.model.paper import Record
from broadsheet.model.settings import Settings
from broadsheet.services.bundle import Services
from broadsheet.services.taking import take
from broadsheet.wiring import open_library

RECORD = Record(source="arxiv", source_id="2101.00001", title="A look", arxiv_id="2101.00001")


@pytest.mark.parametrize("others", [0, 1])
def test_its_page_its_files_and_the_api(
    tmp_path: Path, make_client: Callable[[Services], TestClient], others: int
) -> None:
    services = open_library(Settings(library=tmp_path), create=True)
    twin = Record(source="acl", source_id="x", title="A look", arxiv_id="2101.00001")
    located = [Located(record=r, line=n, resume=n) for n, r in enumerate([RECORD, twin])]
    with services.importing.store.writing() as writing:
        take(writing, located[: 1 + others], origin="f", file="f", fingerprint="f")
        writing.mark_gone("arxiv", ["2101.00001"])
    client, api = make_client(services), TestClient(make_app(services), base_url="http://127.0.0.1")
    page = client.get("/paper/2101.00001")
    if others:
        assert page.status_code == 200
        assert "No longer at arXiv" in page.text
        assert "no longer there since" in page.text
        (first, _) = api.get("/api/v1/papers/2101.00001").json()["sources"]
        assert first["gone_at"]
    else:
        assert page.status_code == 410
        assert "It is no longer at its source (arxiv: 2101.00001) since" in page.text
        assert client.get("/paper/2101.00001.bib").status_code == 410
        answer = api.get("/api/v1/papers/2101.00001")
        assert answer.status_code == 410
        assert "no longer at its source" in answer.json()["error"]
    services.close()
