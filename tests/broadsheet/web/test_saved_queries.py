"""`/queries`: a search is saved, brings papers, and goes out through its outlets."""

import html
import re

import feedparser
import pytest
from lxml import etree

from broadsheet.model.paper import Record
from broadsheet.model.settings import Settings
from broadsheet.wiring import now, open_library

OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def desk(tmp_path, put, make_client):
    services = open_library(Settings(library=tmp_path), create=True)
    client = make_client(services)

    def add(title):
        day = now().date().isoformat()
        put(services, [Record(source="s", source_id=title, title=title, submitted=day)])
        services.alerts.run()

    yield services, client, add
    services.close()


def save(client, **form):
    answer = client.post("/queries", data={"kind": "search", **form}, headers=OWN)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_a_search_is_saved_from_its_page(desk):
    _, client, add = desk
    page = client.get("/search?q=retrieval&mode=words").text
    assert 'action="/queries"' in page
    form = page.partition('action="/queries"')[2].partition("</form>")[0]
    sent = {
        name: html.unescape(value)
        for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)
    }
    assert sent == {
        "kind": "search",
        "q": "q=retrieval&mode=words",
        "words": "retrieval",
        "mail": "1",
    }
    path = client.post("/queries", data=sent, headers=OWN).headers["location"]
    assert "Nothing new has answered it yet." in client.get(path).text
    add("A paper on retrieval")
    shown = client.get(path)
    assert "A paper on retrieval" in shown.text
    assert shown.headers["cache-control"] == "private, no-store"
    assert path in client.get("/queries").text


def test_a_query_is_changed_and_removed(desk):
    _, client, _ = desk
    path = save(client, q="q=x", words="x")
    form = {"name": "<b>Mine</b>", "mail": "", "hook": "https://hooks.example/1", "repeats": "1"}
    assert client.post(path, data=form, headers=OWN).headers["location"] == path
    shown = client.get(path).text
    assert "&lt;b&gt;Mine&lt;/b&gt;" in shown
    assert "<b>Mine" not in shown
    assert "https://hooks.example/1" in shown
    refused = client.post(path, data={**form, "hook": "javascript:alert(1)"}, headers=OWN)
    assert refused.status_code == 422
    assert client.post(f"{path}/remove", data={}, headers=OWN).headers["location"] == "/queries"
    assert client.get(path).status_code == 404


def test_a_feeds_address_is_shown_once(desk):
    _, client, _ = desk
    path = save(client, q="q=x", words="x")
    shown = client.post(f"{path}/feed", data={}, headers=OWN).text
    assert re.search(r"/feeds/[\w-]{43}\.atom", shown)
    assert "/feeds/" not in client.get(path).text
    assert "Close the feed" in client.get(path).text
    client.post(f"{path}/feed/close", data={}, headers=OWN)
    assert "Close the feed" not in client.get(path).text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"kind": "search", "q": ""}, 422),
        ({"kind": "search", "q": "colour=red"}, 422),
        ({"kind": "events"}, 422),
        ({"kind": "x" * 999}, 422),
        ({"kind": "events", "event": "withdrawn", "of": "saved"}, 303),
        ({"kind": "follows"}, 303),
    ],
)
def test_what_can_be_saved(desk, form, status):
    _, client, _ = desk
    assert client.post("/queries", data=form, headers=OWN).status_code == status


def test_strangers_have_no_queries(tmp_path, make_client):
    services = open_library(Settings(library=tmp_path, accounts="open"), create=True)
    client = make_client(services)
    for path in ("/queries", "/queries/abc"):
        assert client.get(path).status_code in (303, 401)
    for path in ("/queries", "/queries/abc", "/queries/abc/feed", "/queries/abc/remove"):
        assert client.post(path, data={"kind": "follows"}, headers=OWN).status_code in (303, 401)
    assert "Save this search" not in client.get("/search?q=x&mode=words").text
    services.close()


def test_a_private_feed_has_what_the_query_brought(desk):
    _, client, add = desk
    path = save(client, q="q=retrieval&mode=words", words="retrieval")
    shown = client.post(f"{path}/feed", data={}, headers=OWN).text
    feed = re.search(r"(/feeds/[\w-]{43})\.atom", shown)[1]
    add("A paper on retrieval & more")
    atom = client.get(f"{feed}.atom")
    assert atom.headers["content-type"].startswith("application/atom+xml")
    read = feedparser.parse(atom.content)
    assert not read.bozo
    assert [entry.title for entry in read.entries] == ["A paper on retrieval & more"]
    assert "words: retrieval" in read.entries[0].summary
    assert client.get(f"{feed}.json").json()["items"][0]["title"].startswith("A paper on")
    assert client.get(f"{feed[:-1]}.atom").status_code == 404
    assert client.get(feed).status_code == 404


def test_a_readers_feeds_are_a_list_for_feed_readers(desk):
    _, client, _ = desk
    save(client, q="q=dense+retrieval", words="Dense & <fast>")
    root = etree.fromstring(client.get("/feeds.opml").content)
    found = {o.get("text"): o.get("xmlUrl") for o in root.iter("outline")}
    assert found["Dense & <fast>"] == "http://127.0.0.1/search.atom?q=dense+retrieval"
    assert found["Broadsheet"] == "http://127.0.0.1/front.atom"
    assert found["Broadsheet: trending"] == "http://127.0.0.1/trending.atom"


@pytest.mark.parametrize("before", ["9" * 20, "²", "x", "-1", "1&before=2", "1&x=1"])
def test_a_place_that_is_none_is_refused(desk, before):
    _, client, add = desk
    path = save(client, q="q=retrieval&mode=words")
    add("A paper on retrieval")
    assert client.get(f"{path}?before=1").status_code == 200
    for ending in ("", ".json"):
        assert client.get(f"{path}{ending}?before={before}").status_code == 422
