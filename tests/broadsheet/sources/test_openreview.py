"""OpenReview's notes."""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.broadsheet.sources.asking import (
    PLAN,
    claimed,
    page,
    read_mutations,
    read_wrong_kinds,
    samples,
)
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import Fault, Page, Plan
from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.openreview import OpenReview

VENUE = "ICLR.cc/2026/Conference"
CONTENT: dict[str, Any] = {
    "title": "On knots",
    "abstract": "We tie\nknots.",
    "authors": ["Ada Thor", "thor@example.org", "B. Cond"],
    "authorids": ["~Ada_Thor1", "thor@example.org", "****@example.org"],
    "keywords": ["knots", "links"],
    "TLDR": "Tied.",
    "venue": "ICLR 2026 Spotlight",
    "venueid": VENUE,
    "pdf": "/pdf/abc.pdf",
    "code": "https://example.org/knots",
    "_bibtex": "@inproceedings{\nthor2026,}",
}


def new(**changes: object) -> dict[str, Any]:
    """Return a note of API 2; changes are of its content."""
    wrapped = {key: {"value": value} for key, value in (CONTENT | changes).items()}
    return {
        "id": "aB_3-x",
        "forum": "aB_3-x",
        "invitations": [f"{VENUE}/-/Submission", f"{VENUE}/-/Edit"],
        "cdate": 1_759_276_799_999,
        "tcdate": 1_750_000_000_000,
        "pdate": 1_769_000_000_000,
        "mdate": 1_770_000_000_000,
        "tmdate": 1_771_000_000_000,
        "license": "CC BY 4.0",
        "externalIds": ["dblp:conf/iclr/Thor26", "arxiv:2601.00001v2", "odd"],
        "content": wrapped,
    }


def old(**changes: object) -> dict[str, Any]:
    """Return a note of API 1."""
    note = new() | {"content": CONTENT | changes, "invitation": f"{VENUE}/-/Blind_Submission"}
    del note["invitations"]
    return note


def answer(*notes: object) -> dict[str, object]:
    return {"notes": list(notes), "count": 31}


def asking(*names: str, **changes: Any) -> Plan:
    return Plan(now=PLAN.now, selection=names or (VENUE,), **changes)


@pytest.fixture
def openreview(clock: Callable[[], datetime]) -> OpenReview:
    return OpenReview(clock=clock)


@pytest.fixture
def reader(openreview: OpenReview, reader_of: type[Any]) -> Any:
    return reader_of(openreview)


def only(reader: Any, note: dict[str, Any]) -> Record:
    record = reader.only(json.dumps(answer(note)).encode())
    assert isinstance(record, Record)
    return record


def test_every_field_lands_from_both_apis(reader: Any) -> None:
    record = only(reader, new())
    assert record == Record(
        source="openreview",
        source_id="aB_3-x",
        title="On knots",
        abstract="We tie knots.",
        summary="Tied.",
        authors=("Ada Thor", "B. Cond"),
        submitted="2025-09-30",
        announced="2026-01-21",
        modified="2026-02-13",
        venue="ICLR 2026",
        comment="ICLR 2026 Spotlight",
        licence="CC BY 4.0",
        url="https://openreview.net/forum?id=aB_3-x",
        twins=("openreview:aB_3-x", "dblp:conf/iclr/Thor26", "arxiv:2601.00001"),
        code="https://example.org/knots",
        keywords=("knots", "links"),
        imprint=Imprint(kind="paper-conference"),
        raw_hash=record.raw_hash,
    )
    assert only(reader, old()) == record


@pytest.mark.parametrize(
    ("venue_id", "venue", "standing"),
    [
        (VENUE, "ICLR 2026", ""),
        (f"{VENUE}/Rejected_Submission", "", ""),
        (f"{VENUE}/Desk_Rejected_Submission", "", ""),
        (f"{VENUE}/Withdrawn_Submission", "", "withdrawn"),
        (f"{VENUE}/Submission", "", ""),
        (f"{VENUE}/Some_New_Status", "", ""),
        ("TMLR/Under_Review", "", ""),
        ("TMLR/Rejected", "", ""),
        ("TMLR/Assigned_AE", "", ""),
        ("TMLR/Retracted_Acceptance", "", "retracted"),
        ("dblp.org/conf/iclr/2026", "ICLR 2026", ""),
        (None, "", ""),
    ],
)
def test_the_venues_own_id_says_accepted(
    reader: Any, venue_id: str | None, venue: str, standing: str
) -> None:
    for note in (new(venueid=venue_id), old(venueid=venue_id)):
        record = only(reader, note)
        assert (record.venue, record.standing) == (venue, standing)
        assert (record.imprint is None) == (not venue)


