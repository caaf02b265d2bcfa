"""Where the other faces of a page are: behind its address, in its head and at its foot."""

import pytest

LISTS = [
    "/",
    "/all",
    "/2012-03-05",
    "/2012/W10",
    "/c/cs.CL",
    "/c/cs.CL/2024-W50",
    "/a/second-author",
]
FEEDS = {
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "text/markdown": "md",
}


@pytest.mark.parametrize("path", [*LISTS, "/a/second-author/2012-W10", "/search?q=embedding"])
def test_a_head_leads_to_every_face_and_so_does_the_foot(client, parse, path):
    page = parse(client.get(path).text)
    for media_type, ending in FEEDS.items():
        (found,) = page.having("link", rel="alternate", type=media_type)
        assert found["title"].startswith("The Test")
        assert f".{ending}" in found["href"]
        assert client.get(found["href"]).headers["content-type"].startswith(media_type)
        assert found["href"] in page.links
    assert "This page as Atom · JSON · Markdown" in page.text


def test_a_later_page_offers_the_first_to_readers_and_itself_at_its_foot(client, parse):
    page = parse(client.get("/2012-03-05?page=2").text)
    (found,) = page.having("link", rel="alternate", type="application/atom+xml")
    assert found["href"] == "/2012-03-05.atom"
    assert "/2012-03-05.atom?page=2" in page.links


def test_the_front_page_is_named_front(client):
    assert client.get("/front").headers["location"] == "/"
    assert client.get("/front.atom").status_code == 200


def test_a_paper_offers_its_events_and_its_record(client, parse):
    page = parse(client.get("/paper/2405.14828").text)
    assert "This page as Atom · Markdown" in page.text
    assert "/paper/2405.14828.json" in page.links


@pytest.mark.parametrize("path", ["/about", "/days", "/categories", "/nope"])
def test_what_lists_no_papers_has_no_faces(client, parse, path):
    page = parse(client.get(path).text)
    assert page.having("link", rel="alternate") == []
    assert "This page as" not in page.text


@pytest.mark.parametrize(
    "path",
    ["/front.xml", "/2024.xml", "/c/cs.CL.xml", "/a/jianbo-shi.xml", "/search.xml", "/all.rss"],
)
def test_another_ending_is_404_in_the_papers_look(client, parse, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "<h1>Not in this paper</h1>" in answer.text
    assert parse(answer.text).having("input", name="q")


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/2021-02-30.atom", 404, "is not in the calendar"),
        ("/2021/W54.json", 404, "is not in the calendar"),
        ("/soon.md", 404, "is not a day, week, month or year"),
        ("/a/second-author/soon", 404, "is not a day, week, month or year"),
        ("/a/nobody-at-all/2024", 404, "No paper here bears the name"),
        ("/c/nope.atom", 404, "No paper here is in the category"),
        ("/all?page=9999", 404, "There is no page 9999 here"),
        ("/all.atom?page=0", 422, "'page' must be a number from 1 to 100000; got '0'."),
        ("/front.json?page=2", 422, "This page takes no 'page'."),
        ("/search.atom?colour=red", 422, "'colour' is no search parameter."),
        ("/paper/9999.99999.md", 404, "There is no paper"),
    ],
)
def test_what_cannot_be_answered_has_a_sentence(client, parse, path, status, sentence):
    answer = client.get(path)
    assert answer.status_code == status
    assert sentence in parse(answer.text).text


@pytest.mark.parametrize(
    ("other", "address"),
    [
        ("/2024-W50.atom", "/2024/W50.atom"),
        ("/2012-W10?page=2", "/2012/W10?page=2"),
        ("/c/cs.cl.json", "/c/cs.CL.json"),
        ("/c/cs.CL/2024/W50.md", "/c/cs.CL/2024-W50.md"),
        ("/c/cs.CL/2024/W50", "/c/cs.CL/2024-W50"),
        ("/a/second-author/2012/W10", "/a/second-author/2012-W10"),
        ("/a/Second%20Author/2012.atom", "/a/second-author/2012.atom"),
        ("/paper/arXiv:2405.14828v1.md", "/paper/2405.14828.md"),
        ("/p/2405.14828.md", "/paper/2405.14828.md"),
        ("/p/math/0309136", "/paper/math/0309136"),
    ],
)
def test_another_spelling_is_sent_on_with_its_ending(client, other, address):
    answer = client.get(other)
    assert (answer.status_code, answer.headers["location"]) == (301, address)
    assert client.get(address).status_code in (200, 404)


def test_an_authors_edition_holds_their_papers_of_that_time(client, parse):
    page = parse(client.get("/a/second-author/2012-W10").text)
    assert "120 papers" in page.text
    assert "/a/second-author" in page.links
    assert (
        "No paper here is dated 2011 and by Second Author."
        in parse(client.get("/a/second-author/2011").text).text
    )


def test_all_papers_are_one_list(client, parse, services):
    page = parse(client.get("/all").text)
    total = services.reading.about().papers
    assert f"{total} papers, newest first" in page.text
    assert len(page.having("article")) == 50
    assert "/all?page=2" in page.links
