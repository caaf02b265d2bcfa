"""Crossref's works."""

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

from broadsheet.model.errors import InvalidValueError, RestartError, RetryError, SourceError
from broadsheet.model.harvest import Fault, Page, Plan
from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.crossref import Crossref

WORK: dict[str, Any] = {
    "DOI": "10.1000/ABC",
    "type": "journal-article",
    "title": ["On <i>knots</i> &amp; links", "A second title"],
    "subtitle": [],
    "container-title": ["Journal of\n   Knots", "J. Knots"],
    "abstract": "<jats:title>Abstract</jats:title><jats:p>We tie x &lt; y.</jats:p>",
    "author": [
        {"given": "Ada", "family": "Thor", "suffix": "Jr", "sequence": "first"},
        {"name": "The Knot Group", "sequence": "additional"},
        None,
    ],
    "issued": {"date-parts": [[2001, 2]]},
    "deposited": {"date-time": "2025-05-20T12:57:39Z"},
    "indexed": {"date-time": "2026-05-20T12:57:39Z"},
    "volume": "218",
    "issue": "1-2",
    "page": "1–11",
    "publisher": "Knot Press",
    "language": "en",
    "is-referenced-by-count": 7,
    "license": [
        {"content-version": "tdm", "URL": "https://h/tdm"},
        {"content-version": "vor", "URL": "https://creativecommons.org/licenses/by/4.0/"},
    ],
    "relation": {
        "has-preprint": [
            {"id-type": "doi", "id": "10.48550/arXiv.2501.00001", "asserted-by": "subject"},
            {"id-type": "doi", "id": "10.1101/2025.01.01.000001"},
        ],
        "is-cited-by": [{"id-type": "doi", "id": "10.1000/other"}],
    },
    "resource": {"primary": {"URL": "https://www.aclweb.org/anthology/P18-1001"}},
    "URL": "https://doi.org/10.1000/abc",
}
KNOTS = Plan(now=PLAN.now, selection=("prefix:10.1000",))


def listed(*works: object, cursor: str | None = None) -> dict[str, object]:
    message = {"total-results": 9, "items": list(works), "items-per-page": 1}
    message |= {"next-cursor": cursor} if cursor else {}
    return {"status": "ok", "message-type": "work-list", "message": message}


def work(**changes: object) -> bytes:
    changed = {key.replace("_", "-"): value for key, value in changes.items()}
    return json.dumps(listed(WORK | changed)).encode()


@pytest.fixture
def crossref(clock: Callable[[], datetime]) -> Crossref:
    return Crossref(clock=clock)


@pytest.fixture
def reader(crossref: Crossref, reader_of: type[Any]) -> Any:
    return reader_of(crossref)


def test_every_field_lands(reader: Any) -> None:
    record = reader.only(work())
    assert record == Record(
        source="crossref",
        source_id="10.1000/abc",
        title="On knots & links",
        abstract="We tie x < y.",
        authors=("Ada Thor Jr", "The Knot Group"),
        submitted="2001-02",
        modified="2025-05-20",
        venue="Journal of Knots",
        licence="https://creativecommons.org/licenses/by/4.0/",
        url="https://doi.org/10.1000/abc",
        doi="10.1000/abc",
        twins=("arxiv:2501.00001", "doi:10.1101/2025.01.01.000001", "acl:P18-1001"),
        counts=(("citations", 7),),
        imprint=Imprint(
            kind="article-journal",
            volume="218",
            issue="1-2",
            pages="1-11",
            publisher="Knot Press",
            language="en",
        ),
        raw_hash=record.raw_hash,
    )


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        ({"issued": {"date-parts": [[None]]}}, None),
        ({"issued": {"date-parts": [[]]}}, None),
        ({"issued": {"date-parts": []}}, None),
        ({"issued": {"date-parts": [[0]]}}, None),
        ({"issued": None, "posted": {"date-parts": [[2020, 1, 2]]}}, "2020-01-02"),
        (
            {"issued": {"date-parts": [[None]]}, "published-print": {"date-parts": [[1999]]}},
            "1999",
        ),
        ({"issued": {"date-parts": [[2001, None, 3]]}}, "2001"),
        ({"issued": {"date-parts": [["2001"]]}}, None),
    ],
)
def test_dates_say_as_much_as_their_parts(
    reader: Any, dates: dict[str, object], day: str | None
) -> None:
    assert reader.only(work(**dates)).submitted == day


def test_lists_that_are_empty_are_as_if_absent(reader: Any) -> None:
    record = reader.only(work(container_title=[], author=None, license=[], relation={}))
    assert (record.venue, record.authors, record.licence) == ("", (), "")
    assert reader.reason(work(title=[])) == "no title"
    assert reader.reason(work(title=[""])) == "no title"


def test_an_abstract_that_was_escaped_twice_is_read(reader: Any) -> None:
    text = "&lt;jats:p&gt;Knots &amp;amp; links, p &amp;lt; 0.05.&lt;/jats:p&gt;"
    assert reader.only(work(abstract=text)).abstract == "Knots & links, p < 0.05."


