"""The owner, one it shares with, and a stranger, over every route of marks and collections."""

import re

import pytest

from broadsheet.web.pages import collections, following, marked, marks

ID = "2005.00001"
SECRETS = ("Ada's secret note", "adas-tag", "Ada's private shelf", "Ada's about")


@pytest.fixture
def shelves(people):
    """What Ada has: marks, a private, a shared (Bo edits, see below) and a public collection."""
    ada, kept = people.reader("Ada"), people.services
    paper = kept.reading.paper(ID)
    kept.marks.change(ada, paper, ["up", "save"], note=SECRETS[0], tags=[SECRETS[1]])
    kept.follows.add(ada, "topic", "whales sing")
    made = {}
    for visibility in ("private", "shared", "public"):
        name = SECRETS[2] if visibility == "private" else f"Ada's {visibility} shelf"
        one = kept.collections.add(ada, name=name, about=SECRETS[3], visibility=visibility)
        kept.collections.put(one.id, ada, paper)
        made[visibility] = one.id
    return made


# Every route of pages: method, path, form, what a signed-in reader who is a stranger to the
# collection gets. `{}` is the id of the collection.
PAGES = [
    ("POST", "/mark", {"do": f"save {ID}"}, 303),
    ("POST", "/undo", {"act": f"up:{ID}"}, 404),
    *(("GET", f"/{kind}", None, 200) for kind in ("saved", "read", "voted", "never", "noted")),
    ("GET", "/tags", None, 200),
    ("GET", f"/tags/{SECRETS[1]}", None, 404),
    ("GET", "/following", None, 200),
    ("POST", "/follow", {"kind": "topic", "value": "whales sing", "do": "unfollow"}, 404),
    ("GET", "/collections", None, 200),
    ("POST", "/collections", {"name": "Own"}, 303),
    ("GET", "/collections/{}", None, 404),
    ("POST", "/collections/{}", {"name": "Taken"}, 404),
    ("POST", "/collections/{}/remove", {}, 404),
    ("POST", "/collections/{}/papers", {"paper": ID, "do": "take"}, 404),
    ("POST", "/collections/{}/papers", {"paper": "9999.99999"}, 404),
    ("POST", "/collections/{}/readers", {"name": "Eve", "may_edit": "1"}, 404),
    ("POST", "/collections/{}/readers", {"reader": "x", "do": "unshare"}, 404),
]
API = [
    ("GET", "/marks", None, 200),
    ("GET", "/marks/{id}", None, 200),
    ("PUT", "/marks/{id}", {"saved": True}, 200),
    ("PATCH", "/marks/{id}", {"vote": -1}, 200),
    ("POST", "/undo", {"paper": ID, "act": "up"}, 404),
    ("GET", "/tags", None, 200),
    ("GET", "/collections", None, 200),
    ("POST", "/collections", {"name": "Own"}, 201),
    ("GET", "/collections/{}", None, 404),
    ("PATCH", "/collections/{}", {"name": "Taken"}, 404),
    ("DELETE", "/collections/{}", None, 404),
    ("PUT", "/collections/{}/papers/{id}", None, 404),
    ("DELETE", "/collections/{}/papers/{id}", None, 404),
    ("GET", "/collections/{}/readers", None, 404),
    ("POST", "/collections/{}/readers", {"name": "Eve"}, 404),
    ("DELETE", "/collections/{}/readers/x", None, 404),
    ("GET", "/follows", None, 200),
    ("POST", "/follows", {"kind": "topic", "value": "own words"}, 200),
    ("DELETE", "/follows/topic/whales sing", None, 404),
]


def ask(client, method, path, sent, id, *, api=False):
    path = path.replace("{}", id).replace("{id}", ID)
    if api:
        return client.request(method, f"/api/v1{path}", json=sent)
    return client.request(method, path, data=sent)


def state(people):
    """All that is Ada's, as she sees it."""
    ada, kept = people.reader("Ada"), people.services
    paper = kept.reading.paper(ID)
    return (
        kept.marks.one(ada, paper),
        kept.follows.of(ada),
        [(c, kept.collections.sharers(c.id, ada)) for c in kept.collections.of(ada)],
        [kept.collections.page(c, ada) for c in kept.collections.of(ada)],
    )


def test_the_tables_hold_every_route(people):
    shape = {re.sub(r"\{\}|\{id\}|x$", "*", path) for _, path, _, _ in PAGES}
    routes = [*marks.ROUTES, *marked.ROUTES, *collections.ROUTES, *following.ROUTES]
    known = {re.sub(r"\{[^}]*\}", "*", route.path) for route in routes}
    assert known - {"/tags/*"} <= shape
    described = people.nobody.get("/api/v1/openapi.json").json()["paths"]
    wanted = {
        (method.upper(), re.sub(r"\{[^}]*\}", "*", path.removeprefix("/api/v1")))
        for path, methods in described.items()
        for method in methods
        if re.match(r"/api/v1/(marks|undo|tags|collections|follows)", path)
    }
    asked = {
        (m, re.sub(r"\{\}|\{id\}|x$|topic/.*", "*", p).replace("follows/*", "follows/*/*"))
        for m, p, _, _ in API
    }
    assert wanted == asked


@pytest.mark.parametrize("visibility", ["private", "shared"])
def test_a_stranger_sees_and_changes_nothing(people, shelves, visibility):
    before = state(people)
    for table, api in ((PAGES, False), (API, True)):
        for method, path, sent, status in table:
            answer = ask(people.eve, method, path, sent, shelves[visibility], api=api)
            assert answer.status_code == status, (method, path, answer.text[:300])
            for secret in (*SECRETS, shelves["private"], "Ada's shared"):
                assert secret not in answer.text or secret in path, (method, path, secret)
    assert state(people) == before


