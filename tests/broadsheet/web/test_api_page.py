from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from broadsheet.web.mount import mount_pages


def test_the_api_is_described_from_its_own_document(services: Any) -> None:
    app = FastAPI()

    @app.get("/api/v1/moons/{name}", summary="One moon")
    def get_moon(name: str, phase: str = "") -> str:
        """A moon by its name."""
        return name + phase

    mount_pages(app, services)
    page = TestClient(app, base_url="http://127.0.0.1").get("/api").text
    for said in ("One moon", "GET /api/v1/moons/{name}", "A moon by its name.", "phase"):
        assert said in page
