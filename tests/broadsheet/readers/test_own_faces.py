"""A reader's lists as Atom, JSON Feed and Markdown: theirs alone, by session or by token."""

import feedparser
import pytest
from msgspec.structs import replace

ID = "2005.00001"
LISTS = ["/saved", "/read", "/voted", "/noted", "/never", "/tags/tide", "/following"]
FACES = ["atom", "json", "md"]


@pytest.fixture
def marked(people):
    """Ada has everything on one paper, Bo has saved another."""
    kept = people.services
    ada, bo = people.reader("Ada"), people.reader("Bo")
    paper, other = kept.reading.paper(ID), kept.reading.paper("2005.00002")
    kept.marks.change(ada, paper, ["up", "save", "read", "never"], note="Mine.", tags=["tide"])
    kept.marks.change(bo, other, ["save"])
    kept.follows.add(ada, "author", "Other 1")
    return people


def token(people, name, *scopes):
    made = people.services.tokens.make(people.reader(name), name="x", scopes=scopes, days=30)
    secret = made if isinstance(made, str) else made[0]
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("face", FACES)
def test_each_list_has_every_face(marked, path, face):
    answer = marked.ada.get(f"{path}.{face}")
    assert answer.status_code == 200
    if path != "/following":  # which leaves out what is never shown again
        assert "Whales of the sea 1" in answer.text
    assert answer.headers["cache-control"].startswith("private")
    assert f"{path}.{face}" in marked.ada.get(path).text


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("face", FACES)
def test_a_stranger_is_told_to_show_a_token_and_not_sent_to_a_page(marked, path, face):
    answer = marked.nobody.get(f"{path}.{face}")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["cache-control"] == "no-store"
    assert "Whales" not in answer.text


def test_another_reader_has_their_own_list_at_the_same_address(marked):
    first = marked.ada.get("/saved.json")
    second = marked.bo.get("/saved.json", headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert [item["title"] for item in second.json()["items"]] == ["Whales of the sea 2"]
    assert marked.eve.get("/saved.json").json()["items"] == []


def test_a_program_reads_them_with_a_token(marked):
    answer = marked.nobody.get("/saved.json", headers=token(marked, "Ada", "read"))
    assert [item["title"] for item in answer.json()["items"]] == ["Whales of the sea 1"]
    feed = feedparser.parse(
        marked.nobody.get("/saved.atom", headers=token(marked, "Bo", "read")).content
    )
    assert [entry.title for entry in feed.entries] == ["Whales of the sea 2"]


def test_a_token_counts_before_a_session(marked):
    answer = marked.bo.get("/saved.json", headers=token(marked, "Ada", "read"))
    assert [item["title"] for item in answer.json()["items"]] == ["Whales of the sea 1"]


def test_a_token_hides_what_its_reader_never_wants_to_see_in_shared_lists(marked):
    path = "/2020-05-04.json"
    everyone = {item["title"] for item in marked.nobody.get(path).json()["items"]}
    own = marked.nobody.get(path, headers=token(marked, "Ada", "read")).json()["items"]
    assert everyone - {item["title"] for item in own} == {"Whales of the sea 1"}
    assert {item["title"] for item in marked.nobody.get(path).json()["items"]} == everyone


@pytest.mark.parametrize(
    ("shown", "status"), [("Bearer bs_none", 401), ("Bearer ", 401), ("Basic YTpi", 401)]
)
def test_what_is_no_token_opens_nothing(marked, shown, status):
    answer = marked.nobody.get("/saved.md", headers={"Authorization": shown})
    assert answer.status_code == status
    assert "Whales" not in answer.text


def test_a_token_that_may_not_read_is_refused(marked):
    answer = marked.nobody.get("/saved.md", headers=token(marked, "Ada", "mark"))
    assert answer.status_code == 403
    assert "scope read" in answer.json()["error"]


def test_a_token_opens_no_page(marked):
    answer = marked.nobody.get("/saved", headers=token(marked, "Ada", "read"))
    assert answer.status_code == 303


def test_a_collection_has_the_faces_of_who_may_see_it(marked):
    kept, ada = marked.services.collections, marked.reader("Ada")
    paths = {}
    for visibility in ("private", "shared", "public"):
        made = kept.add(ada, name=f"Shelf & {visibility}", visibility=visibility)
        kept.put(made.id, ada, marked.services.reading.paper(ID))
        paths[visibility] = f"/collections/{made.id}"
    for face in FACES:
        for visibility, path in paths.items():
            assert "Whales of the sea 1" in marked.ada.get(f"{path}.{face}").text
            for client in (marked.bo, marked.nobody):
                answer = client.get(f"{path}.{face}")
                assert (answer.status_code == 200) == (visibility == "public"), (path, face)
                assert ("Whales" in answer.text) == (visibility == "public")
    feed = feedparser.parse(marked.nobody.get(f"{paths['public']}.atom").content)
    assert feed.feed.title == "The Test: Shelf & public"
    assert f"{paths['public']}.atom" in marked.nobody.get(paths["public"]).text
    by_token = token(marked, "Ada", "read")
    assert marked.nobody.get(f"{paths['private']}.md", headers=by_token).status_code == 200


def test_lists_go_on_page_by_page(people, records, put):
    put(people.services, records(120, first=1000))
    ada, kept = people.reader("Ada"), people.services
    for i in range(1000, 1060):
        kept.marks.change(ada, kept.reading.paper(f"2005.{i:05d}"), ["save"])
    first = people.ada.get("/saved.json").json()
    assert first["next_url"].endswith("/saved.json?page=2")
    second = people.ada.get("/saved.json?page=2").json()
    assert (len(first["items"]), len(second["items"])) == (50, 10)
    assert people.ada.get("/saved.json?page=3").status_code == 404
    assert people.ada.get("/saved.json?x=1").status_code == 422


def test_another_spelling_of_a_tag_is_sent_on_with_its_ending(marked):
    answer = marked.ada.get("/tags/TIDE.atom")
    assert (answer.status_code, answer.headers["location"]) == (301, "/tags/tide.atom")
    assert marked.ada.get("/tags/none.atom").status_code == 404


def test_what_a_saved_query_has_brought_has_faces(people, records, put):
    kept, ada = people.services, people.reader("Ada")
    query = kept.alerts.save(ada, name="Sea", kind="search", asked={"q": "q=whales&mode=words"})
    day = kept.reading.today().isoformat()
    put(kept, [replace(one, submitted=day) for one in records(60, first=3000)])
    assert kept.alerts.run() == 60
    path = f"/queries/{query.id}"
    first = people.ada.get(f"{path}.json").json()
    assert len(first["items"]) == 50
    assert first["next_url"].partition(f"{path}.json")[2].startswith("?before=")
    rest = people.ada.get(first["next_url"].partition("http://testserver")[2]).json()
    assert len(rest["items"]) == 10
    assert not {i["id"] for i in first["items"]} & {i["id"] for i in rest["items"]}
    assert people.bo.get(f"{path}.json").status_code == 404
    assert people.bo.get(f"{path}/2020").status_code == 404
    assert people.nobody.get(f"{path}.json").status_code == 401
    assert people.nobody.get(f"{path}/2020.json").status_code == 401
    assert people.nobody.get(f"{path}/2020").headers["location"].startswith("/sign-in")
