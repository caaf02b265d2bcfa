"""Lists and papers as Atom and JSON Feed: valid, stable, escaped once, paged."""

import json
import re
from datetime import UTC, datetime

import feedparser
import pytest
from lxml import etree
from starlette.testclient import TestClient

from broadsheet.model.paper import Record, Version
from broadsheet.model.settings import Settings
from broadsheet.wiring import open_library

ATOM = {"a": "http://www.w3.org/2005/Atom"}
HOSTILE = [
    "<script>alert(1)</script>",
    "]]> ends nothing",
    "Two\nlines\r\n\tof title",
    "מאמר על שפה \u202eover",
    "Bell \x07 and \x0b and \x00 and \ufffe",
    "A & B &amp; C &lt;",
    '"><img src=x onerror=alert(1)>',
    r"On $\alpha$-stable $L^p$",
    "\x01",
]
LISTS = [
    "/front",
    "/all",
    "/2020-05-04",
    "/2020/W19",
    "/2020-05",
    "/2020",
    "/1999-01-01",
    "/c/cs.CL",
    "/c/cs",
    "/c/cs.CL/2020-W19",
    "/a/ada-lovelace",
    "/a/ada-lovelace/2020-W19",
    "/search",
    "/search?q=title",
    "/paper/2005.00001",
]
NOTED = Record(
    source="arxiv",
    source_id="2005.00001",
    arxiv_id="2005.00001",
    title="A paper with versions",
    abstract="It says < and & and $x^2$.",
    authors=("Ada Lovelace", "\x02"),
    categories=("cs.CL", "x.<i>"),
    submitted="2020-05-04",
    doi="10.1000/a<b>",
    versions=(Version(number=1, date="2020-05-04"),),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory, put):
    opened = open_library(
        Settings(library=tmp_path_factory.mktemp("feeds"), title="The Test"), create=True
    )
    hostile = [
        Record(
            source="s",
            source_id=str(i),
            title=title,
            abstract=f"{title} abstract",
            authors=("Ada Lovelace", title),
            categories=("cs.CL",),
            venue=title,
            submitted="2020-05-04",
        )
        for i, title in enumerate(HOSTILE)
    ]
    many = [
        Record(source="many", source_id=str(i), title=f"Title {i}", submitted="2012-03-05")
        for i in range(120)
    ]
    put(opened, [NOTED, *hostile, *many])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(library, make_client):
    return make_client(library)


def tree(answer) -> etree._Element:
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return etree.fromstring(answer.content, etree.XMLParser(resolve_entities=False))


def face(path: str, ending: str) -> str:
    path, mark, asked = path.partition("?")
    return f"{path}.{ending}{mark}{asked}"


def texts(node: etree._Element, path: str) -> list[str]:
    return [found.text or "" for found in node.findall(path, ATOM)]


