"""What was replaced and taken back on a day, in its edition and every face of it."""

import pytest
from msgspec.structs import replace

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record, Version
from broadsheet.model.settings import Settings
from broadsheet.wiring import open_library

OLD = Record(
    source="arxiv",
    source_id="2611.00001",
    arxiv_id="2611.00001",
    title="On matter",
    abstract="It is there.",
    categories=("cs.CL",),
    submitted="2026-11-02",
    versions=(Version(number=1, date="2026-11-02"),),
)
SAME_DAY = replace(OLD, source_id="2611.00002", arxiv_id="2611.00002", title="Twice on a day")
WRONG = replace(OLD, source_id="2611.00003", arxiv_id="2611.00003", title="A wrong claim")


@pytest.fixture(scope="module")
def client(tmp_path_factory, put, make_client):
    services = open_library(Settings(library=tmp_path_factory.mktemp("editions")), create=True)
    put(services, [OLD, SAME_DAY, WRONG])
    second = Version(number=2, date="2026-11-18")
    changed = [
        (replace(OLD, versions=(*OLD.versions, second), abstract="It was there."), 1),
        (replace(SAME_DAY, versions=(*OLD.versions, replace(second, date="2026-11-02"))), 2),
        (replace(WRONG, standing="withdrawn", updated="2026-11-18"), 3),
    ]
    with services.importing.store.writing() as writing:
        for record, paper in changed:
            one = Assigned(record=record, origin="o", fingerprint="f", line=1, paper=paper, group=1)
            writing.put([one])
    full = [
        Record(source="s", source_id=str(i), title=f"P{i}", submitted="2026-11-20")
        for i in range(60)
    ]
    put(services, full)
    yield make_client(services)
    services.close()


def test_a_day_shows_what_was_replaced_and_what_was_taken_back(client, parse):
    page = parse(client.get("/2026-11-18").text)
    assert "No paper here is dated Wednesday, 18 November 2026." in page.text
    assert page.text.index("Replaced") < page.text.index("On matter")
    assert page.text.index("Taken back") < page.text.index("A wrong claim")
    assert "Version 2" in page.text
    assert "/paper/2611.00001" in page.links
    assert page.levels.count(1) == 1


def test_a_category_has_its_own(client, parse):
    assert "Replaced" in parse(client.get("/c/cs.CL/2026-11-18").text).text


def test_feeds_of_a_day_hold_them_too_each_once(client):
    items = client.get("/2026-11-18.json").json()["items"]
    assert [(i["title"], i["summary"]) for i in items] == [
        ("On matter", "Version 2"),
        ("A wrong claim", "Withdrawn"),
    ]
    assert "(Version 2)" in client.get("/2026-11-18.md").text
    both = client.get("/2026-11-02.json").json()["items"]
    assert sorted(i["title"] for i in both) == ["A wrong claim", "On matter", "Twice on a day"]


def test_the_feed_of_a_paper_says_what_changed_in_it(client):
    text = client.get("/paper/2611.00001.atom").text
    assert "<title>Version 2: On matter</title>" in text
    assert "<summary>It [-is-] {+was+} there.</summary>" in text


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-11-15", "arXiv announces nothing at weekends."),
        ("2025-12-26", "its evening before was a holiday."),
        ("2027-01-05", "That day has not come yet."),
    ],
)
def test_an_empty_day_says_why_and_where_the_newest_edition_is(client, parse, day, reason):
    page = parse(client.get(f"/{day}").text)
    assert reason in page.text
    assert "The newest edition is that of Friday, 20 November 2026." in page.text
    assert "/2026-11-20" in page.links
    assert reason in client.get(f"/{day}.json").json()["description"]


def test_the_front_page_says_why_there_is_nothing_of_today(client, parse):
    assert "arXiv announces nothing at weekends." in parse(client.get("/").text).text


def test_the_feed_of_the_front_page_goes_on_in_its_edition(client):
    first = client.get("/front.json").json()
    assert len(first["items"]) == 50
    assert first["next_url"] == "http://127.0.0.1/2026-11-20.json?page=2"
    assert len(client.get(first["next_url"]).json()["items"]) == 10
