"""What papers teach about subjects, on the pages and by the API: real vectors, few papers."""

import pytest
from starlette.testclient import TestClient

from broadsheet.asgi import make_app
from broadsheet.model.paper import Record
from broadsheet.model.settings import Settings
from broadsheet.search import subjects
from broadsheet.wiring import open_library

FIELDS = {
    "cs.CL": ["machine translation", "parsing of sentences", "language models", "dialogue"],
    "hep-th": ["strings and branes", "quantum gravity", "supersymmetry", "black holes"],
}


@pytest.fixture(scope="module")
def library(tmp_path_factory, put):
    """Few papers of two fields, one without categories, and their vectors."""
    opened = open_library(Settings(library=tmp_path_factory.mktemp("library")), create=True)
    papers = [
        Record(
            source="list",
            source_id=f"200{at}.{i:05d}",
            arxiv_id=f"200{at}.{i:05d}",
            title=f"{FIELDS[field][i % 4]}, part {i}",
            categories=(field,),
            keywords=(FIELDS[field][i % 4],),
            submitted="2020-05-04",
        )
        for at, field in enumerate(FIELDS, start=1)
        for i in range(24)
    ]
    lone = Record(
        source="list", source_id="x", arxiv_id="2003.00001", title="Parsing as translation"
    )
    put(opened, [*papers, lone])
    opened.embedding.run()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(subjects, "FEWEST", 40)
        opened.search.searcher.subjects.learn()
        yield opened
    opened.close()


@pytest.fixture(scope="module")
def pages(library, make_client):
    return make_client(library)


def test_a_paper_without_categories_tells_likely_ones(pages, parse):
    page = parse(pages.get("/paper/2003.00001").text)
    assert "Likely in" in page.text
    assert "/c/cs.CL" in page.links
    assert "Likely in" not in pages.get("/paper/2001.00001").text


def test_the_api_tells_them_too(library):
    with TestClient(make_app(library), base_url="http://127.0.0.1") as client:
        likely = client.get("/api/v1/papers/2003.00001").json()["likely"]
        assert likely["categories"][0]["category"] == "cs.CL"
        assert 0.5 < likely["categories"][0]["share"] <= 1
        assert likely["certainty"] == 0.8
        assert client.get("/api/v1/papers/2001.00001").json()["likely"] is None
        found = client.get("/api/v1/search/why?q=translation+of+dialogue&paper=2003.00001").json()
        (first, *_) = found["why"]["concepts"]
        assert first["name"] in ("cs.CL", "machine translation", "dialogue", "parsing of sentences")
        page = client.get("/api/v1/search?q=translation").json()
        assert all(hit["why"]["concepts"] == [] for hit in page["hits"])


def test_why_names_subjects_in_common_and_each_can_be_turned(pages, parse):
    page = parse(pages.get("/search/why?q=translation+of+dialogue&paper=2003.00001").text)
    assert "In common" in page.text
    assert "/search?q=translation+of+dialogue+cat%3Acs.CL" in page.links
    assert "/search?q=translation+of+dialogue+-cat%3Acs.CL" in page.links
    assert any("meaning%3A" in link for link in page.links)
    told = parse(
        pages.get("/search/why?q=translation+of+dialogue+-cat:hep-th&paper=2003.00001").text
    )
    assert not any(link.endswith("-cat%3Ahep-th+-cat%3Ahep-th") for link in told.links)
