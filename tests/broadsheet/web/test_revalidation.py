"""What a browser or a feed reader has is not sent again: by tag, and by the last change's time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.settings import Settings
from broadsheet.services.reading import ReadingService
from broadsheet.web.mount import mount_pages
from broadsheet.wiring import open_library

WRITTEN = datetime(2026, 11, 22, 9, 30, 5, 400_000, tzinfo=UTC)
SAID = "Sun, 22 Nov 2026 09:30:05 GMT"
BEFORE = "Sun, 22 Nov 2026 09:30:04 GMT"
KEPT = [
    *("/all.atom", "/2026-11-20.atom", "/2026.json"),
    *("/c/cs.CL.md", "/c/cs.CL/2026.atom", "/a/ada-l.atom", "/a/ada-l/2026.json"),
    *("/paper/2611.00001.atom", "/paper/2611.00001.md", "/2026-11-20"),
]


class Desk:
    """A library with one paper, whose clock is moved by hand."""

    def __init__(self, folder) -> None:
        self.now = WRITTEN
        services = open_library(Settings(library=folder, accounts="open"), create=True)
        self.store = services.reading.reading
        self.store.clock = lambda: self.now
        self.put("One")
        self.now += timedelta(hours=1)
        reading = ReadingService(reading=self.store, clock=lambda: self.now)
        app = FastAPI()
        mount_pages(app, replace(services, reading=reading))
        self.get = TestClient(app, follow_redirects=False).get

    def put(self, title: str, paper: int | None = None) -> None:
        record = Record(
            source="arxiv",
            source_id="2611.00001",
            arxiv_id="2611.00001",
            title=title,
            authors=("Ada L",),
            categories=("cs.CL",),
            submitted="2026-11-20",
        )
        one = Assigned(record=record, origin="o", fingerprint="f", line=1, paper=paper, group=1)
        with self.store.writing() as writing:
            writing.put([one])


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory):
    made = Desk(tmp_path_factory.mktemp("desk"))
    yield made
    made.store.close()


@pytest.mark.parametrize("path", KEPT)
def test_every_face_is_304_by_tag_and_by_time(shared_desk, path):
    get = shared_desk.get
    first = get(path)
    assert (first.status_code, first.headers["last-modified"]) == (200, SAID)
    tag = first.headers["etag"]
    for asked in ({"If-None-Match": tag}, {"If-Modified-Since": SAID}):
        again = get(path, headers=asked)
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["last-modified"]) == (tag, SAID)
    assert get(path, headers={"If-Modified-Since": BEFORE}).status_code == 200
    assert get(path, headers={"If-Modified-Since": "soon"}).status_code == 200
    both = {"If-None-Match": 'W/"other"', "If-Modified-Since": SAID}
    assert get(path, headers=both).status_code == 200


@pytest.mark.parametrize(
    "path", ["/search.atom", "/search.json", "/search.md", "/", "/front.atom", "/front.md"]
)
def test_what_hangs_on_more_than_papers_is_304_by_tag_alone(shared_desk, path):
    first = shared_desk.get(path)
    assert "last-modified" not in first.headers
    again = shared_desk.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_a_change_changes_both(desk):
    first = desk.get("/c/cs.CL.atom")
    desk.put("Another title", paper=1)
    desk.now += timedelta(seconds=2)
    for asked in ({"If-None-Match": first.headers["etag"]}, {"If-Modified-Since": SAID}):
        again = desk.get("/c/cs.CL.atom", headers=asked)
        assert again.status_code == 200
        assert b"Another title" in again.content
    assert again.headers["last-modified"] == "Sun, 22 Nov 2026 10:30:05 GMT"


def test_a_new_day_counts_as_a_change(desk):
    desk.now += timedelta(days=1)
    assert desk.get("/2026-11-20").headers["last-modified"] == "Mon, 23 Nov 2026 00:00:00 GMT"


def test_within_the_second_of_a_change_no_time_is_said(desk):
    desk.put("Another title", paper=1)
    said = desk.get("/all.atom")
    assert "last-modified" not in said.headers
    assert desk.get("/all.atom", headers={"If-Modified-Since": SAID}).status_code == 200
    desk.put("A third title", paper=1)
    assert b"A third title" in desk.get("/all.atom").content


def test_what_is_not_there_is_not_unchanged(desk):
    asked = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert desk.get("/c/nope.atom", headers=asked).status_code == 404
    assert desk.get("/c/cs.CL.atom?x=1", headers=asked).status_code == 422


def test_updated_is_when_the_newest_thing_was_learned(desk):
    assert b"<updated>2026-11-22T09:30:05Z</updated>" in desk.get("/c/cs.CL.atom").content
    assert b"<updated>2026-11-22T09:30:05Z</updated>" in desk.get("/1999.atom").content
