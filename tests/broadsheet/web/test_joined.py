"""The address of a paper that was joined to another leads there, until they are taken apart."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from broadsheet.asgi import make_app
from broadsheet.model.importing import Located
from broadsheet.model.paper import Record
from broadsheet.model.settings import Settings
from broadsheet.services.bundle import Services
from broadsheet.services.taking import take
from broadsheet.wiring import open_library

RECORDS = [
    Record(source="crossref", source_id="10.1/x", title="Compact codes", doi="10.1/x"),
    Record(source="arxiv", source_id="2101.00001", title="First codes", arxiv_id="2101.00001"),
    Record(source="openalex", source_id="W1", title="C", doi="10.1/x", arxiv_id="2101.00001"),
]


@pytest.fixture
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    opened = open_library(Settings(library=tmp_path_factory.mktemp("joined")), create=True)
    located = [Located(record=r, line=n, resume=n) for n, r in enumerate(RECORDS, 1)]
    with opened.importing.store.writing() as writing:
        take(writing, located, origin="f", file="f", fingerprint="f")
    yield opened
    opened.close()


def test_pages_and_files_are_sent_on(
    services: Services, make_client: Callable[[Services], TestClient]
) -> None:
    client = make_client(services)
    kept = services.reading.paper("10.1/x").id
    assert kept != "2101.00001"
    for form in ("2101.00001", "arXiv:2101.00001v2"):
        answer = client.get(f"/paper/{form}")
        assert (answer.status_code, answer.headers["location"]) == (308, f"/paper/{kept}")
        assert answer.headers["cache-control"] == "no-cache"
    for ending in ("bib", "ris", "csl.json", "json"):
        answer = client.get(f"/paper/2101.00001.{ending}")
        assert (answer.status_code, answer.headers["location"]) == (308, f"/paper/{kept}.{ending}")
    assert client.get(f"/paper/{kept}.bib").status_code == 200
    # Another name of the paper was never an address of its own.
    assert client.get("/paper/10.1/x").status_code == 301


def test_the_api_is_sent_on(services: Services) -> None:
    kept = services.reading.paper("10.1/x").id
    client = TestClient(make_app(services), base_url="http://127.0.0.1", follow_redirects=False)
    answer = client.get("/api/v1/papers/2101.00001")
    assert (answer.status_code, answer.headers["location"]) == (308, f"/api/v1/papers/{kept}")
    answer = client.get("/api/v1/papers/2101.00001/similar?k=3")
    assert answer.headers["location"] == f"/api/v1/papers/{kept}/similar?k=3"
    assert client.get("/api/v1/papers/10.1/x").json()["id"] == kept
    followed = TestClient(make_app(services), base_url="http://127.0.0.1").get(
        "/api/v1/papers/2101.00001"
    )
    assert followed.json()["arxiv_id"] == "2101.00001"


def test_taken_apart_the_address_is_a_papers_own_again(
    services: Services, make_client: Callable[[Services], TestClient]
) -> None:
    (row,) = [row for row in services.merges.of(None) if row.joined]
    services.merges.undo(row.number)
    client = make_client(services)
    assert client.get("/paper/2101.00001").status_code == 200
    assert client.get("/paper/2101.00001.bib").status_code == 200