def test_who_has_not_signed_in_is_told_so_and_changes_nothing(people, shelves):
    before = state(people)
    for table, api in ((PAGES, False), (API, True)):
        for method, path, sent, _ in table:
            answer = ask(people.nobody, method, path, sent, shelves["shared"], api=api)
            is_public = method == "GET" and path == "/collections/{}"
            assert answer.status_code == (404 if is_public else 401), (method, path)
            assert not [secret for secret in SECRETS if secret in answer.text]
    assert state(people) == before


def test_what_is_not_there_and_what_may_not_be_seen_are_told_apart_by_nothing(people, shelves):
    for path in ("/collections/{}", "/api/v1/collections/{}"):
        hidden = people.eve.get(path.format(shelves["private"]))
        absent = people.eve.get(path.format("x" * len(shelves["private"])))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.text == absent.text


def test_a_team_mate_puts_papers_in_and_owns_nothing(people, shelves):
    shared, bo = shelves["shared"], people.bo
    share = {"name": "bo", "may_edit": "1"}
    people.ada.post(f"/collections/{shared}/readers", data=share)
    assert "Ada&#39;s shared shelf" in bo.get("/collections").text
    page = bo.get(f"/collections/{shared}").text
    assert "Whales of the sea 1" in page
    assert not [secret for secret in SECRETS[:3] if secret in page]
    put = f"/collections/{shared}/papers"
    assert bo.post(put, data={"paper": "2005.00002"}).status_code == 303
    assert "Whales of the sea 2" in people.ada.get(f"/collections/{shared}").text
    owners = [row for row in PAGES if row[1].startswith("/collections/{}") and row[0] == "POST"]
    for method, path, sent, _ in owners:
        if not path.endswith("/papers"):
            answer = ask(bo, method, path, sent, shared)
            assert answer.status_code == 403, path
    people.ada.post(f"/collections/{shared}/readers", data={**share, "may_edit": "0"})
    assert bo.post(put, data={"paper": "2005.00003"}).status_code == 403
    assert bo.get(f"/api/v1/collections/{shared}/readers").status_code == 403
    people.ada.post(f"/collections/{shared}", data={"visibility": "private"})
    assert bo.get(f"/collections/{shared}").status_code == 404
    assert bo.post(put, data={"paper": "2005.00003"}).status_code == 404


def test_a_public_one_is_read_by_all_without_what_is_its_owners(people, shelves):
    for client in (people.nobody, people.eve):
        page = client.get(f"/collections/{shelves['public']}")
        assert page.status_code == 200
        assert "by Ada" in page.text
        assert not [secret for secret in SECRETS[:3] if secret in page.text]
        assert "Change it" not in page.text
        answer = client.get(f"/api/v1/collections/{shelves['public']}").json()
        assert answer["collection"]["access"] == "view"
    change = {"name": "Taken"}
    assert people.eve.post(f"/collections/{shelves['public']}", data=change).status_code == 403


def test_a_mate_may_leave(people, shelves):
    shared, bo = shelves["shared"], people.reader("Bo")
    people.ada.post(f"/collections/{shared}/readers", data={"name": "Bo"})
    leave = {"reader": bo.id, "do": "unshare"}
    answer = people.bo.post(f"/collections/{shared}/readers", data=leave)
    assert answer.headers["location"] == "/collections"
    assert people.bo.get(f"/collections/{shared}").status_code == 404


def test_strangers_pages_hold_no_controls(people):
    for path in ("/", "/2020-05-04", f"/paper/{ID}", "/search?q=whales", "/c/cs.LG"):
        page = people.nobody.get(path).text
        for own in (
            "/mark",
            "/undo",
            "/follow",
            "marks.js",
            "reader.css",
            "/saved",
            'class="line"',
        ):
            assert f'"{own}"' not in page, (path, own)


def test_no_number_of_a_row_is_shown(people, shelves):
    page = people.ada.get(f"/paper/{ID}").text + people.ada.get("/collections").text
    assert not re.search(r'name="(reader|act|paper)" value="\d+"', page)
    assert all(len(id) >= 16 for id in shelves.values())


def test_a_kept_page_is_its_readers_until_the_next_change(people):
    path = "/2020-05-04"
    ada, bo, nobody = (c.get(path) for c in (people.ada, people.bo, people.nobody))
    tags = {answer.headers["etag"] for answer in (ada, bo, nobody)}
    assert len(tags) == 3
    known = {"If-None-Match": ada.headers["etag"]}
    assert people.ada.get(path, headers=known).status_code == 304
    assert people.bo.get(path, headers=known).status_code == 200
    assert people.nobody.get(path, headers=known).status_code == 200
    people.ada.post("/mark", data={"do": f"save {ID}"})
    changed = people.ada.get(path, headers=known)
    assert changed.status_code == 200
    assert f"unsave {ID}" in changed.text
    assert f"unsave {ID}" not in people.bo.get(path).text
    assert people.bo.get(path).headers["etag"] == bo.headers["etag"]
    assert "private" in changed.headers["cache-control"]


def test_changes_that_begin_elsewhere_are_refused(people, shelves):
    before = state(people)
    for method, path, sent, _ in PAGES:
        if method == "POST":
            elsewhere = {"Sec-Fetch-Site": "cross-site"}
            address = path.replace("{}", shelves["shared"])
            answer = people.ada.post(address, data=sent, headers=elsewhere)
            assert answer.status_code == 403, path
    assert state(people) == before