@pytest.mark.parametrize(
    ("notices", "standing"),
    [
        ({"updated-by": [{"type": "retraction", "source": "retraction-watch"}]}, "retracted"),
        ({"updated-by": [{"type": "withdrawal"}, {"type": "removal"}]}, "retracted"),
        ({"updated-by": [{"type": "withdrawal"}]}, "withdrawn"),
        ({"updated-by": [{"type": "correction"}, {"type": "expression_of_concern"}, None]}, ""),
        ({"update-to": [{"type": "retraction", "DOI": "10.1000/another"}]}, ""),
        ({"update-to": [{"type": "retraction", "DOI": "10.1000/abc"}]}, "retracted"),
        ({"update-to": None, "updated-by": {}}, ""),
    ],
)
def test_a_work_stands_by_the_notices_about_it_not_by_those_it_gives(
    reader: Any, notices: dict[str, object], standing: str
) -> None:
    assert reader.only(work(**notices)).standing == standing


def test_a_notice_says_what_it_takes_back(reader: Any) -> None:
    updates = [
        {"type": "retraction", "DOI": "https://doi.org/10.1000/Another"},
        {"type": "Withdrawal", "DOI": "10.48550/arXiv.2101.00001"},
        {"type": "correction", "DOI": "10.1000/mended"},
        {"type": "retraction", "DOI": "10.1000/abc"},  # itself
        {"type": "retraction", "DOI": "none"},
        {"type": "retraction"},
        None,
    ]
    assert reader.only(work(**{"update-to": updates})).takes_back == (
        ("retracted", "doi:10.1000/another"),
        ("withdrawn", "arxiv:2101.00001"),
    )


def test_a_preprint_names_its_paper_and_has_no_venue(reader: Any) -> None:
    relation = {"is-preprint-of": [{"id-type": "doi", "id": "10.1000/XYZ"}]}
    record = reader.only(work(type="posted-content", relation=relation, resource=None))
    assert (record.venue, record.imprint.kind) == ("", "article")
    assert record.twins == ("doi:10.1000/xyz",)


