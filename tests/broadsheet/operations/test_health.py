import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.broadsheet.operations.conftest import asking

from broadsheet.services.bundle import Services


def test_the_process_answers_whatever_the_database_does(services: Services) -> None:
    client = asking(services)
    services.close()
    shutil.rmtree(services.settings.library)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


def test_a_whole_library_is_ready(services: Services) -> None:
    answer = asking(services).get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})
    assert answer.headers["cache-control"] == "no-store"


def test_a_database_that_is_gone_is_a_reason(services: Services) -> None:
    services.close()
    database = services.settings.library / "broadsheet.sqlite"
    database.write_bytes(b"no database" * 1000)
    answer = asking(services).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert answer.json()["reasons"][0].startswith("database: ")


def test_a_schema_that_is_newer_than_the_process_is_a_reason(services: Services) -> None:
    with sqlite3.connect(services.settings.library / "broadsheet.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    answer = asking(services).get("/readyz")
    assert answer.status_code == 503
    (reason,) = answer.json()["reasons"]
    assert "9999" in reason
    assert "restart" in reason
    assert asking(services, host="192.0.2.1").get("/readyz").json()["reasons"] == ["schema"]


def test_an_index_that_cannot_be_opened_is_a_reason(services: Services, tmp_path: Path) -> None:
    for file in (services.settings.library / "indexes" / "words" / "index").iterdir():
        file.write_bytes(b"damaged")
    answer = asking(services).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"][0].startswith("indexes: words")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nothing_but_asking_is_answered(path: str, services: Services) -> None:
    assert asking(services).post(path).status_code == 405
    assert asking(services).get(f"{path}/more").status_code == 404
