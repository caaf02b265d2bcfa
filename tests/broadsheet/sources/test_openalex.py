"""OpenAlex's works."""

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
from broadsheet.sources.openalex import OpenAlex

JOURNAL = {"display_name": "Journal of <i>Knots</i>", "type": "journal"}
WORK: dict[str, Any] = {
    "id": "https://openalex.org/W77",
    "doi": "https://doi.org/10.1000/ABC",
    "title": "On <i>knots</i> &amp; links",
    "display_name": "Another",
    "publication_year": 2025,
    "publication_date": "2025-11-04",
    "ids": {"openalex": "https://openalex.org/W77", "pmid": "https://pubmed.ncbi.nlm.nih.gov/99"},
    "language": "en",
    "type": "article",
    "primary_location": {
        "landing_page_url": "https://doi.org/10.1000/abc",
        "license": "cc-by",
        "source": {**JOURNAL, "host_organization_name": "Knot Press"},
    },
    "locations": [
        None,
        {"landing_page_url": "https://doi.org/10.1000/abc", "source": JOURNAL},
        {
            "landing_page_url": "http://arxiv.org/abs/2501.00001",
            "pdf_url": "https://arxiv.org/pdf/2501.00001v2",
            "source": {"display_name": "arXiv (Cornell University)", "type": "repository"},
        },
        {"landing_page_url": "https://doi.org/10.48550/arxiv.2501.00001"},
        {"landing_page_url": "https://doi.org/10.2000/preprint"},
    ],
    "authorships": [
        {"author": {"display_name": "Ada Thor"}, "raw_author_name": "Thor, A."},
        {"author": {"display_name": None}, "raw_author_name": "B. Cond"},
        {"author": None},
    ],
    "keywords": [{"display_name": "Knots"}, {"keyword": "Links"}, {"display_name": None}],
    "biblio": {"volume": "8", "issue": "2", "first_page": "11", "last_page": "19"},
    "cited_by_count": 3,
    "is_retracted": False,
    "is_paratext": False,
    "abstract_inverted_index": {"We": [0, 4], "knots": [2], "tie": [5, 1], "twice.": [9]},
    "updated_date": "2026-02-03T04:05:06.000000",
}
LISTED = Plan(now=PLAN.now, selection=("type:preprint",))


def work(**changes: object) -> bytes:
    return json.dumps(WORK | changes).encode()


def answer(*works: object, cursor: str | None = None) -> dict[str, object]:
    return {"meta": {"count": 7, "next_cursor": cursor}, "results": list(works), "group_by": []}


@pytest.fixture
def openalex(clock: Callable[[], datetime]) -> OpenAlex:
    return OpenAlex(clock=clock)


@pytest.fixture
def reader(openalex: OpenAlex, reader_of: type[Any]) -> Any:
    return reader_of(openalex)


def test_every_field_lands(reader: Any) -> None:
    record = reader.only(work())
    assert record == Record(
        source="openalex",
        source_id="W77",
        title="On knots & links",
        abstract="We tie knots We tie twice.",
        authors=("Ada Thor", "B. Cond"),
        submitted="2025-11-04",
        modified="2026-02-03",
        venue="Journal of Knots",
        licence="cc-by",
        url="https://doi.org/10.1000/abc",
        doi="10.1000/abc",
        twins=("openalex:W77", "pubmed:99", "arxiv:2501.00001", "doi:10.2000/preprint"),
        keywords=("Knots", "Links"),
        counts=(("citations", 3),),
        imprint=Imprint(
            kind="article-journal",
            volume="8",
            issue="2",
            pages="11-19",
            publisher="Knot Press",
            language="en",
        ),
        raw_hash=record.raw_hash,
    )


def test_a_work_of_which_only_id_and_title_are_known_is_a_record(reader: Any) -> None:
    bare = dict.fromkeys(WORK) | {"id": WORK["id"], "display_name": "Named"}
    record = reader.only(json.dumps(bare).encode())
    assert (record.title, record.url) == ("Named", "https://openalex.org/W77")
    assert record == reader.only(b'{"id": "https://openalex.org/W77", "display_name": "Named"}')