def test_a_book_is_named_by_its_number_a_paper_in_it_is_not(reader: Any) -> None:
    number = {"ISBN": ["978-3-16-148410-0"], "relation": None, "resource": None}
    assert reader.only(work(type="book", **number)).twins == ("isbn:9783161484100",)
    assert reader.only(work(type="book-chapter", **number)).twins == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"DOI": None}, "no DOI"),
        ({"DOI": f"10.1000/{'x' * 400}"}, "no DOI"),
        ({"type": "proceedings"}, "proceedings, no paper"),
        ({"issued": {"date-parts": [[2001, 13]]}}, "issued is not a date"),
        ({"issued": {"date-parts": [[-2001, 1]]}}, "issued is not a date"),
        ({"issued": {"date-parts": [[10**30]]}}, "issued is not a date"),
        ({"issued": {"date-parts": [[2090]]}}, "issued is more than a year in the future"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(
    crossref: Crossref, changes: dict[str, object], why: str
) -> None:
    (fault, record) = page(crossref, listed(WORK | changes, WORK)).items
    assert isinstance(fault, Fault)
    assert fault.reason == why
    assert isinstance(record, Record)


def test_the_hash_tells_changes_from_counters_and_order(reader: Any) -> None:
    first = reader.only(work())
    turned = dict(reversed((WORK | {"is-referenced-by-count": 8, "score": 2.5}).items()))
    assert reader.only(json.dumps(turned).encode()).raw_hash == first.raw_hash
    assert reader.only(work(volume="219")).raw_hash != first.raw_hash


def test_first_asks_for_what_is_selected_from_a_day(crossref: Crossref) -> None:
    chosen = ("prefix:10.18653", "issn:2307-387X", "container:Journal of Knots & Links")
    plan = Plan(now=PLAN.now, selection=chosen, since=date(2026, 10, 1), base="http://h/")
    assert crossref.first(plan).url == (
        "http://h/works?filter=prefix:10.18653,issn:2307-387X,container-title:Journal+of+Knots+"
        "%26+Links,from-index-date:2026-10-01&rows=500&cursor=*"
    )
    assert crossref.first(KNOTS).url.startswith("https://api.crossref.org/works?filter=prefix:")


@pytest.mark.parametrize(
    "selection",
    [(), ("",), ("prefix:",), ("prefix:x",), ("issn:1",), ("container:A, B",), ("type:book",)],
)
def test_a_selection_that_is_none_is_refused(
    crossref: Crossref, selection: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidValueError):
        crossref.first(Plan(now=PLAN.now, selection=selection))


def test_pages_follow_until_one_is_empty(crossref: Crossref) -> None:
    found = page(crossref, listed(WORK, cursor="A+/b=="), plan=KNOTS)
    assert found.next is not None
    assert found.next.url.endswith("?filter=prefix:10.1000&rows=500&cursor=A%2B%2Fb%3D%3D")
    assert found.total == 9
    # The cursor may stay the same from page to page.
    same = page(crossref, listed(WORK, cursor="A+/b=="), request=found.next, plan=KNOTS)
    assert same.next == found.next
    end = page(crossref, listed(cursor="A+/b=="), request=found.next, plan=KNOTS)
    assert end == Page(items=(), total=9)


def test_a_single_work_is_a_page_and_one_that_is_not_there_an_empty_one(
    crossref: Crossref,
) -> None:
    url = "http://h/works/10.1000%2Fabc"
    body = {"status": "ok", "message-type": "work", "message": WORK}
    found = page(crossref, body, request=url)
    assert [item.source_id for item in found.items if isinstance(item, Record)] == ["10.1000/abc"]
    assert found.next is None
    assert page(crossref, b"Resource not found.", status=404, request=url) == Page(items=())
    with pytest.raises(SourceError):
        page(crossref, b"Resource not found.", status=404)


def test_errors_are_no_empty_pages(crossref: Crossref) -> None:
    said = {
        "status": "failed",
        "message-type": "validation-failure",
        "message": [{"type": "filter-not-available", "message": "No such filter"}],
    }
    for status in (200, 400):
        with pytest.raises(SourceError, match="No such filter"):
            page(crossref, said, status=status)
    old = {"status": "error", "message-type": "exception", "message": {"message": "bad cursorMark"}}
    with pytest.raises(RestartError):
        page(crossref, old, status=400, request="http://h/works?cursor=abc")


def test_an_error_that_was_saved_is_no_paper(reader: Any) -> None:
    said = {"status": "failed", "message-type": "validation-failure", "message": [{"message": "N"}]}
    assert reader.reason(json.dumps(said).encode()) == "an error of the server, no papers: N"


@pytest.mark.parametrize(
    "body",
    [b"<html>", work()[:-9], b"[]", b"{}", b'{"message": {}}', b'{"message": {"items": null}}'],
)
def test_a_body_of_the_wrong_kind_is_asked_for_again(crossref: Crossref, body: bytes) -> None:
    with pytest.raises(RetryError):
        page(crossref, body)


def test_works_alone_a_line_or_in_a_list_are_read(reader: Any) -> None:
    alone = json.dumps(WORK).encode()
    items = {"items": [WORK, WORK]}
    assert len(reader.items(alone + b"\n" + alone)) == 2
    assert len(reader.items(json.dumps(items).encode())) == 2


def test_recognises_its_own_works_only(crossref: Crossref) -> None:
    assert crossref.recognises(work())
    assert crossref.recognises(json.dumps(WORK).encode())
    assert not crossref.recognises(json.dumps(WORK | {"title": "CSL"}).encode())
    assert not crossref.recognises(b'<a>"DOI" "title": [')


def test_damaged_works_never_raise(crossref: Crossref, tmp_path: Path) -> None:
    seed = json.dumps(listed(WORK, WORK | {"DOI": "10.1000/d"}, cursor="x")).encode()
    for data in mutations(seed, 200):
        read_file(tmp_path / "works.json", data)
    read_mutations(crossref, seed, 200, plan=KNOTS)
    read_mutations(crossref, json.dumps(WORK).encode(), 200, plan=KNOTS)


def test_values_of_wrong_kinds_under_any_key_never_raise(crossref: Crossref) -> None:
    update = [{"type": "retraction", "DOI": "10.1000/abc"}]
    read_wrong_kinds(crossref, listed(WORK | {"update-to": update}, cursor="x"), plan=KNOTS)


@pytest.mark.shared
def test_the_recorded_samples_are_read(reader: Any, shared_data: Path) -> None:
    read = {name: reader.items(data) for name, data in samples(shared_data, "crossref")}
    single = read["work_single.json"][0].record
    assert (single.doi, single.submitted, single.modified) == (
        "10.1023/a:1007154515475",
        "2001-02",
        "2025-05-20",
    )
    assert (single.imprint.volume, single.imprint.issue, single.imprint.pages) == (
        "218",
        "1-2",
        "1-11",
    )
    shaw = read["works_query_wrong_match.json"][0].record
    assert shaw.twins == ("acl:N18-2074",)
    assert shaw.venue.startswith("Proceedings of the 2018 Conference of the North American Chapter")
    assert shaw.imprint.kind == "paper-conference"
    assert read["works_select_fields.json"][0].record.authors == ("Jiaye Han",)
    assert claimed(reader.source, shared_data) == {"crossref"}


@pytest.mark.shared
@pytest.mark.slow
def test_damaged_samples_never_raise(crossref: Crossref, shared_data: Path) -> None:
    for _, data in samples(shared_data, "crossref"):
        read_mutations(crossref, data, 2_000, plan=KNOTS)