@pytest.mark.parametrize(
    ("shown", "venue"),
    [
        ("ICLR 2026 Oral", "ICLR 2026"),
        ("ICML 2026 spotlightposter", "ICML 2026"),
        ("ICLR 2023 notable top 5%", "ICLR 2023"),
        ("NeurIPS 2025 (poster)", "NeurIPS 2025"),
        ("TMLR", "TMLR"),
        ("CoRR 2025", ""),
        ("", "ICLR 2026"),
        (None, "ICLR 2026"),
    ],
)
def test_a_venue_is_named_without_how_it_was_presented(
    reader: Any, shown: str | None, venue: str
) -> None:
    assert only(reader, new(venue=shown)).venue == venue


def test_a_rejected_paper_says_where_it_was_sent(reader: Any) -> None:
    note = new(venue="Submitted to ICLR 2026", venueid=f"{VENUE}/Rejected_Submission")
    assert only(reader, note).comment == "Submitted to ICLR 2026"


def test_times_are_milliseconds_and_the_first_that_is_known_counts(reader: Any) -> None:
    assert only(reader, new() | {"cdate": None}).submitted == "2025-06-15"
    assert only(reader, new() | {"tmdate": None}).modified == "2026-02-02"
    assert only(reader, new() | {"pdate": None}).announced is None
    assert only(reader, new() | {"cdate": -1}).submitted == "1969-12-31"


@pytest.mark.parametrize("number", [10**20, -(10**20), 10**300, 1e300])
def test_a_time_out_of_the_calendar_is_refused(reader: Any, number: float) -> None:
    note = new() | {"cdate": number}
    assert reader.reason(json.dumps(answer(note)).encode()) == "cdate is not a date"


def test_addresses_that_are_ids_are_other_names(reader: Any) -> None:
    note = new(pdf="https://arxiv.org/pdf/1312.6114v1", html="https://doi.org/10.1000/X")
    assert only(reader, note | {"externalIds": None}).twins == (
        "openreview:aB_3-x",
        "arxiv:1312.6114",
        "doi:10.1000/x",
    )


def test_names_may_be_objects_and_no_address_is_kept(reader: Any) -> None:
    names = [{"fullname": "Ada Thor", "username": "~Ada_Thor1"}, {"username": "x"}, 7, "a@b.org"]
    assert only(reader, new(authors=names)).authors == ("Ada Thor",)
    assert only(reader, new(authors=["Anonymous"])).authors == ()
    assert "@" not in repr(only(reader, new()))


