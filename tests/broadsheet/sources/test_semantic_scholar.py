"""Semantic Scholar's papers."""

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
from broadsheet.model.harvest import Fault, Page, Plan, Request
from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.semantic_scholar import SemanticScholar

SHA = "0123456789abcdef0123456789abcdef01234567"
PAPER: dict[str, Any] = {
    "paperId": SHA,
    "externalIds": {
        "DBLP": "conf/acl/Thor25",
        "MAG": "2963403868",
        "ArXiv": "2501.00001",
        "ACL": "P18-1001",
        "DOI": "10.18653/V1/P18-1001",
        "PubMed": "99",
        "CorpusId": 42,
    },
    "corpusId": 42,
    "url": f"https://www.semanticscholar.org/paper/{SHA}",
    "title": "On  knots",
    "abstract": "We tie\nknots.",
    "tldr": {"model": "tldr@v2", "text": "Knots are tied."},
    "venue": "Annual Meeting of Knots",
    "year": 2025,
    "publicationDate": "2025-01-06",
    "publicationTypes": ["JournalArticle", "Conference"],
    "journal": {"pages": "\n   11–19\n ", "volume": "8"},
    "openAccessPdf": {"url": "", "status": None, "license": "CCBY"},
    "citationCount": 12,
    "influentialCitationCount": 2,
    "authors": [{"authorId": "1", "name": "Ada Thor"}, {"authorId": None, "name": "B. Cond"}, None],
}
ROW: dict[str, Any] = {
    "corpusid": 42,
    "externalids": {"ACL": None, "ArXiv": "2501.00001", "CorpusId": "42", "DOI": None},
    "url": f"https://www.semanticscholar.org/paper/{SHA}",
    "title": "On knots",
    "authors": [{"authorId": "1", "name": "Ada Thor"}],
    "venue": "arXiv.org",
    "year": 2025,
    "citationcount": 12,
    "influentialcitationcount": 2,
    "publicationtypes": ["JournalArticle"],
    "publicationdate": "2025-01-06",
    "journal": {"name": "ArXiv", "volume": "abs/2501.00001", "pages": None},
}
DIFFS = {"dataset": "papers", "diffs": [{"update_files": ["https://h/1.gz"], "delete_files": []}]}
SEARCH = Plan(now=PLAN.now, selection=("knots -links",), since=date(2026, 10, 1), base="http://h")
FEW = Plan(now=PLAN.now, selection=("ARXIV:2301.00001",))
IDS = Plan(now=PLAN.now, selection=tuple(f"ARXIV:2501.{n:05}" for n in range(1, 1_202)))


def paper(**changes: object) -> bytes:
    return json.dumps(PAPER | changes).encode()


def row(**changes: object) -> bytes:
    return json.dumps(ROW | changes).encode()


@pytest.fixture
def scholar(clock: Callable[[], datetime]) -> SemanticScholar:
    return SemanticScholar(clock=clock)


@pytest.fixture
def reader(scholar: SemanticScholar, reader_of: type[Any]) -> Any:
    return reader_of(scholar)


def titles(found: Page) -> list[str]:
    return [item.title if isinstance(item, Record) else item.reason for item in found.items]


def test_every_field_lands(reader: Any) -> None:
    record = reader.only(paper())
    assert record == Record(
        source="semantic_scholar",
        source_id=SHA,
        title="On knots",
        abstract="We tie knots.",
        summary="Knots are tied.",
        authors=("Ada Thor", "B. Cond"),
        submitted="2025-01-06",
        venue="Annual Meeting of Knots",
        licence="CCBY",
        url=f"https://www.semanticscholar.org/paper/{SHA}",
        arxiv_id="2501.00001",
        doi="10.18653/v1/p18-1001",
        twins=("s2:42", "dblp:conf/acl/Thor25", "acl:P18-1001", "pubmed:99"),
        counts=(("citations", 12), ("influential_citations", 2)),
        imprint=Imprint(kind="paper-conference", volume="8", pages="11-19"),
        raw_hash=record.raw_hash,
    )


def test_the_datasets_lines_are_the_same_papers(reader: Any) -> None:
    items = reader.items(row() + b"\n" + row(title=None) + b"\n" + row(url=None))
    record, other = items[0].record, items[2].record
    assert (record.source_id, record.twins) == (SHA, ("s2:42",))
    assert record.counts == (("citations", 12), ("influential_citations", 2))
    assert record.venue == ""
    assert record.imprint == Imprint(volume="abs/2501.00001")
    assert items[1].reason == "no title"
    assert (other.source_id, other.url) == (
        "CorpusId:42",
        "https://www.semanticscholar.org/paper/CorpusId:42",
    )


