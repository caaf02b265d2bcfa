"""Routes are found by the first word of an address, as if all had been tried in turn."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from broadsheet.web.routing import FirstWordRouter


def _route(path, said, methods=("GET",)):
    return Route(path, lambda request: PlainTextResponse(said), methods=list(methods))


ROUTES = [
    _route("/", "front"),
    _route("/c/{code}", "category"),
    _route("/c/{code}/new", "new"),
    _route("/c/known", "never reached"),
    _route("/{period}.atom", "feed"),
    _route("/tags", "tags"),
    _route("/tags", "posted", methods=["POST"]),
    _route("/{period}", "edition"),
    _route("/{year}/{week}", "week"),
    _route("/late", "after the general ones"),
]


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        *("/", "", "/c/cs.IR", "/c/known", "/c/cs.IR/new", "/c", "/c/", "/c/a/b/c", "/2026-11"),
        *("/2026-11.atom", "/tags.atom", "/tags", "/tags/", "/2026/W47", "/late", "//", "/a/b/c"),
        "/tags%2Fx",
    ],
)
def test_an_address_leads_where_trying_all_routes_leads(method, path):
    usual, ours = Starlette(routes=ROUTES), Starlette()
    ours.router = FirstWordRouter(ROUTES)
    answers = [
        TestClient(app, follow_redirects=False).request(method, f"http://testserver{path}")
        for app in (usual, ours)
    ]
    said = [(a.status_code, a.text, a.headers.get("location")) for a in answers]
    assert said[0] == said[1]


def test_a_prefix_of_the_server_is_no_word_of_an_address():
    app = Starlette()
    app.router = FirstWordRouter(ROUTES)
    assert TestClient(app, root_path="/papers").get("/papers/c/cs.IR").text == "category"
