"""Tokens at the API: whose they are, what they may, and that cookies do not help them."""

import pytest
from fastapi import Depends, FastAPI
from starlette.testclient import TestClient

from broadsheet.api.app import mount_api
from broadsheet.api.asking import needs


@pytest.fixture
def token(house, ada):
    def made(name="Ada", scopes=("read",), days=30):
        reader = house.services.readership.named(name)
        return house.services.tokens.make(reader, name="x", scopes=scopes, days=days)

    return made


def me(browser, token=None, **headers):
    shown = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return browser.get("/api/v1/me", headers={**shown, **headers})


def test_a_token_says_whose_it_is(house, token):
    answer = me(house.browser(), token(scopes=["mark", "read"]))
    assert answer.json() == {
        "id": house.services.readership.named("Ada").id,
        "name": "Ada",
        "role": "admin",
        "zone": "UTC",
        "scopes": ["read", "mark"],
    }
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "shown", ["", "x", "bs_", "bs_" + "a" * 43, "bs_\u00e9", "bs_" + "a" * 9_000, "null"]
)
def test_what_is_no_token_is_401(house, ada, shown):
    answer = house.browser().get(
        "/api/v1/me", headers={"Authorization": f"Bearer {shown}".encode()}
    )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "error" in answer.json()


def test_nothing_shown_is_401_and_a_session_will_do(house, ada):
    assert me(house.browser()).status_code == 401
    assert me(ada).json()["scopes"] == ["read", "mark", "admin"]


def test_a_wrong_token_is_not_helped_by_a_session(ada):
    assert me(ada, "bs_" + "a" * 43).status_code == 401
    assert ada.get("/api/v1/me", headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_a_token_ends(house, token):
    shown, forever = token(days=30), token(days=0)
    house.tick(days=30)
    assert me(house.browser(), shown).status_code == 401
    assert me(house.browser(), forever).status_code == 200


def test_its_use_is_noted(house, token):
    me(house.browser(), token())
    (kept,) = house.services.tokens.of(house.services.readership.named("Ada"))
    assert kept.used_at == "2026-11-22T12:00:00+00:00"


def test_who_is_shut_out_has_no_token(house, bea, token):
    shown = token("Bea")
    house.services.readership.set_disabled(house.services.readership.named("Bea"), True)
    assert me(house.browser(), shown).status_code == 401


def test_who_is_admin_no_more_has_no_such_scope(house, bea, token):
    services = house.services
    services.readership.set_admin(services.readership.named("Bea"), True)
    shown = token("Bea", scopes=["read", "admin"])
    assert me(house.browser(), shown).json()["scopes"] == ["read", "admin"]
    services.readership.set_admin(services.readership.named("Bea"), False)
    assert me(house.browser(), shown).json()["scopes"] == ["read"]


def test_a_scope_is_needed(house, token):
    app = FastAPI()

    @app.post("/mark", dependencies=[Depends(needs("mark"))])
    def mark() -> str:
        return "done"

    mount_api(app, house.services)
    client = TestClient(app)
    shown = {
        scope: {"Authorization": f"Bearer {token(scopes=[scope])}"} for scope in ("read", "mark")
    }
    assert client.post("/mark").status_code == 401
    refused = client.post("/mark", headers=shown["read"])
    assert refused.status_code == 403
    assert refused.json() == {"error": "This needs a token with the scope mark."}
    assert client.post("/mark", headers=shown["mark"]).status_code == 200


def test_papers_are_read_without_one(house, ada):
    assert house.browser().get("/api/v1/search").status_code == 200


def test_in_single_mode_the_one_reader_needs_none(build):
    house = build("single")
    browser = house.browser("http://localhost", client=("127.0.0.1", 1))
    assert me(browser).json()["scopes"] == ["read", "mark", "admin"]
    assert me(browser, "bs_wrong").status_code == 401
