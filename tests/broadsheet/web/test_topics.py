"""`/t/{words}` and the editions of topics and saved searches."""

import re

import pytest

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record, Version
from broadsheet.model.settings import Settings
from broadsheet.wiring import open_library

OWN = {"Sec-Fetch-Site": "same-origin"}


def record(number, title, day, **fields):
    return Record(
        source="arxiv",
        source_id=f"2611.{number:05d}",
        arxiv_id=f"2611.{number:05d}",
        title=title,
        abstract="Nothing else.",
        categories=("cs.CL",),
        submitted=day,
        versions=(Version(number=1, date=day),),
        **fields,
    )


@pytest.fixture(scope="module")
def services(tmp_path_factory, put):
    opened = open_library(Settings(library=tmp_path_factory.mktemp("topics")), create=True)
    # Not embedded: words alone decide, and each page says so.
    put(
        opened,
        [
            record(1, "Songs of whales", "2026-11-02"),
            record(2, "Whales that sing", "2026-11-04"),
            record(3, "Deaf whales", "2026-10-07"),
            record(4, "Gardens", "2026-11-03"),
            record(5, "Whales of a month", "2026-11"),
            *(record(100 + i, f"Crowd of bees {i}", "2026-11-05") for i in range(60)),
        ],
    )
    replaced = record(3, "Deaf whales", "2026-10-07")
    second = Version(number=2, date="2026-11-18")
    others = [(replaced, 3), (record(4, "Gardens", "2026-11-03"), 4)]
    with opened.importing.store.writing() as writing:
        for one, paper in others:
            changed = Record(
                **{f: getattr(one, f) for f in one.__struct_fields__ if f != "versions"},
                versions=(*one.versions, second),
            )
            writing.put(
                [
                    Assigned(
                        record=changed, origin="o", fingerprint="f", line=1, paper=paper, group=1
                    )
                ]
            )
    opened.embedding.index_words()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(services, make_client):
    return make_client(services)


@pytest.fixture(scope="module")
def saved(client):
    """The address of a saved search for whales."""
    form = {"kind": "search", "q": "q=whales&from=2026-11", "words": "whales", "name": "Sea"}
    return client.post("/queries", data=form, headers=OWN).headers["location"]


def titles(client, path):
    return [item["title"] for item in client.get(path).json()["items"]]


def test_a_topic_lists_all_that_answers_newest_first(client, parse):
    assert titles(client, "/t/whales.json") == [
        "Whales that sing",
        "Songs of whales",
        "Whales of a month",
        "Deaf whales",
    ]
    page = parse(client.get("/t/whales").text)
    assert "4 papers, newest first" in page.text
    assert "/t/whales/2026-11" in page.links
    assert "/t/whales/2026" in page.links
    assert "/search?q=whales" in page.links
    assert "until they are embedded" in page.text


def test_words_must_all_be_held(client):
    assert titles(client, "/t/sing%20whales.json") == ["Whales that sing"]


@pytest.mark.parametrize(
    ("path", "held"),
    [
        ("/t/whales/2026-11-04", ["Whales that sing"]),
        ("/t/whales/2026-W45", ["Whales that sing", "Songs of whales"]),
        ("/t/whales/2026-11", ["Whales that sing", "Songs of whales", "Whales of a month"]),
        (
            "/t/whales/2026",
            ["Whales that sing", "Songs of whales", "Whales of a month", "Deaf whales"],
        ),
        ("/t/whales/2025", []),
    ],
)
def test_its_editions_hold_the_papers_of_their_days(client, parse, path, held):
    assert titles(client, f"{path}.json") == held
    page = parse(client.get(path).text)
    assert [title for title in held if title not in page.text] == []
    assert client.get(f"{path}.atom").headers["content-type"].startswith("application/atom+xml")
    assert client.get(f"{path}.md").status_code == 200
    assert "/t/whales" in page.links


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("/t/whales/2026-11-03", "/t/whales/2026-11-02", "/t/whales/2026-11-04"),
        ("/t/whales/2026-11-04", "/t/whales/2026-11-02", None),
        ("/t/whales/2026-11-02", "/t/whales/2026-10-07", "/t/whales/2026-11-04"),
        ("/t/whales/2026-W45", "/t/whales/2026-W41", None),
        ("/t/whales/2026-11", "/t/whales/2026-10", None),
        ("/t/whales/2026-10", None, "/t/whales/2026-11"),
        ("/t/whales/2027", "/t/whales/2026", None),
    ],
)
def test_an_edition_leads_to_the_next_that_has_any(client, parse, path, before, after):
    page = parse(client.get(path).text)
    links = {a["rel"]: a["href"] for a in page.having("link") if a.get("rel") in ("prev", "next")}
    assert (links.get("prev"), links.get("next")) == (before, after)


def test_an_empty_one_says_so_and_leads_to_the_newest(client, parse):
    page = parse(client.get("/t/whales/2026-11-21").text)
    assert "No paper here is dated Saturday, 21 November 2026 and answers “whales”." in page.text
    assert "arXiv announces nothing at weekends." in page.text
    assert "The newest edition is that of Wednesday, 4 November 2026." in page.text