def test_a_list_of_dataset_files_holds_no_papers(reader: Any, scholar: SemanticScholar) -> None:
    assert scholar.recognises(json.dumps(DIFFS, indent=1).encode())
    assert reader.reason(json.dumps(DIFFS).encode()) == (
        "a list of dataset files to be downloaded, no papers"
    )
    with pytest.raises(SourceError, match="dataset files"):
        page(scholar, DIFFS)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ([None, PAPER, None, PAPER], ["On knots"] * 2),
        ([None], []),
        (PAPER, ["On knots"]),
        ({"data": []}, []),
        ({"data": [PAPER | {"matchScore": 133.3}]}, ["On knots"]),
        ({"recommendedPapers": [{"paperId": SHA, "title": "R"}]}, ["R"]),
        (
            {
                "data": [
                    {"citedPaper": None, "intents": []},
                    {"citedPaper": PAPER, "contexts": ["x"], "isInfluential": True},
                    {"citingPaper": {"paperId": None, "title": "Unknown there"}},
                ]
            },
            ["On knots", "no id"],
        ),
    ],
)
def test_every_shape_of_answer_is_read(
    reader: Any, scholar: SemanticScholar, body: object, found: list[str]
) -> None:
    assert titles(page(scholar, body)) == found
    read = reader.items(json.dumps(body).encode())
    assert [getattr(item, "reason", None) or item.record.title for item in read] == found


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"paperId": None, "url": None, "corpusId": None, "externalIds": None}, "no id"),
        ({"title": None}, "no title"),
        ({"publicationDate": "2025-02-31"}, "publicationDate is not a date"),
        ({"publicationDate": None, "year": -7}, "year is not a date"),
        ({"publicationDate": None, "year": 2090}, "year is more than a year in the future"),
        ({"venue": "x" * 301}, "venue over 300 characters"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(
    scholar: SemanticScholar, changes: dict[str, object], why: str
) -> None:
    (fault, record) = page(scholar, [PAPER | changes, PAPER]).items
    assert isinstance(fault, Fault)
    assert fault.reason == why
    assert isinstance(record, Record)


def test_only_what_was_asked_for_comes_back(reader: Any) -> None:
    record = reader.only(json.dumps({"paperId": SHA, "title": "T", "abstract": None}).encode())
    assert (record.abstract, record.authors, record.submitted, record.twins) == ("", (), None, ())
    assert reader.only(paper(publicationDate=None)).submitted == "2025"


def test_arxiv_as_venue_or_doi_is_no_publication(reader: Any) -> None:
    ids = {"DOI": "10.48550/arXiv.2501.00001"}
    record = reader.only(paper(venue="arXiv.org", externalIds=ids))
    assert (record.venue, record.arxiv_id, record.doi) == ("", "2501.00001", None)
    assert record.imprint.kind == ""


def test_the_hash_tells_changes_from_counters_and_order(reader: Any) -> None:
    first = reader.only(paper())
    turned = dict(reversed((PAPER | {"citationCount": 13, "matchScore": 9.5}).items()))
    assert reader.only(json.dumps(turned).encode()).raw_hash == first.raw_hash
    assert reader.only(paper(abstract="Other")).raw_hash != first.raw_hash


def test_first_searches_from_a_day(scholar: SemanticScholar) -> None:
    url = scholar.first(SEARCH).url
    assert url.startswith("http://h/paper/search/bulk?query=knots+-links&fields=title,abstract,")
    assert url.endswith("&publicationDateOrYear=2026-10-01:")
    assert "tldr" not in url


def test_a_search_goes_on_by_its_token(scholar: SemanticScholar) -> None:
    first = scholar.first(SEARCH)
    found = page(scholar, {"total": 9, "token": "A+B", "data": [PAPER]}, request=first, plan=SEARCH)
    assert found.total == 9
    assert found.next is not None
    assert found.next.url == f"{first.url}&token=A%2BB"
    again = page(scholar, {"token": "C", "data": [PAPER]}, request=found.next, plan=SEARCH)
    assert again.next == Request(url=f"{first.url}&token=C", accept="application/json")
    for last in ({"token": None, "data": [PAPER]}, {"token": "A", "data": []}):
        assert page(scholar, last, request=first, plan=SEARCH).next is None
    with pytest.raises(RestartError):
        page(scholar, {"error": "Invalid token"}, status=400, request=found.next, plan=SEARCH)


def test_lists_go_on_by_offset_as_far_as_the_server_lets_them(scholar: SemanticScholar) -> None:
    body = {"offset": 0, "next": 50, "data": [{"citedPaper": PAPER}]}
    found = page(scholar, body, request=f"http://h/paper/{SHA}/references?limit=50&offset=0")
    assert found.next is not None
    assert found.next.url == f"http://h/paper/{SHA}/references?limit=50&offset=50"
    body |= {"offset": 900, "next": 1_000}
    assert page(scholar, body, request="http://h/paper/search?query=x&offset=900").next is None
    assert page(scholar, body | {"next": 900}, request="http://h/paper/x/citations").next is None


def test_ids_are_looked_up_500_at_a_time(scholar: SemanticScholar) -> None:
    request: Request | None = scholar.first(IDS)
    seen: list[str] = []
    while request is not None:
        assert request.url.startswith("https://api.semanticscholar.org/graph/v1/paper/batch?")
        assert request.url.endswith(",tldr")
        ids = json.loads(request.body)["ids"]
        assert len(ids) <= 500
        seen += ids
        request = page(scholar, [None] * len(ids), request=request, plan=IDS).next
    assert seen == list(IDS.selection)


def test_ids_are_named_as_the_server_wants_them_each_once(scholar: SemanticScholar) -> None:
    asked = ("https://arxiv.org/abs/2301.00001v2", "arxiv:2301.00001", "doi:10.1000/X", SHA)
    asked += ("corpusid:7", "acl:P18-1001", "https://doi.org/10.1000/x")
    body = scholar.first(Plan(now=PLAN.now, selection=asked)).body
    assert json.loads(body)["ids"] == [
        "ARXIV:2301.00001",
        "DOI:10.1000/x",
        SHA,
        "CorpusId:7",
        "ACL:P18-1001",
    ]


@pytest.mark.parametrize("selection", [(), ("",), ("one", "two"), ("ARXIV:2301.00001", "knots")])
def test_a_selection_that_is_neither_is_refused(
    scholar: SemanticScholar, selection: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidValueError):
        scholar.first(Plan(now=PLAN.now, selection=selection))


def test_nothing_found_is_an_empty_page_and_ids_go_on(scholar: SemanticScholar) -> None:
    for status, said in (
        (404, f"Paper with id {SHA} not found"),
        (404, "Title match not found"),
        (400, "No valid paper ids given"),
    ):
        assert page(scholar, {"error": said}, status=status) == Page(items=())
    found = page(
        scholar,
        {"error": "No valid paper ids given"},
        status=400,
        request=scholar.first(IDS),
        plan=IDS,
    )
    assert found.next is not None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "Unrecognized or unsupported fields: [unknown]"}),
        (403, {"message": "Forbidden"}),
        (404, b"<html>Not Found</html>"),
    ],
)
def test_errors_are_no_empty_pages(scholar: SemanticScholar, status: int, body: object) -> None:
    with pytest.raises(SourceError) as caught:
        page(scholar, body, status=status)
    assert not isinstance(caught.value, RetryError)