def test_a_preprints_own_names_are_its_arxiv_id(reader: Any) -> None:
    first = WORK["locations"][2]
    by_doi = reader.only(work(doi="https://doi.org/10.48550/arXiv.2501.00001"))
    by_place = reader.only(work(doi=None, primary_location=first))
    for record in (by_doi, by_place):
        assert (record.arxiv_id, record.doi) == ("2501.00001", None)
        assert "arxiv:2501.00001" not in record.twins
        assert "doi:10.1000/abc" in record.twins
    alone = reader.only(work(doi=None, primary_location=first, locations=[first]))
    assert (alone.venue, alone.imprint.kind) == ("", "")


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ({"publication_date": "2001-01-01"}, "2001"),
        ({"publication_date": "2001-02-01"}, "2001-02"),
        ({"publication_date": None}, "2025"),
        ({"publication_date": None, "publication_year": None}, None),
    ],
)
def test_a_day_that_may_stand_for_a_month_or_year_is_not_claimed(
    reader: Any, said: dict[str, object], day: str | None
) -> None:
    assert reader.only(work(**said)).submitted == day


def test_retracted_is_a_standing(reader: Any) -> None:
    assert reader.only(work(is_retracted=True)).standing == "retracted"


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (None, ""),
        ({}, ""),
        ([], ""),
        ({"a": [3], "b": [1], "c": None, "d": ["0"], "e": [-1, True, 1e3]}, "b a"),
        ({"a": [10**30], "b": [0]}, "b a"),
    ],
)
def test_an_abstract_with_gaps_or_none_is_read(reader: Any, index: object, said: str) -> None:
    assert reader.only(work(abstract_inverted_index=index)).abstract == said


