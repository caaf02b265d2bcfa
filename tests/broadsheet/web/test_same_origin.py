"""What changes something must have begun on a page of this site, or show a token."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from broadsheet.web.same_origin import SameOrigin


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "POST", "DELETE"])
    def anything(path: str) -> str:
        return path

    app.add_middleware(SameOrigin, open_paths=("/u/",))
    return TestClient(app, base_url="https://paper.example")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://paper.example"},
        {"Authorization": "Bearer abc"},
    ],
)
def test_own_pages_and_tokens_pass(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/vote", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://paper.example"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://paper.example.evil.example"},
        {"Origin": "https://evil.example/paper.example"},
        {"Origin": "null"},
        {"Authorization": "Basic abc"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_others_are_refused(client: TestClient, method: str, headers: dict[str, str]) -> None:
    refused = client.request(method, "/vote", headers=headers)
    assert refused.status_code == 403
    assert "token" in refused.text


def test_reading_is_free(client: TestClient) -> None:
    assert client.get("/vote", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_an_open_path_passes(client: TestClient) -> None:
    assert client.post("/u/abc").status_code == 200
    assert client.post("/uu").status_code == 403