@pytest.mark.parametrize("body", [b"<html>", paper()[:-9], b"{}", b'"x"', b"7"])
def test_a_body_of_the_wrong_kind_is_asked_for_again(scholar: SemanticScholar, body: bytes) -> None:
    with pytest.raises(RetryError):
        page(scholar, body)


def test_recognises_its_own_papers_only(scholar: SemanticScholar) -> None:
    for data in (paper(), row(), b"[null, " + paper() + b"]"):
        assert scholar.recognises(data)
    assert not scholar.recognises(b'{"title": "x", "authors": []}')
    assert not scholar.recognises(b'"paperId" "title"')


def test_damaged_papers_never_raise(scholar: SemanticScholar, tmp_path: Path) -> None:
    batch = json.dumps([None, PAPER, {"citedPaper": PAPER}]).encode()
    for data in mutations(batch, 150):
        read_file(tmp_path / "papers.json", data)
    read_mutations(scholar, batch, 150, plan=FEW)
    read_mutations(scholar, row() + b"\n" + row(), 150, plan=FEW)
    search = json.dumps({"total": 1, "token": "t", "data": [PAPER], "next": 3}).encode()
    read_mutations(scholar, search, 150, plan=SEARCH)


def test_values_of_wrong_kinds_under_any_key_never_raise(scholar: SemanticScholar) -> None:
    read_wrong_kinds(scholar, [PAPER], plan=FEW)
    read_wrong_kinds(scholar, ROW, plan=FEW)
    read_wrong_kinds(scholar, {"token": "t", "next": 3, "data": [{"citedPaper": ROW}]}, plan=SEARCH)


@pytest.mark.shared
def test_the_recorded_samples_are_read(reader: Any, shared_data: Path) -> None:
    read = {name: reader.items(data) for name, data in samples(shared_data, "semantic_scholar")}
    batch = [item.record for item in read["paper_batch_with_nulls.json"]]
    assert [r.twins for r in batch] == [("s2:470667",), ("s2:3142471",), ("s2:255313304",)]
    assert [r.submitted for r in batch] == ["2001-10-01", "2013-04-10", "2023"]
    assert {item.reason for item in read["paper_batch.json"]} == {"no title"}
    match = read["search_match_attention.json"][0].record
    assert (match.arxiv_id, match.doi) == ("1706.03762", None)
    assert match.twins == ("s2:13756489", "dblp:journals/corr/VaswaniSPUJGKP17")
    assert match.imprint == Imprint(kind="paper-conference", pages="5998-6008")
    assert len(read["references_page.json"]) == 3
    assert len(read["recommendations.json"]) == 2
    assert read["search_match_empty.json"] == []
    assert "unsupported fields" in read["error_400.json"][0].reason
    assert "dataset files" in read["dataset_diffs.json"][0].reason
    assert claimed(reader.source, shared_data) == {"semantic_scholar"}


@pytest.mark.shared
@pytest.mark.slow
def test_damaged_samples_never_raise(scholar: SemanticScholar, shared_data: Path) -> None:
    for _, data in samples(shared_data, "semantic_scholar"):
        read_mutations(scholar, data, 2_000, plan=FEW)
