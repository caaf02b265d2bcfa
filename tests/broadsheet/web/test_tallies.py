"""What readers did, as a paper's page says it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from starlette.testclient import TestClient

from broadsheet.asgi import make_app
from broadsheet.model.importing import Located
from broadsheet.model.paper import Record, Tally
from broadsheet.model.settings import Settings
from broadsheet.services.bundle import Services
from broadsheet.services.taking import take
from broadsheet.web.tallies import tally_lines
from broadsheet.wiring import open_library

VOTES = Tally(source="hf_daily", source_id="1", kind="upvotes", day="2026-11-20", value=1)


def test_the_last_number_of_each_kind_is_said() -> None:
    later = replace(VOTES, day="2026-11-21", value=1042)
    assert tally_lines([VOTES]) == [("1 vote at Hugging Face", "2026-11-20")]
    assert tally_lines([VOTES, later]) == [("1,042 votes at Hugging Face", "2026-11-21")]
    assert tally_lines([replace(VOTES, value=0)]) == []
    cited = replace(VOTES, source="x", kind="influential_citations", value=2)
    assert tally_lines([cited]) == [("2 influential citations at x", "2026-11-20")]
    # Two records of one source: the greater one.
    assert tally_lines([later, replace(VOTES, source_id="2")]) == [
        ("1,042 votes at Hugging Face", "2026-11-21")
    ]


def test_page_and_api_show_them(
    tmp_path: Path, make_client: Callable[[Services], TestClient]
) -> None:
    record = Record(source="hf_daily", source_id="1", title="On matter", counts=(("upvotes", 42),))
    services = open_library(Settings(library=tmp_path), create=True)
    with services.importing.store.writing() as writing:
        located = [Located(record=record, line=1, resume=1)]
        take(writing, located, origin="f", file="f", fingerprint="f")
    (paper,) = services.reading.front().shown.papers
    assert "42 votes at Hugging Face, <time" in make_client(services).get(f"/paper/{paper.id}").text
    (count,) = (
        TestClient(make_app(services), base_url="http://127.0.0.1")
        .get(f"/api/v1/papers/{paper.id}")
        .json()["counts"]
    )
    assert (count["source"], count["kind"], count["value"]) == ("hf_daily", "upvotes", 42)
    services.close()
