"""`/admin`: how the paper is, for its admin alone."""

import pytest

from broadsheet.model.letters import Letter
from broadsheet.model.settings import Settings
from broadsheet.wiring import open_library

OWN = {"Sec-Fetch-Site": "same-origin"}
HOST = "https://paper.example"


@pytest.fixture
def desk(tmp_path, make_client):
    services = open_library(Settings(library=tmp_path, accounts="open"), create=True)

    def client(name):
        made = make_client(services)
        made.headers.update(OWN)
        form = {"name": name, "password": "a long enough phrase"}
        assert made.post("/sign-up", data=form).status_code == 303
        return made

    yield services, client("Ada"), client("Bea")
    services.close()


def dead_letter(services):
    post = services.desk.post
    post.put([Letter(key="digest:x:1", channel="mail", to="a@example.org", body=b"body")])
    (letter,) = post.claim(limit=1, lease_s=60)
    post.failed(letter, "The server said 550 <no>", again_in_s=None)


def test_an_admin_sees_how_the_paper_is(desk):
    services, admin, _ = desk
    dead_letter(services)
    page = admin.get("/admin")
    assert page.headers["cache-control"] == "no-store"
    for said in ("0 papers", "1 dead", "a@example.org", "550 &lt;no&gt;", "Bea", "signed up"):
        assert said in page.text
    assert "body" not in page.text.partition("Given up")[2].partition("</li>")[0]


def test_others_do_not(desk, make_client):
    services, _, reader = desk
    assert reader.get("/admin").status_code == 403
    assert make_client(services).get("/admin").status_code == 303
    for path in ("/admin/letter", "/admin/reader"):
        assert reader.post(path, data={"key": "x", "reader": "x", "do": "admin"}).status_code == 403


def test_a_dead_letter_is_tried_again(desk):
    services, admin, _ = desk
    dead_letter(services)
    assert admin.post("/admin/letter", data={"key": "digest:x:1"}).status_code == 303
    assert services.desk.post.count_letters() == {"queued": 1}
    assert admin.post("/admin/letter", data={"key": "digest:x:1"}).status_code == 404


def test_readers_are_promoted_and_shut_out(desk):
    services, admin, reader = desk
    bea = next(r for r in services.readership.all() if r.name == "Bea")
    assert admin.post("/admin/reader", data={"reader": bea.id, "do": "admin"}).status_code == 303
    assert reader.get("/admin").status_code == 200
    admin.post("/admin/reader", data={"reader": bea.id, "do": "reader"})
    admin.post("/admin/reader", data={"reader": bea.id, "do": "disable"})
    assert reader.get("/admin").status_code in (303, 401)
    ada = next(r for r in services.readership.all() if r.name == "Ada")
    kept = admin.post("/admin/reader", data={"reader": ada.id, "do": "reader"})
    assert kept.status_code == 403
    for form in ({"reader": "none", "do": "admin"}, {"reader": bea.id, "do": "delete"}):
        assert admin.post("/admin/reader", data=form).status_code == 404