def link(node: etree._Element, rel: str) -> str | None:
    found = node.findall(f"a:link[@rel='{rel}']", ATOM)
    assert len(found) <= 1, rel
    return found[0].get("href") if found else None


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_valid_atom(client, path):
    answer = client.get(face(path, "atom"))
    feed = tree(answer)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    for node in (feed, *feed.findall("a:entry", ATOM)):
        for name in ("id", "title", "updated"):
            (text,) = texts(node, f"a:{name}")
            assert text.strip(), name
        datetime.strptime(texts(node, "a:updated")[0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        assert link(node, "alternate").startswith("http://127.0.0.1/")
        assert all(name.strip() for name in texts(node, "a:author/a:name"))
    assert texts(feed, "a:author/a:name") == ["The Test"]
    assert link(feed, "self") == f"http://127.0.0.1{face(path, 'atom')}"
    ids = texts(feed, "a:entry/a:id")
    assert len(ids) == len(set(ids))
    moments = texts(feed, "a:entry/a:updated")
    assert not moments or texts(feed, "a:updated") == [max(moments)]
    parsed = feedparser.parse(answer.content)
    assert (parsed.bozo, parsed.version) == (0, "atom10")
    assert len(parsed.entries) == len(ids)


@pytest.mark.parametrize("path", [p for p in LISTS if not p.startswith("/paper")])
def test_every_list_is_a_json_feed(client, path):
    answer = client.get(face(path, "json"))
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"].startswith("The Test")
    assert feed["feed_url"] == f"http://127.0.0.1{face(path, 'json')}"
    assert feed["home_page_url"].startswith("http://127.0.0.1/")
    for item in feed["items"]:
        assert item["id"].startswith("tag:")
        assert item["url"].startswith("http://127.0.0.1/paper/")
        assert isinstance(item["content_text"], str)
        assert datetime.fromisoformat(item["date_modified"]).tzinfo
        assert item["_paper"]["id"]
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_markdown(client, path):
    answer = client.get(face(path, "md"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text.startswith("# ")
    assert re.search("(?<!\\\\)<|[\x00\x07\x0b\u202e\ufffe]", answer.text) is None


def test_titles_are_escaped_once_and_read_as_text(client):
    feed = tree(client.get("/2020-05-04.atom"))
    titles = texts(feed, "a:entry/a:title")
    for title in (
        "<script>alert(1)</script>",
        "]]> ends nothing",
        "Two lines of title",
        "מאמר על שפה over",
        "Bell and and and",
        "On α-stable L^p",
    ):
        assert title in titles
    assert any(title.startswith("A & B &") for title in titles)
    parsed = feedparser.parse(client.get("/2020-05-04.atom").content)
    assert all(e.title_detail.type == "text/plain" for e in parsed.entries)


def test_a_paper_has_its_authors_categories_date_and_addresses(client):
    feed = tree(client.get("/2020-05-04.atom"))
    (entry,) = [e for e in feed.findall("a:entry", ATOM) if "versions" in texts(e, "a:title")[0]]
    assert texts(entry, "a:author/a:name") == ["Ada Lovelace"]
    assert texts(entry, "a:author/a:uri") == ["http://127.0.0.1/a/ada-lovelace"]
    assert texts(entry, "a:published") == ["2020-05-04T00:00:00Z"]
    assert texts(entry, "a:summary") == ["It says < and & and x^2."]
    assert [c.get("term") for c in entry.findall("a:category", ATOM)] == ["cs.CL", "x.<i>"]
    assert entry.find("a:category", ATOM).get("label") == "Computation and Language"
    related = [n.get("href") for n in entry.findall("a:link[@rel='related']", ATOM)]
    assert related == ["https://arxiv.org/abs/2005.00001", "https://doi.org/10.1000/a%3Cb%3E"]


def test_ids_do_not_hang_on_the_host_and_links_do(library, make_client):
    here = make_client(library)
    there = TestClient(here.app, base_url="https://localhost")
    ours, theirs = (tree(c.get("/c/cs.CL.atom")) for c in (here, there))
    for path in ("a:id", "a:entry/a:id"):
        assert texts(ours, path) == texts(theirs, path)
        assert all(i.startswith("tag:") and "127.0.0.1" not in i for i in texts(ours, path))
    assert link(theirs, "self") == "https://localhost/c/cs.CL.atom"
    assert link(theirs, "alternate") == "https://localhost/c/cs.CL"


def test_a_paper_has_one_id_in_every_list(client):
    found = {
        i
        for path in ("/2020-05-04", "/c/cs.CL", "/a/ada-lovelace", "/front", "/search?q=versions")
        for i in texts(tree(client.get(face(path, "atom"))), "a:entry/a:id")
        if i.endswith("paper/2005.00001")
    }
    assert len(found) == 1


def test_pages_are_joined_in_both_directions(client):
    seen, address = [], "http://127.0.0.1/2012-03-05.atom"
    ids = set()
    while address:
        feed = tree(client.get(address))
        seen.append(address)
        ids |= set(texts(feed, "a:entry/a:id"))
        assert link(feed, "first") == seen[0]
        assert link(feed, "last") == f"{seen[0]}?page=3"
        assert link(feed, "previous") == (seen[-2] if len(seen) > 1 else None)
        assert link(feed, "self") == address
        address = link(feed, "next")
    assert (len(seen), len(ids)) == (3, 120)
    first = client.get("/2012-03-05.json").json()
    assert first["next_url"] == "http://127.0.0.1/2012-03-05.json?page=2"
    assert first["_list"] == {"total": 120, "page": 1, "pages": 3}
    assert "More: /2012-03-05.md?page=2" in client.get("/2012-03-05.md").text


def test_a_search_keeps_its_question_on_every_page(client):
    feed = tree(client.get("/search.atom?q=title&mode=words&per_page=10"))
    assert "q=title" in link(feed, "next")
    assert link(feed, "next").endswith("page=2")
    again = tree(client.get(link(feed, "next")))
    assert not set(texts(again, "a:entry/a:id")) & set(texts(feed, "a:entry/a:id"))
    found = client.get("/search.json?q=versions&mode=words").json()["items"]
    assert found[0]["summary"].startswith("words: ")


def test_the_feed_of_a_paper_is_what_happened_to_it(client):
    feed = tree(client.get("/paper/2005.00001.atom"))
    assert texts(feed, "a:entry/a:title") == ["First listed: A paper with versions"]
    assert ":event/" in texts(feed, "a:entry/a:id")[0]
    assert link(feed.find("a:entry", ATOM), "alternate") == "http://127.0.0.1/paper/2005.00001"


def test_the_markdown_of_a_paper_is_the_whole_record(client):
    text = client.get("/paper/2005.00001.md").text
    assert text.startswith("# A paper with versions\n")
    assert "It says \\< and & and x^2." in text
    assert "Categories: cs.CL x.\\<i\\>" in text
    assert "- 2020-05-04 First listed" in text


def test_an_empty_list_has_a_moment_and_no_entries(client):
    feed = tree(client.get("/1999-01-01.atom"))
    assert texts(feed, "a:entry/a:id") == []
    assert texts(feed, "a:updated")[0]
    assert json.loads(client.get("/1999-01-01.json").text)["items"] == []


def test_json_feeds_hold_papers_as_the_api_has_them(tmp_path, put):
    from broadsheet.asgi import make_app

    services = open_library(Settings(library=tmp_path, title="The Test"), create=True)
    put(services, [NOTED])
    client = TestClient(make_app(services), base_url="http://127.0.0.1")
    (item,) = client.get("/2020-05-04.json").json()["items"]
    whole = client.get("/api/v1/papers/2005.00001").json()
    assert whole.pop("counts") == []  # series are asked for one paper at a time
    assert whole.pop("likely") is None
    assert item["_paper"] == whole
    services.close()