def test_a_day_has_what_was_replaced_of_the_topic_alone(client, parse):
    page = parse(client.get("/t/whales/2026-11-18").text)
    assert page.text.index("Replaced") < page.text.index("Deaf whales")
    assert "Gardens" not in page.text
    assert titles(client, "/t/whales/2026-11-18.json") == ["Deaf whales"]
    assert titles(client, "/t/bees/2026-11-18.json") == []


def test_it_goes_on_page_by_page(client):
    first = client.get("/t/bees/2026-11-05.json").json()
    assert len(first["items"]) == 50
    assert first["next_url"].endswith("/t/bees/2026-11-05.json?page=2")
    second = titles(client, "/t/bees/2026-11-05.json?page=2")
    assert len(second) == 10
    assert not {item["title"] for item in first["items"]} & set(second)
    assert client.get("/t/bees/2026-11-05?page=3").status_code == 404
    assert client.get("/t/bees?page=2").status_code == 200


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/t/whales/2026/W45", "/t/whales/2026-W45"),
        ("/t/whales/2026/W45.atom", "/t/whales/2026-W45.atom"),
        ("/t/%20sing%20%20whales", "/t/sing%20whales"),
        ("/t/CI/CD", None),
        ("/t/node.js", None),
    ],
)
def test_an_address_has_one_spelling(client, path, to):
    answer = client.get(path)
    if to is None:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.headers["location"]) == (301, to)


@pytest.mark.parametrize(
    "path",
    [
        "/t/...",
        "/t/whales/2026-13",
        "/t/whales/2026-W60",
        "/t/whales/0000",
        f"/t/{'x' * 101}",
        "/t/a%00b",
        "/t/",
    ],
)
def test_what_is_no_topic_or_no_day_is_not_there(client, path):
    assert client.get(path).status_code == 404


def test_signs_of_the_language_are_words_in_a_topic(client):
    assert client.get("/t/-whales").status_code == 200
    assert titles(client, "/t/-whales.json") == titles(client, "/t/whales.json")
    assert client.get('/t/"whales OR (').status_code == 200


def test_markup_in_a_topic_is_text(client):
    page = client.get("/t/%3Cscript%3Ealert(1)%3C%2Fscript%3E").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_what_is_never_shown_again_is_not_in_it(services, make_client):
    client = make_client(services)
    client.post("/mark", data={"do": "never 2611.00002"}, headers=OWN)
    assert "Whales that sing" not in titles(client, "/t/whales.json")
    assert "Whales that sing" not in titles(client, "/t/whales/2026-11.json")
    client.post("/mark", data={"do": "again 2611.00002"}, headers=OWN)
    assert "Whales that sing" in titles(client, "/t/whales.json")


def test_a_topic_is_followed_from_its_page_and_stands_among_the_feeds(client, parse):
    page = client.get("/t/Whales").text
    form = page.partition('action="/follow"')[2].partition("</form>")[0]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert (sent["kind"], sent["value"]) == ("topic", "Whales")
    client.post("/follow", data=sent, headers=OWN)
    assert "Following" in parse(client.get("/t/Whales").text).text
    assert "/t/Whales" in parse(client.get("/following").text).links
    assert "/t/whales.atom" in client.get("/feeds.opml").text
    assert "Whales that sing" in titles(client, "/following.json")
    client.post("/follow", data={**sent, "do": "unfollow"}, headers=OWN)
    assert "/t/Whales" not in parse(client.get("/following").text).links


def test_a_search_for_plain_words_leads_to_its_topic(client, parse):
    assert "/t/deaf%20whales" in parse(client.get("/search?q=deaf+whales").text).links
    for more in ("q=whales+cat:cs.CL", "q=whales&from=2024", "q=-whales", "", f"q={'x ' * 60}"):
        links = parse(client.get(f"/search?{more}").text).links
        assert not [link for link in links if link.startswith("/t/")], more


def test_a_saved_search_has_editions_within_its_own_days(client, parse, saved):
    assert titles(client, f"{saved}/2026.json") == [
        "Whales that sing",
        "Songs of whales",
        "Whales of a month",
    ]
    assert titles(client, f"{saved}/2026-10.json") == []
    page = parse(client.get(f"{saved}/2026-11-04").text)
    assert "Sea" in page.text
    assert saved in page.links
    (before,) = page.having("link", rel="prev")
    assert before["href"] == f"{saved}/2026-11-02"
    own = parse(client.get(saved).text)
    assert {f"{saved}/2026-11", f"{saved}/2026", f"{saved}.atom"} <= set(own.links)
    assert client.get(f"{saved}/nothing").status_code == 404
    assert client.get("/queries/none/2026").status_code == 404


def test_what_is_no_search_has_none(client):
    form = {"kind": "follows", "words": ""}
    other = client.post("/queries", data=form, headers=OWN).headers["location"]
    answer = client.get(f"{other}/2026")
    assert answer.status_code == 404
    assert "Only a saved search has editions." in answer.text
    assert client.get(other).status_code == 200
