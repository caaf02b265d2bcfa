"""What happened to a paper."""

from msgspec.structs import replace

from broadsheet.model.events import Event, diff, events_between
from broadsheet.model.merging import merge
from broadsheet.model.paper import Record, Version

V1 = Record(
    source="arxiv",
    source_id="2611.00001",
    title="On matter",
    abstract="We show that it matters.",
    categories=("cs.CL",),
    submitted="2026-11-02",
    announced="2026-11-03",
    announced_as="expected",
    arxiv_id="2611.00001",
    versions=(Version(number=1, date="2026-11-02"),),
)
V2 = replace(
    V1,
    abstract="We prove that it matters.",
    updated="2026-11-10",
    modified="2026-11-11",
    versions=(*V1.versions, Version(number=2, date="2026-11-10")),
)


def between(before: Record | None, *after: Record) -> list[Event]:
    return events_between(merge([before]) if before else None, merge(list(after)))


def test_a_paper_is_new_on_its_day() -> None:
    assert between(None, V1) == [Event(kind="new", at="2026-11-03")]


def test_nothing_happens_when_nothing_changes() -> None:
    assert between(V1, V1) == []
    assert between(V1, replace(V1, comment="5 pages", modified="2026-11-12")) == []


def test_a_new_version_shows_what_changed_in_the_abstract() -> None:
    (event,) = between(V1, V2)
    assert (event.kind, event.at) == ("version", "2026-11-10")
    assert event.detail == {
        "number": 2,
        "abstract": [("=", "We"), ("-", "show"), ("+", "prove"), ("=", "that it matters.")],
    }


def test_several_versions_at_once_are_several_events_and_the_last_has_the_diff() -> None:
    third = replace(V2, versions=(*V2.versions, Version(number=3, date="2026-11-12")))
    events = between(V1, third)
    assert [event.detail["number"] for event in events] == [2, 3]
    assert [("abstract" in event.detail) for event in events] == [False, True]


def test_versions_that_nobody_had_told_of_are_no_news() -> None:
    assert between(replace(V1, versions=()), V2) == []


def test_a_cross_list_names_what_came() -> None:
    listed = replace(V1, categories=("cs.CL", "cs.IR"), modified="2026-11-05")
    assert between(V1, listed) == [
        Event(kind="cross-listed", at="2026-11-05", detail={"categories": ["cs.IR"]})
    ]
    assert between(replace(V1, categories=()), listed) == []


def test_a_withdrawal_is_told_once() -> None:
    gone = replace(V2, standing="withdrawn")
    assert [event.kind for event in between(V2, gone)] == ["withdrawn"]
    assert between(gone, gone) == []
    assert [event.kind for event in between(None, gone)] == ["new", "withdrawn"]


def test_a_twin_at_a_venue_is_a_publication_and_its_retraction_another_event() -> None:
    twin = Record(source="acl", source_id="x", title="On Matter", venue="ACL 2027", doi="10.1/x")
    assert between(V1, V1, twin) == [
        Event(kind="published", detail={"venue": "ACL 2027", "doi": "10.1/x"})
    ]
    events = events_between(
        merge([V1, twin]), merge([V1, replace(twin, standing="retracted", updated="2027-01-01")])
    )
    assert events == [Event(kind="retracted", at="2027-01-01")]


def test_a_feature_and_code() -> None:
    daily = Record(
        source="hf",
        source_id="2611.00001",
        title="On matter",
        featured="2026-11-04",
        code="https://example.org/code",
    )
    assert [event.kind for event in between(V1, V1, daily)] == ["featured", "code"]


def test_a_diff_of_huge_texts_is_not_made() -> None:
    assert diff("a " * 20_000, "b") == [("-", "a " * 20_000), ("+", "b")]
    assert diff("", "new words") == [("+", "new words")]
    assert diff("same", "same") == [("=", "same")]


def test_an_expected_announcement_gives_way_to_one_that_was_seen() -> None:
    seen = replace(V1, source_id="rss", announced="2026-11-05", announced_as="new")
    assert merge([V1, seen]).announced == "2026-11-05"
    assert merge([V1]).day == "2026-11-03"
