"""Events in the store."""

from collections.abc import Callable

from msgspec.structs import replace

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record, Version
from broadsheet.store import SqlStore

PREPRINT = Record(
    source="arxiv",
    source_id="2611.00001",
    title="On matter",
    abstract="Short.",
    announced="2026-11-03",
    arxiv_id="2611.00001",
    versions=(Version(number=1, date="2026-11-02"),),
)
TWIN = Record(source="acl", source_id="2026.x-1.1", title="On Matter", venue="ACL 2026")


def put(store: SqlStore, *records: Record, paper: int | None = None) -> None:
    with store.writing() as writing:
        writing.put(
            [
                Assigned(record=r, origin="f", fingerprint="c", line=n, paper=paper, group=1)
                for n, r in enumerate(records)
            ]
        )


def kinds(store: SqlStore, **asked: object) -> list[tuple[str, str]]:
    found: Callable[..., list[object]] = store.events
    return [(e.event.kind, e.source) for e in found(**asked)]  # type: ignore[attr-defined]


def test_records_that_come_together_tell_the_same_as_those_that_come_singly(
    store: SqlStore,
) -> None:
    put(store, PREPRINT, TWIN)
    together = kinds(store)
    put(store, replace(PREPRINT, source_id="2", arxiv_id="2611.00002", title="Other"))
    put(store, replace(TWIN, source_id="3", title="Other"), paper=2)
    assert together == [("new", "arxiv"), ("published", "acl")]
    assert kinds(store)[2:] == together


def test_what_changes_nothing_tells_nothing(store: SqlStore) -> None:
    put(store, PREPRINT)
    put(store, PREPRINT, paper=1)
    assert kinds(store) == [("new", "arxiv")]


def test_events_are_asked_for_by_kind_paper_and_number(store: SqlStore) -> None:
    put(store, PREPRINT)
    second = replace(PREPRINT, versions=(*PREPRINT.versions, Version(number=2)), abstract="Long.")
    put(store, second, paper=1)
    put(store, replace(PREPRINT, source_id="2", arxiv_id="2611.00002", title="Other"))
    assert kinds(store, kinds=["version"]) == [("version", "arxiv")]
    assert kinds(store, paper="2611.00002") == [("new", "arxiv")]
    assert len(store.events(limit=2)) == 2
    first, version, _ = store.events()
    assert [e.number for e in store.events(after=first.number)] == [2, 3]
    assert version.event.detail == {"number": 2, "abstract": [["-", "Short."], ["+", "Long."]]}
    assert (version.paper, version.title) == ("2611.00001", "On matter")
    assert version.seen_at.endswith("+00:00")


def test_events_of_a_day_are_those_that_their_sources_date_on_it(store: SqlStore) -> None:
    first = replace(PREPRINT, categories=("cs.CL",), authors=("Ada Lovelace",))
    put(store, first)
    versions = (Version(number=2, date="2026-11-05"), Version(number=3, date="2026-11-05"))
    put(store, replace(first, versions=(*first.versions, *versions)), paper=1)
    asked = {"kinds": ["version"]}
    found = store.happened("2026-11-05", **asked)
    assert [(e.event.detail["number"], e.key) for e in found.events] == [(2, 1), (3, 1)]
    assert found.papers == 1
    assert store.happened("2026-11-06", **asked).papers == 0
    assert store.happened("2026-11-05", kinds=["withdrawn"]).papers == 0
    assert store.happened("2026-11-05", category="cs.CL", author="ada-lovelace", **asked) == found
    assert store.happened("2026-11-05", category="cs.LG", **asked).papers == 0
    assert store.happened("2026-11-05", author="nobody", **asked).papers == 0
    assert len(store.happened("2026-11-05", limit=1, **asked).events) == 1


def test_the_newest_event_of_each_paper_says_when_it_was_learned(store: SqlStore) -> None:
    put(store, PREPRINT)
    told = store.last_told([1, 2])
    assert list(told) == [1]
    assert told[1] == store.events()[-1].seen_at
