"""What trends, from a vote in the database to the pages, the API and the command line."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, update
from starlette.testclient import TestClient
from tests.broadsheet.web.conftest import NOW

from broadsheet.api.app import mount_api
from broadsheet.model.paper import Record
from broadsheet.model.settings import Settings
from broadsheet.services.reading import ReadingService
from broadsheet.services.trending import TrendingService
from broadsheet.store.reader_schema import acts, readers
from broadsheet.web.mount import mount_pages
from broadsheet.wiring import open_library

SAME = {"Sec-Fetch-Site": "same-origin"}
FIELDS = {"formula": "surprise", "half_life_h": "36"}


def papers(first: int, n: int, category: str = "cs.LG", day: str = "2026-11-20") -> list[Record]:
    return [
        Record(
            source="s",
            source_id=str(i),
            title=f"Paper {i} of {category}",
            abstract=f"Text of {i} with $x^{{{i}}}$.",
            authors=("One Author",),
            categories=(category,),
            submitted=day,
            arxiv_id=f"2611.{i:05d}",
        )
        for i in range(first, first + n)
    ]


class Paper:
    """A running paper at a fixed moment, with hands to act in it."""

    def __init__(self, services, put) -> None:
        self.put = lambda records: put(services, records)
        store = services.reading.reading
        given = services.trending
        reading = ReadingService(reading=store, clock=lambda: NOW)
        trending = TrendingService(
            inputs=given.inputs,
            reading=reading,
            choice=given.choice,
            growth=given.growth,
            clock=lambda: NOW,
        )
        services.accounts.visitor("")  # the one reader of single mode
        self.services = replace(services, reading=reading, trending=trending)
        self.client = self.new_client()
        self.writer = store.writer

    def new_client(self) -> TestClient:
        app = FastAPI()
        mount_api(app, self.services)
        mount_pages(app, self.services)
        return TestClient(
            app,
            base_url="http://127.0.0.1",
            raise_server_exceptions=False,
            follow_redirects=False,
        )

    def act(self, paper: int, kind: str = "up", hours: float = 1.0) -> None:
        at = (NOW - timedelta(hours=hours)).isoformat(timespec="seconds")
        row = {"reader": 1, "paper": paper, "kind": kind, "place": 0, "at": at, "undone_at": ""}
        with self.writer.begin() as connection:
            connection.execute(insert(acts).values(**row))

    def demote(self) -> None:
        with self.writer.begin() as connection:
            connection.execute(update(readers).values(role="reader"))

    def first(self, path: str) -> str:
        html = self.client.get(path).text
        return html.split('class="headline"><a href="/paper/')[1].split('"')[0].partition("?")[0]


@pytest.fixture
def paper(tmp_path, put):
    services = open_library(Settings(library=tmp_path), create=True)
    put(services, [*papers(1, 20), *papers(21, 5, "math.CO", "2026-11-19")])
    yield Paper(services, put)
    services.close()


def test_a_story_shows_its_number_and_its_terms(paper, parse):
    paper.act(22)
    page = parse(paper.client.get("/trending").text)
    assert "1 vote in 24 h" in page.text
    assert "times normal for math.CO; announced 1 day ago" in page.text
    assert page.having("details", class_="terms")
    assert not page.unclosed
    assert paper.first("/trending") == "2611.00022"


def test_without_signals_the_page_says_that_it_is_by_date(paper, parse):
    text = parse(paper.client.get("/trending").text).text
    assert "newest first: nothing has happened to them that counts" in text
    assert paper.first("/trending") == "2611.00020"


def test_a_category_and_a_window_have_addresses_of_their_own(paper, parse):
    paper.act(22)
    assert paper.first("/c/math.CO/trending") == "2611.00022"
    assert paper.first("/trending/day") == "2611.00020"
    links = parse(paper.client.get("/c/math.CO/trending").text).links
    assert "/c/math.CO/trending/week" in links
    assert paper.client.get("/c/MATH.co/trending").headers["location"] == "/c/math.CO/trending"
    assert paper.client.get("/trending/all").headers["location"] == "/trending"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trending/decade", 404),
        ("/c/q-bio/trending", 404),
        ("/trending?page=2", 404),
        ("/trending?page=0", 422),
        ("/trending?sort=x", 422),
        ("/trending/formula?x=1", 422),
        ("/trending/settings?x=1", 422),
        ("/api/v1/trending?window=decade", 422),
        ("/api/v1/trending?formula=magic", 422),
        ("/api/v1/trending?category=q-bio", 404),
    ],
)
def test_what_cannot_be_is_refused(paper, path, status):
    assert paper.client.get(path).status_code == status


def test_the_front_page_is_led_by_what_trends_and_says_so(paper, parse):
    before = paper.client.get("/")
    assert paper.first("/") == "2611.00020"
    assert "stand newest first" in parse(before.text).text
    paper.act(7)
    after = paper.client.get("/", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert paper.first("/") == "2611.00007"
    assert "in the order of what trends" in parse(after.text).text


def test_a_page_is_made_again_only_when_something_has_happened(paper):
    paper.act(7)
    first = paper.client.get("/trending")
    again = paper.client.get("/trending", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    paper.act(8)
    assert paper.client.get("/trending").headers["etag"] != first.headers["etag"]


def test_the_formula_is_told_from_the_settings_in_force(paper, parse):
    paper.services.trending.choice.choose({"half_life_h": 17, "weights": {"save": 4.25}})
    html = paper.client.get("/trending/formula").text
    text = parse(html).text
    assert "half-life of 17 hours" in text
    assert "4.25" in text
    assert "which an admin has changed" in text
    assert html.count("<math") > 20
    assert 'class="tex"' not in html  # every formula can be set
    assert "times normal for math.CO" in text


def test_an_admin_tries_settings_on_and_puts_them_in_force(paper, parse):
    paper.act(5)
    paper.act(6, "save")
    form = FIELDS | {"weights.save": "9", "do": "preview"}
    shown = parse(paper.client.post("/trending/settings", data=form, headers=SAME).text)
    assert "As set above" in shown.text
    assert paper.first("/trending") == "2611.00005"
    saved = paper.client.post("/trending/settings", data=form | {"do": "save"}, headers=SAME)
    assert (saved.status_code, saved.headers["location"]) == (303, "/trending/formula")
    assert paper.first("/trending") == "2611.00006"
    paper.client.post("/trending/settings", data={"do": "reset"}, headers=SAME)
    assert paper.first("/trending") == "2611.00005"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"half_life_h": "0"}, "half_life_h: Input should be greater than or equal to 1"),
        ({"half_life_h": "soon"}, "half_life_h: Input should be a valid number"),
        ({"weights.likes": "1"}, "weights.likes: Extra inputs are not permitted"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"formula": "magic"}, "formula: Input should be"),
        ({"do": "sing"}, "'do' must be one of"),
    ],
)
def test_bad_settings_are_refused_with_the_sentence(paper, parse, form, sentence):
    answer = paper.client.post("/trending/settings", data={"do": "save", **form}, headers=SAME)
    assert answer.status_code == 422
    assert sentence in parse(answer.text).text
    assert not paper.services.trending.choice.is_chosen()


def test_only_an_admin_changes_settings_and_only_from_here(paper, parse):
    from_elsewhere = paper.client.post("/trending/settings", data={"do": "save"})
    assert from_elsewhere.status_code == 403
    assert "/trending/settings" in parse(paper.client.get("/trending/formula").text).links
    paper.demote()
    assert paper.client.get("/trending/settings").status_code == 403
    refused = paper.client.post("/trending/settings", data={"weights.up": "5"}, headers=SAME)
    assert refused.status_code == 403
    assert "/trending/settings" not in parse(paper.client.get("/trending/formula").text).links


def test_the_api_gives_the_terms(paper):
    paper.act(22)
    found = paper.client.get("/api/v1/trending?category=math&window=week&per_page=2").json()
    assert (found["total"], found["pages"], found["has_signals"]) == (5, 3, True)
    terms = found["stories"][0]["terms"]
    assert terms["parts"] == [
        {"kind": "up", "number": 1, "last_day": 1, "sum": pytest.approx(0.49, abs=0.02)}
    ]
    assert terms["score"] == pytest.approx(terms["surprise"] * terms["freshness"])
    assert terms["text"].startswith("+")
    by_votes = paper.client.get("/api/v1/trending?formula=votes").json()
    assert by_votes["formula"] == by_votes["stories"][0]["terms"]["formula"] == "votes"


@pytest.mark.parametrize("path", ["/trending", "/c/cs/trending/week", "/", "/api/v1/trending"])
def test_more_papers_and_votes_ask_no_more_questions(paper, path, count_statements):
    paper.act(1)
    paper.client.get(path)

    def asked_for() -> int:
        paper.act(2)
        with count_statements() as asked:
            assert paper.new_client().get(path).status_code == 200
        return len(asked)

    before = asked_for()
    paper.put(papers(100, 20))
    for n in range(1, 15):
        paper.act(n)
    asked_for()  # the store counts the new papers once
    assert asked_for() == before
