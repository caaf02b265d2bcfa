"""Hugging Face's daily papers."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import Answer, Page, Plan, Request
from broadsheet.model.paper import Record
from broadsheet.sources.hf_daily import HfDaily

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)  # still the 21st in New York
PAPER = {
    "id": "2611.00001",
    "authors": [
        {"_id": "1", "name": "A. U. Thor", "hidden": False, "user": {"fullname": "No One"}},
        {"_id": "2", "name": "S. E. Cret", "hidden": True},
        {"name": "B. Third"},
    ],
    "publishedAt": "2026-11-18T02:08:18.000Z",
    "submittedOnDailyAt": "2026-11-20T02:15:00.000Z",
    "title": "A wrapped\n  title",
    "summary": "Hard\nnewlines.",
    "upvotes": 12,
    "discussionId": "x",
    "githubRepo": "https://github.com/thor/code",
    "githubStars": 9,
    "ai_summary": "A machine's words.",
    "ai_keywords": ["search", "search", "dense  retrieval", "", 7, "x" * 101],
}
ROW = {
    "paper": PAPER,
    "publishedAt": "2026-11-17T21:08:18.000Z",
    "title": "A wrapped title",
    "summary": "Cut.",
    "numComments": 1,
    "submittedBy": {"name": "someone"},
}


def body(*rows: Any) -> bytes:
    return json.dumps(list(rows)).encode()


def paper(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in (PAPER | changes).items() if value is not None}


@pytest.fixture
def daily(clock: Callable[[], datetime]) -> HfDaily:
    return HfDaily(clock=clock)


@pytest.fixture
def reader(daily: HfDaily, reader_of: type[Any]) -> Any:
    return reader_of(daily)


def page(daily: HfDaily, data: bytes, *, status: int = 200, day: str = "2026-11-20") -> Page:
    plan = Plan(now=NOW, since=date.fromisoformat(day))
    answer = Answer(status=status, body=data, headers={})
    return daily.page(plan, daily.first(plan), answer)


def test_every_key_lands_in_its_field(reader: Any) -> None:
    record = reader.only(body(ROW))
    assert record == Record(
        source="hf_daily",
        source_id="2611.00001",
        title="A wrapped title",
        abstract="Hard newlines.",
        authors=("A. U. Thor", "B. Third"),
        submitted="2026-11-18",
        featured="2026-11-19",
        url="https://huggingface.co/papers/2611.00001",
        arxiv_id="2611.00001",
        code="https://github.com/thor/code",
        keywords=("search", "dense retrieval"),
        counts=(("upvotes", 12), ("stars", 9), ("comments", 1)),
        raw_hash=record.raw_hash,
    )


def test_a_list_a_wrapped_and_a_bare_object_and_lines_are_read(reader: Any) -> None:
    bare = reader.only(json.dumps(PAPER).encode())
    assert bare.counts == (("upvotes", 12), ("stars", 9))
    assert reader.only(json.dumps(ROW).encode()).source_id == "2611.00001"
    assert reader.only(body(PAPER)) == bare
    assert len(reader.items(json.dumps(ROW).encode() + b"\n" + json.dumps(PAPER).encode())) == 2


def test_the_outer_date_is_never_taken(reader: Any) -> None:
    record = reader.only(body(ROW | {"paper": paper(publishedAt=None)}))
    assert record.submitted is None


@pytest.mark.parametrize(
    ("put", "day"),
    [
        ("2026-11-20T02:29:59Z", "2026-11-19"),  # 21:29 in winter
        ("2026-11-20T02:30:00Z", "2026-11-20"),
        ("2026-07-20T01:29:59Z", "2026-07-19"),  # 21:29 in summer
        ("2026-07-20T01:30:00Z", "2026-07-20"),
        ("2026-03-06", "2026-03-06"),
        (None, None),
    ],
)
def test_a_day_begins_in_the_evening_before_in_new_york(
    reader: Any, put: str | None, day: str | None
) -> None:
    assert reader.only(body(paper(submittedOnDailyAt=put))).featured == day


def test_hidden_authors_stay_hidden_however_it_is_said(reader: Any) -> None:
    authors = [{"name": "A", "hidden": "true"}, {"name": "B", "hidden": 1}, "C", {"name": 4}]
    assert reader.only(body(paper(authors=authors))).authors == ("4",)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("thor/code.py", "https://github.com/thor/code.py"),
        ("github.com/thor/code", "https://github.com/thor/code"),
        ("http://www.github.com/thor/code.git", "https://github.com/thor/code"),
        ("https://github.com/thor/code/tree/main", "https://github.com/thor/code/tree/main"),
        ("https://gitlab.com/thor/code", "https://gitlab.com/thor/code"),
        ("gitlab.com/thor", ""),
        ("javascript:alert(1)", ""),
        (None, ""),
    ],
)
def test_code_is_an_address_or_a_slug(reader: Any, said: str | None, code: str) -> None:
    assert reader.only(body(paper(githubRepo=said))).code == code


def test_an_absent_counter_is_not_nought(reader: Any) -> None:
    changes = {"upvotes": 0, "githubStars": None}
    assert reader.only(body(paper(**changes))).counts == (("upvotes", 0),)
    for wrong in ("5", -1, 1.5, True, 2**31, [1]):
        assert reader.only(body(paper(upvotes=wrong))).counts == (("stars", 9),)


def test_counters_and_the_order_of_keys_leave_the_hash(reader: Any) -> None:
    one = reader.only(body(ROW)).raw_hash
    turned = dict(reversed(PAPER.items())) | {"upvotes": 99, "githubStars": 99}
    assert reader.only(body(dict(reversed(ROW.items())) | {"paper": turned})).raw_hash == one
    assert reader.only(body(ROW | {"paper": paper(title="Other")})).raw_hash != one


def test_the_machines_summary_is_left_out(reader: Any) -> None:
    assert "machine" not in repr(reader.only(body(ROW)))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (paper(id=None), "no id"),
        (ROW | {"paper": None}, "no id"),
        (paper(id="x" * 301), "id over 300 characters"),
        (paper(title=None), "no title"),
        (paper(publishedAt="soon"), "publishedAt is not a date"),
        (
            paper(submittedOnDailyAt="2029-01-01T00:00:00Z"),
            "submittedOnDailyAt is more than a year in the future",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(reader: Any, row: Any, why: str) -> None:
    assert reader.reason(body(row)) == why


def test_an_id_that_is_not_arxivs_stays_an_id(reader: Any) -> None:
    record = reader.only(body(paper(id="own id")))
    assert (record.source_id, record.arxiv_id) == ("own id", None)
    assert record.url == "https://huggingface.co/papers/own%20id"


def test_days_are_asked_for_one_by_one_until_today_in_new_york(daily: HfDaily) -> None:
    plan = Plan(now=NOW, since=date(2026, 11, 19))
    request: Request | None = daily.first(plan)
    urls = []
    while request is not None:
        urls.append(request.url)
        answer = Answer(status=200, body=body(ROW), headers={})
        request = daily.page(plan, request, answer).next
    assert urls == [
        f"https://huggingface.co/api/daily_papers?date=2026-11-{n}&limit=100" for n in (19, 20, 21)
    ]


@pytest.mark.parametrize(
    ("since", "day"),
    [(None, "2023-05-04"), (date(2001, 1, 1), "2023-05-04"), (date(2027, 1, 1), "2026-11-21")],
)
def test_the_first_day_is_one_that_there_is(daily: HfDaily, since: date | None, day: str) -> None:
    assert f"date={day}&" in daily.first(Plan(now=NOW, since=since)).url


def test_a_full_page_is_followed_by_more_of_its_day_up_to_a_bound(daily: HfDaily) -> None:
    plan = Plan(now=NOW, since=date(2026, 11, 20), base="http://127.0.0.1:9/d")
    answer = Answer(status=200, body=body(*[ROW] * 100), headers={})
    request = daily.first(plan)
    for number in range(1, 10):
        following = daily.page(plan, request, answer).next
        assert following is not None
        request = following
        assert request.url == f"http://127.0.0.1:9/d?date=2026-11-20&limit=100&p={number}"
    following = daily.page(plan, request, answer).next
    assert following is not None
    assert following.url == "http://127.0.0.1:9/d?date=2026-11-21&limit=100"


def test_a_weekend_is_an_empty_page_and_the_next_day_follows(daily: HfDaily) -> None:
    found = page(daily, b"[]")
    assert found.items == ()
    assert found.next is not None
    assert page(daily, b"[]", day="2026-11-21").next is None


def test_an_error_is_no_empty_page(daily: HfDaily) -> None:
    for status in (400, 200):
        with pytest.raises(SourceError, match="Invalid date") as raised:
            page(daily, b'{"error": "Invalid  date"}', status=status)
        assert not isinstance(raised.value, RetryError)


@pytest.mark.parametrize(
    "data",
    [b"", b"<html></html>", body(ROW)[:-9], b"{}", b"3", b"[" * 10_000, b'["\\ud800"]', b"\0"],
)
def test_a_broken_answer_is_asked_for_again(daily: HfDaily, data: bytes) -> None:
    with pytest.raises(RetryError):
        page(daily, data)


def test_a_selection_is_refused(daily: HfDaily) -> None:
    with pytest.raises(InvalidValueError):
        daily.first(Plan(now=NOW, selection=("2611.00001",)))


def test_recognises_its_own_keys_only(daily: HfDaily) -> None:
    assert daily.recognises(b"\xef\xbb\xbf " + body(ROW))
    assert daily.recognises(json.dumps(PAPER).encode())
    assert not daily.recognises(b'[{"title": "x", "publishedAt": "2026-01-01"}]')
    assert not daily.recognises(b"<publishedAt>" + body(ROW))


@pytest.mark.parametrize("key", sorted(PAPER))
@pytest.mark.parametrize(
    "value", [None, [], {}, "", 0, -1, True, 1e300, [[]], "9" * 400, {"name": []}, "\x00", 10**400]
)
def test_any_value_under_any_key(reader: Any, key: str, value: Any) -> None:
    reader.items(body(ROW | {"paper": PAPER | {key: value}}))
    reader.items(body(PAPER | {key: value}))


def test_damaged_answers_never_raise(tmp_path: Path) -> None:
    for data in mutations(body(ROW, PAPER), 300):
        read_file(tmp_path / "daily.json", data)


@pytest.mark.shared
def test_the_recorded_answers_are_read(reader: Any, daily: HfDaily, shared_data: Path) -> None:
    folder = shared_data / "samples" / "hf"
    assert all(daily.recognises(path.read_bytes()) for path in folder.glob("*.json"))
    wrapped = reader.only((folder / "daily_papers_2026.json").read_bytes())
    assert (wrapped.arxiv_id, wrapped.submitted) == ("2602.23229", "2026-02-26")
    assert wrapped.featured == "2026-03-06"
    assert wrapped.counts == (("upvotes", 10), ("stars", 9), ("comments", 1))
    assert wrapped.code == "https://github.com/marco-garosi/CIRCLE"
    assert wrapped.authors[0] == "Marco Garosi"
    bare = reader.only((folder / "paper_object_2025_no_optional_fields.json").read_bytes())
    assert (bare.arxiv_id, bare.featured, bare.code) == ("2509.04664", "2025-09-08", "")
    assert bare.counts == (("upvotes", 26),)
    assert "sometimes guess" in bare.abstract


@pytest.mark.shared
@pytest.mark.slow
def test_the_recorded_answers_never_raise_however_damaged(
    tmp_path: Path, shared_data: Path
) -> None:
    for sample in sorted((shared_data / "samples" / "hf").glob("*.json")):
        for data in mutations(sample.read_bytes(), 2_000):
            read_file(tmp_path / "daily.json", data)