def test_fields_of_other_kinds_count_as_absent(reader: Any) -> None:
    note = new(abstract=7, authors="x", keywords="knots, links;knots", TLDR=None, code="see paper")
    record = only(reader, note)
    assert (record.abstract, record.authors, record.code) == ("", (), "")
    assert record.keywords == ("knots", "links")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": None}, "no id"),
        ({"id": "a b"}, "no id"),
        ({"forum": "other"}, "a reply, no paper"),
        ({"replyto": "other"}, "a reply, no paper"),
        ({"content": None}, "no title"),
        ({"cdate": 4_000_000_000_000}, "cdate is more than a year in the future"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(
    openreview: OpenReview, changes: dict[str, object], why: str
) -> None:
    (fault, record) = page(openreview, answer(new() | changes, new()), plan=asking()).items
    assert isinstance(fault, Fault)
    assert fault.reason == why
    assert isinstance(record, Record)


def test_a_deleted_note_is_gone_one_to_be_deleted_later_is_not(
    openreview: OpenReview, reader: Any
) -> None:
    deleted = new() | {"ddate": 1_771_000_000_000}
    later = new() | {"ddate": 1_900_000_000_000}
    found = page(openreview, answer(deleted, later), plan=asking())
    assert (len(found.items), found.gone) == (1, ("aB_3-x",))
    assert reader.reason(json.dumps(answer(deleted)).encode()) == "deleted at the source"


def test_the_hash_tells_changes_from_the_day_of_change(reader: Any) -> None:
    first = only(reader, new())
    assert only(reader, new() | {"tmdate": 1_772_000_000_000}).raw_hash == first.raw_hash
    assert only(reader, new(venueid=f"{VENUE}/Submission")).raw_hash != first.raw_hash


def test_first_asks_for_a_venue_of_either_api(openreview: OpenReview) -> None:
    assert openreview.first(asking()).url == (
        "https://api2.openreview.net/notes?content.venueid=ICLR.cc/2026/Conference"
        "&limit=1000&sort=id"
    )
    assert openreview.first(asking("ICLR.cc/2021/Conference/-/Blind_Submission")).url == (
        "https://api.openreview.net/notes?invitation=ICLR.cc/2021/Conference/-/Blind_Submission"
        "&limit=1000&sort=id"
    )
    assert openreview.first(asking(base="http://h/")).url.startswith("http://h/notes?")


@pytest.mark.parametrize("selection", [(), ("",), ("ICLR 2026",), (VENUE, "a?b"), ("/a",)])
def test_a_selection_that_is_no_venue_is_refused(
    openreview: OpenReview, selection: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidValueError):
        openreview.first(Plan(now=PLAN.now, selection=selection))


def test_pages_follow_the_last_id_then_the_next_venue(openreview: OpenReview) -> None:
    plan = asking(VENUE, "TMLR")
    first = openreview.first(plan)
    second = page(openreview, answer(new(), {"id": "zz"}, None), request=first, plan=plan).next
    assert second is not None
    assert second.url == f"{first.url}&after=zz"
    other = page(openreview, answer(), request=second, plan=plan).next
    assert other is not None
    assert other.url.endswith("?content.venueid=TMLR&limit=1000&sort=id")
    assert page(openreview, answer(), request=other, plan=plan).next is None
    assert page(openreview, answer(), request=other, plan=plan).total == 31


def test_a_server_that_knows_no_after_is_not_asked_for_ever(openreview: OpenReview) -> None:
    request = page(openreview, answer(new()), request=openreview.first(asking()), plan=asking())
    assert request.next is not None
    assert page(openreview, answer(new()), request=request.next, plan=asking()).next is None


def test_since_leaves_out_what_has_not_changed(openreview: OpenReview) -> None:
    def count(day: date) -> int:
        return len(page(openreview, answer(new()), plan=asking(since=day)).items)

    assert (count(date(2026, 2, 13)), count(date(2026, 2, 14))) == (1, 0)


def test_errors_are_no_empty_pages(openreview: OpenReview) -> None:
    refused = {"name": "ForbiddenError", "message": "You may not", "status": 403}
    with pytest.raises(SourceError, match="You may not") as caught:
        page(openreview, refused, status=403)
    assert not isinstance(caught.value, RetryError)
    with pytest.raises(SourceError, match="old"):
        page(openreview, {"errors": [{"message": "old"}]}, status=400)
    with pytest.raises(RetryError):
        page(openreview, {"name": "RateLimitError", "message": "Too many", "status": 429})
    missing = {"name": "NotFoundError", "message": "The Note x was not found", "status": 404}
    assert page(openreview, missing, status=404) == Page(items=())
    assert page(openreview, answer()) == Page(items=(), total=31)


@pytest.mark.parametrize("body", [b"<html>", b'{"notes": [', b"[]", b"{}", b'{"notes": null}'])
def test_a_body_of_the_wrong_kind_is_asked_for_again(openreview: OpenReview, body: bytes) -> None:
    with pytest.raises(RetryError):
        page(openreview, body)


def test_recognises_its_own_notes_only(openreview: OpenReview) -> None:
    for note in (new(), old(), answer(new()), [old()]):
        assert openreview.recognises(json.dumps(note).encode())
    assert not openreview.recognises(b'{"forum": "x", "content": "y", "title": "z"}')
    assert not openreview.recognises(b'<a> "forum" "content" "invitation"')


def test_notes_a_line_are_read(reader: Any) -> None:
    assert len(reader.items(json.dumps(new()).encode() + b"\n" + json.dumps(old()).encode())) == 2


def test_damaged_notes_never_raise(openreview: OpenReview, tmp_path: Path) -> None:
    seed = json.dumps(answer(new(), old())).encode()
    for data in mutations(seed, 200):
        read_file(tmp_path / "notes.json", data)
    read_mutations(openreview, seed, 200, plan=asking())
    read_mutations(openreview, json.dumps(new()).encode(), 200, plan=asking())


def test_values_of_wrong_kinds_under_any_key_never_raise(openreview: OpenReview) -> None:
    read_wrong_kinds(openreview, answer(new() | {"ddate": None}), plan=asking())
    read_wrong_kinds(openreview, old(), plan=asking())


@pytest.mark.shared
def test_the_recorded_samples_are_read(reader: Any, shared_data: Path) -> None:
    read = {name: reader.items(data) for name, data in samples(shared_data, "openreview")}
    record = read["v2_notes_SYNTHETIC.json"][0].record
    assert (record.title, record.venue) == ("VICReg for JEPA", "ICLR 2024")
    assert (record.submitted, record.announced) == ("2023-11-14", "2024-01-16")
    assert record.keywords == ("JEPA", "self-supervised")
    older = read["v1_notes_SYNTHETIC.json"][0].record
    assert (older.authors, older.venue) == (("Grace Hopper",), "")
    assert "Too many requests" in read["error_429_real.json"][0].reason
    assert claimed(reader.source, shared_data) == {"openreview"}


@pytest.mark.shared
@pytest.mark.slow
def test_damaged_samples_never_raise(openreview: OpenReview, shared_data: Path) -> None:
    for _, data in samples(shared_data, "openreview"):
        read_mutations(openreview, data, 2_000, plan=asking())
