"""The API over a real library, asked as a program asks it."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from broadsheet.asgi import make_app
from broadsheet.wiring import open_library, read_settings

PAPERS = [
    {
        "id": "arxiv:2101.00001",
        "title": "Compact codes for nearest neighbour search in $\\ell_p$",
        "abstract": "We compress vectors to a few bytes and search them quickly.",
        "authors": ["Ada Quill", "Jürgen Müller"],
        "categories": ["cs.IR", "cs.DB"],
        "date": "2021-01-04",
        "doi": "10.1000/Codes.1",
        "versions": [{"version": 1, "date": "2021-01-04"}, {"version": 2, "date": "2021-02-01"}],
    },
    {
        "id": "arxiv:hep-th/9901001",
        "title": "A note on strings",
        "abstract": "Strings vibrate.",
        "authors": ["Bo Ek"],
        "categories": ["hep-th"],
        "date": "1999-01-01",
    },
    {
        "id": "arxiv:2101.00002",
        "title": "Folding proteins with graph networks",
        "abstract": "A network over residues predicts how a protein folds.",
        "categories": ["q-bio.BM"],
        "date": "2021-01-04",
        "venue": "ISMB 2021",
    },
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("api")
    file = folder / "papers.jsonl"
    file.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS), "utf-8")
    services = open_library(read_settings(library=folder / "library", environment={}), create=True)
    services.importing.run([Path(file)])
    services.embedding.run()
    app = make_app(services)
    local = "http://127.0.0.1"
    with TestClient(app, base_url=local, raise_server_exceptions=False) as client:
        yield client
    services.close()


def _get(client: TestClient, path: str, status: int = 200) -> dict:  # type: ignore[type-arg]
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == status, answer.text
    return answer.json()  # type: ignore[no-any-return]


def test_a_search_says_why(client: TestClient) -> None:
    found = _get(client, "/search?q=compressed+vectors")
    first = found["hits"][0]
    assert first["id"] == "2101.00001"
    assert first["why"]["nearness"] > 0.5
    assert "vectors" in first["why"]["words"]
    assert found["query"] == "q=compressed+vectors"


def test_filters_and_paging_have_the_grammar_of_the_page(client: TestClient) -> None:
    listed = _get(client, "/search?from=2021&sort=newest&per_page=1&page=2")
    assert listed["total"] == 2
    assert [hit["id"] for hit in listed["hits"]] == ["2101.00001"]
    assert _get(client, "/search?cat=cs.DB")["total"] == 1
    assert _get(client, "/search?venue=ismb")["hits"][0]["id"] == "2101.00002"
    assert _get(client, "/search?author=Jürgen+Müller")["total"] == 1


@pytest.mark.parametrize(
    "ref",
    [
        "2101.00001",
        "arXiv:2101.00001v7",
        "https://arxiv.org/abs/2101.00001",
        "10.1000/codes.1",
        "https://doi.org/10.1000/CODES.1",
    ],
)
def test_a_paper_is_found_by_every_name_it_has(client: TestClient, ref: str) -> None:
    paper = _get(client, f"/papers/{ref}")
    assert paper["id"] == "2101.00001"
    assert [v["number"] for v in paper["versions"]] == [1, 2]
    assert paper["sources"][0]["origin"] == "papers.jsonl"


def test_events_come_in_order_and_go_on_after_the_last(client: TestClient) -> None:
    found = _get(client, "/events?limit=2")
    assert [event["kind"] for event in found["events"]] == ["new", "new"]
    assert found["events"][0]["title"].startswith("Compact codes")
    rest = _get(client, f"/events?after={found['last']}")
    assert [event["paper"] for event in rest["events"]] == ["2101.00002"]
    assert _get(client, f"/events?after={rest['last']}") == {"last": rest["last"], "events": []}


def test_events_of_a_paper_and_of_a_kind(client: TestClient) -> None:
    assert len(_get(client, "/events?paper=arXiv:2101.00001v2")["events"]) == 1
    assert _get(client, "/events?kind=withdrawn&kind=version")["events"] == []
    assert "there are: new, version" in _get(client, "/events?kind=nothing", 422)["error"]
    _get(client, "/events?paper=nothing", 404)
    _get(client, "/events?after=-1", 422)


def test_old_ids_keep_their_slash(client: TestClient) -> None:
    assert _get(client, "/papers/hep-th/9901001")["title"] == "A note on strings"
    assert len(_get(client, "/papers/hep-th/9901001/similar?k=2")) == 2


def test_days_weeks_and_months_have_their_papers(client: TestClient) -> None:
    day = _get(client, "/days/2021-01-04")
    assert (day["total"], day["previous"], day["next"]) == (2, "1999-01-01", None)
    assert _get(client, "/days/2021-W01")["total"] == 2
    assert _get(client, "/days/2021-01?cat=q-bio.BM")["total"] == 1
    assert _get(client, "/days/2020-05")["total"] == 0


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("/papers/2101.99999", 404, "2101.99999"),
        ("/nothing", 404, "nothing"),
        ("/search?colour=red", 422, "colour"),
        ("/search?page=0", 422, "page"),
        ("/search?from=2021-13", 422, "from"),
        ("/search?sort=oldest", 422, "sort"),
        ("/days/2021-02-30", 422, "2021-02-30"),
        ("/days/yesterday", 422, "yesterday"),
        ("/days/2021-01-04?page=9", 404, "page"),
        ("/days/2021-01-04?cat=no.such", 404, "no.such"),
    ],
)
def test_an_error_is_a_sentence_that_names_it(
    client: TestClient, path: str, status: int, named: str
) -> None:
    assert named in _get(client, path, status)["error"]


def test_its_answers_carry_safe_headers_and_errors_keep_their_shape(client: TestClient) -> None:
    answer = client.get("/api/v1/search")
    assert answer.headers["x-content-type-options"] == "nosniff"
    own = {"Sec-Fetch-Site": "same-origin"}
    for refused in (client.post("/api/v1/search", headers=own), client.get("/api/v1/pa%0apers")):
        assert refused.status_code in (404, 405)
        assert refused.json()["error"]


def test_its_description_is_found_where_others_keep_theirs(client: TestClient) -> None:
    assert "GET /api/v1/search" in client.get("/docs").text
    assert client.get("/openapi.json").json()["openapi"].startswith("3.")


def test_it_describes_itself(client: TestClient) -> None:
    described = _get(client, "/openapi.json")
    assert {"/api/v1/search", "/api/v1/days/{date}"} <= described["paths"].keys()
    for methods in described["paths"].values():
        assert all(operation["description"] for operation in methods.values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_no_text_breaks_it(client: TestClient, text: str) -> None:
    for path in (f"/search?q={_quoted(text)}", f"/papers/{_quoted(text)}"):
        assert client.get(f"/api/v1{path}").status_code in (200, 404, 422)


@pytest.mark.parametrize(
    "text", ["the of and", "?!…", "a" * 4_000, "语义搜索", "\0", "-only cat:cs -has:code"]
)
def test_odd_queries_are_answered(client: TestClient, text: str) -> None:
    _get(client, f"/search?q={_quoted(text)}")


@pytest.mark.parametrize(("text", "at"), [('a "unbalanced', 3), ("a" * 4_001, 4_001)])
def test_what_is_no_search_is_refused_with_its_place(
    client: TestClient, text: str, at: int
) -> None:
    said = _get(client, f"/search?q={_quoted(text)}", status=422)
    assert f"(at character {at})" in said["error"]


def test_reasons_add_up_to_the_score(client: TestClient) -> None:
    for hit in _get(client, "/search?q=compressed^2+vectors+meaning:graphs")["hits"]:
        shares = [reason["share"] for reason in hit["why"]["reasons"]]
        assert sum(shares) == pytest.approx(hit["score"], abs=1e-6)


def test_why_a_paper_is_found_is_told_with_sentences(client: TestClient) -> None:
    found = _get(client, "/search/why?q=compressed+vectors&paper=2101.00001")
    assert found["id"] == "2101.00001"
    assert any(reason["sentence"] for reason in found["why"]["reasons"])
    _get(client, "/search/why?q=zqxjkv&mode=words&paper=2101.00001", status=404)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"))
