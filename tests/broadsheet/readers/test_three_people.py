"""The owner, one it shares with, and a stranger; over every route: `web/test_every_route.py`."""

import re

import pytest

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
    for path in ("", "/remove", "/readers"):
        form = {"name": "Eve"}
        assert bo.post(f"/collections/{shared}{path}", data=form).status_code == 403, path
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
