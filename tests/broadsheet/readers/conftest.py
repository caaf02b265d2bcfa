"""A library of three people and a stranger, over pages and API."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from starlette.testclient import TestClient
from tests.broadsheet import statements

from broadsheet.asgi import make_app
from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.readers import Reader
from broadsheet.model.settings import Settings
from broadsheet.services.bundle import Services
from broadsheet.wiring import open_library

BAD = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
OWN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class People:
    """A client each: Ada, Bo and Eve are readers, nobody has signed in."""

    ada: TestClient
    bo: TestClient
    eve: TestClient
    nobody: TestClient
    services: Services

    def reader(self, name: str) -> Reader:
        return self.services.readership.named(name)


@pytest.fixture(scope="session")
def records() -> Callable[..., list[Record]]:
    def make(n: int, *, first: int = 1) -> list[Record]:
        return [
            Record(
                source="s",
                source_id=str(i),
                title=f"Whales of the sea {i}",
                abstract=f"Whales sing, part {i}.",
                authors=("One Author", f"Other {i}"),
                categories=("cs.CL", "cs.LG"),
                submitted="2020-05-04",
                arxiv_id=f"2005.{i:05d}",
            )
            for i in range(first, first + n)
        ]

    return make


@pytest.fixture(scope="session")
def put() -> Callable[[Services, list[Record]], None]:
    def put_records(services: Services, records: list[Record]) -> None:
        assigned = [
            Assigned(record=r, origin="o", fingerprint="f", line=n, paper=None, group=n)
            for n, r in enumerate(records)
        ]
        with services.importing.store.writing() as writing:
            writing.put(assigned)
        services.embedding.index_words()

    return put_records


@pytest.fixture
def people(tmp_path, records, put) -> Iterator[People]:
    settings = Settings(library=tmp_path / "library", title="The Test", accounts="open")
    services = open_library(settings, create=True)
    hostile = Record(
        source="t",
        source_id="bad",
        title=f"Hostile {BAD}",
        abstract=f"Abstract {BAD}",
        authors=(f"Mallory {BAD}",),
        categories=("cs.CL",),
        submitted="2020-05-03",
        arxiv_id="2005.66666",
    )
    put(services, [*records(6), hostile])
    kept = services.accounts.accounts
    for name in ("Ada", "Bo", "Eve"):
        kept.add_reader(name=name, role="reader")
    app = make_app(services)

    def client(name: str) -> TestClient:
        session = services.sessions.begin(kept.by_name(name), agent="") if name else ""
        return TestClient(
            app,
            headers=OWN,
            cookies={"broadsheet": session} if session else {},
            raise_server_exceptions=False,
            follow_redirects=False,
        )

    yield People(
        ada=client("Ada"), bo=client("Bo"), eve=client("Eve"), nobody=client(""), services=services
    )
    services.close()


@pytest.fixture(scope="session")
def counted() -> Callable[[], AbstractContextManager[list[str]]]:
    return statements.collected


@pytest.fixture(scope="session")
def bad() -> str:
    return BAD