def test_a_long_word_at_many_places_is_refused_before_it_is_written(reader: Any) -> None:
    index = {"x" * 10_000: list(range(10_000))}
    assert reader.reason(work(abstract_inverted_index=index)) == "abstract over 100,000 characters"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": None}, "no id"),
        ({"id": "https://openalex.org/A5"}, "no id"),
        ({"title": "", "display_name": None}, "no title"),
        ({"is_paratext": True}, "paratext, no paper"),
        ({"publication_date": "2025-02-31"}, "publication_date is not a date"),
        ({"publication_year": -1, "publication_date": None}, "publication_date is not a date"),
        ({"publication_date": "2085-01-01"}, "publication_date is more than a year in the future"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(
    openalex: OpenAlex, changes: dict[str, object], why: str
) -> None:
    (fault, other) = page(openalex, answer(WORK | changes, WORK)).items
    assert isinstance(fault, Fault)
    assert fault.reason == why
    assert isinstance(other, Record)


def test_the_hash_tells_changes_from_counters_and_order(reader: Any) -> None:
    first = reader.only(work())
    volatile = {"cited_by_count": 9, "fwci": 1.5, "updated_date": "2026-05-05", "concepts": []}
    turned = dict(reversed((WORK | volatile).items()))
    assert reader.only(json.dumps(turned).encode()).raw_hash == first.raw_hash
    assert reader.only(work(title="On knot")).raw_hash != first.raw_hash
    assert reader.only(work(is_retracted=True)).raw_hash != first.raw_hash


def test_lists_and_the_snapshots_lines_are_read(reader: Any) -> None:
    listed = reader.items(json.dumps(answer(WORK, WORK), indent=1).encode())
    lines = reader.items(work() + b"\n" + work(title=None, display_name=None) + b"\n" + work())
    assert [item.resume for item in listed] == [1, 2]
    assert [getattr(item, "reason", "") for item in lines] == ["", "no title", ""]


def test_first_asks_for_sources_and_filters_from_a_day(openalex: OpenAlex) -> None:
    chosen = ("S1", "type:preprint", "s22")
    plan = Plan(now=PLAN.now, selection=chosen, since=date(2026, 10, 1), base="http://h/")
    assert openalex.first(plan).url == (
        "http://h/works?filter=type:preprint,primary_location.source.id:S1|S22,"
        "from_updated_date:2026-10-01&per_page=100&cursor=*"
    )
    plan = Plan(now=PLAN.now, selection=("title.search:a & b",))
    assert openalex.first(plan).url.startswith(
        "https://api.openalex.org/works?filter=title.search:a+%26+b&"
    )


@pytest.mark.parametrize("selection", [(), ("",), ("cs",), ("a:b,c:d",), ("type:",), ("S1",) * 101])
def test_a_selection_that_is_no_filter_is_refused(
    openalex: OpenAlex, selection: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidValueError):
        openalex.first(Plan(now=PLAN.now, selection=selection))


def test_pages_follow_until_there_is_no_cursor_or_no_work(openalex: OpenAlex) -> None:
    found = page(openalex, answer(WORK, cursor="IlsxXSI="), plan=LISTED)
    assert found.next is not None
    assert found.next.url.endswith("filter=type:preprint&per_page=100&cursor=IlsxXSI%3D")
    assert (found.total, len(found.items), found.gone) == (7, 1, ())
    assert page(openalex, answer(WORK), plan=LISTED).next is None
    assert page(openalex, answer(cursor="x"), plan=LISTED) == Page(items=(), total=7)


def test_a_single_work_is_a_page(openalex: OpenAlex) -> None:
    found = page(openalex, WORK, request="http://h/works/https://doi.org/10.1000%2Fabc?mailto=x")
    assert [item.source_id for item in found.items if isinstance(item, Record)] == ["W77"]
    assert (found.next, found.gone) == (None, ())


def test_a_work_that_was_merged_comes_under_its_new_id(openalex: OpenAlex) -> None:
    found = page(openalex, WORK, request="http://h/works/W5")
    (record,) = found.items
    assert isinstance(record, Record)
    assert record.source_id == "W77"
    assert record.twins[:2] == ("openalex:W77", "openalex:W5")
    assert found.gone == ("W5",)
    assert page(openalex, WORK, request="http://h/works/w77").gone == ()


def test_a_work_that_is_not_there_is_an_empty_page(openalex: OpenAlex) -> None:
    html = b"<!doctype html><title>404 Not Found</title>"
    assert page(openalex, html, status=404, request="http://h/works/W1") == Page(items=())
    with pytest.raises(SourceError):
        page(openalex, html, status=404)


def test_errors_are_no_empty_pages(openalex: OpenAlex) -> None:
    said = {"error": "Invalid query parameters error.", "message": "x is not a valid field"}
    for status in (200, 403):
        with pytest.raises(SourceError, match="not a valid field"):
            page(openalex, said, status=status)
    expired = {"error": "Pagination error.", "message": "Cursor value is invalid"}
    with pytest.raises(RestartError):
        page(openalex, expired, status=403, request="http://h/works?cursor=abc")
    with pytest.raises(SourceError, match="Pagination"):
        page(openalex, expired, status=403)


@pytest.mark.parametrize("body", [b"<html>", work()[:-9], b"[]", b"{}", b'"x"', b'{"results": 1}'])
def test_a_body_of_the_wrong_kind_is_asked_for_again(openalex: OpenAlex, body: bytes) -> None:
    with pytest.raises(RetryError):
        page(openalex, body)


def test_recognises_its_own_works_only(openalex: OpenAlex) -> None:
    assert openalex.recognises(work())
    assert openalex.recognises(json.dumps(answer(WORK)).encode())
    assert not openalex.recognises(b'{"id": "W77", "title": "x", "authorships": []}')
    assert not openalex.recognises(b"<html>//openalex.org/W1 authorships")


def test_an_error_that_was_saved_is_no_paper(reader: Any) -> None:
    assert reader.reason(b'{"error": "E", "message": "why"}').endswith("no papers: E; why")


def test_damaged_works_never_raise(openalex: OpenAlex, tmp_path: Path) -> None:
    seed = json.dumps(answer(WORK, cursor="x")).encode()
    for data in mutations(seed, 150):
        read_file(tmp_path / "works.json", data)
    read_mutations(openalex, work() + b"\n" + work(), 150, plan=LISTED)
    read_mutations(openalex, seed, 150, plan=LISTED)


def test_values_of_wrong_kinds_under_any_key_never_raise(openalex: OpenAlex) -> None:
    read_wrong_kinds(openalex, answer(WORK, cursor="x"), plan=LISTED)
    read_wrong_kinds(openalex, WORK, plan=LISTED)


@pytest.mark.shared
def test_the_recorded_samples_are_read(reader: Any, shared_data: Path) -> None:
    read = {name: reader.items(data) for name, data in samples(shared_data, "openalex")}
    records = {name: items[0].record for name, items in read.items() if name.endswith("json")}
    assert records["work_0.json"].twins == ("openalex:W4408732759", "pubmed:40120586")
    assert records["work_0.json"].authors[1] == "Christina M. Kajba"
    assert records["work_0.json"].imprint.pages == "100814"
    assert records["work_no_abstract.json"].abstract == ""
    assert records["work_no_abstract.json"].submitted == "2001"
    listed = records["works_list_title_search.json"]
    assert listed.abstract.startswith("Metal-oxide layers are likely to be present on metallic")
    assert listed.venue == "Journal of Applied Physics"
    made = records["works_cursor_page_SYNTHETIC.json"]
    assert made.abstract == "we train a model and we test a model on arXiv"
    assert (made.arxiv_id, made.twins[1]) == ("2601.00001", "doi:10.1000/xyz")
    assert claimed(reader.source, shared_data) == {"openalex"}


@pytest.mark.shared
@pytest.mark.slow
def test_damaged_samples_never_raise(openalex: OpenAlex, shared_data: Path) -> None:
    for _, data in samples(shared_data, "openalex"):
        read_mutations(openalex, data, 2_000, plan=LISTED)
