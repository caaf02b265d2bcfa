"""Papers and searches as files: their types, names and contents, and the links to them."""

import json

import bibtexparser
import pytest
import rispy

NEW = "/paper/2405.14828"
OLD = "/paper/math/0309136"


@pytest.mark.parametrize(
    ("ending", "media_type", "name"),
    [
        ("bib", "application/x-bibtex", "xu2025good.bib"),
        ("ris", "application/x-research-info-systems", "xu2025good.ris"),
        ("csl.json", "application/vnd.citationstyles.csl+json", "xu2025good.csl.json"),
        ("json", "application/json", "xu2025good.json"),
    ],
)
def test_a_paper_is_a_file_of_its_type_and_name(client, ending, media_type, name):
    answer = client.get(f"{NEW}.{ending}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"


def test_a_papers_files_say_what_they_should(client):
    assert client.get(f"{OLD}.bib").text.startswith("@article{number02003bounds,")
    (record,) = rispy.loads(client.get(f"{OLD}.ris").content.decode())
    assert record["title"] == "On L^p bounds for 𝒪(n log n) & <b>bold</b> claims"
    (item,) = client.get(f"{OLD}.csl.json").json()
    assert (item["type"], item["DOI"]) == ("article-journal", "10.1000/xyz(12)34")
    line = client.get(f"{OLD}.json").json()
    assert (line["id"], line["source"], len(line["authors"])) == ("math/0309136", "arxiv", 100)


def test_a_paper_links_to_its_files(client, parse):
    links = parse(client.get(OLD).text).links
    for ending in ("bib", "ris", "csl.json", "json"):
        assert f"{OLD}.{ending}" in links


@pytest.mark.parametrize("ending", ["bib", "ris", "csl.json", "json"])
def test_an_unknown_paper_and_parameters_are_refused(client, ending):
    assert client.get(f"/paper/9999.99999.{ending}").status_code == 404
    assert client.get(f"{NEW}.{ending}?x=1").status_code == 422


def test_a_search_is_a_file_of_its_hits_in_their_order(client):
    asked = "q=secret+seeds&mode=words"
    answer = client.get(f"/search.jsonl?{asked}")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="secret-seeds.jsonl"'
    titles = [json.loads(line)["title"] for line in answer.text.splitlines()]
    assert "Discovering Secret Seeds" in titles[0]
    csl = client.get(f"/search.csl.json?{asked}").json()
    assert [item["title"] for item in csl] == titles


def test_a_search_is_exported_beyond_its_page(client):
    answer = client.get("/search.bib?cat=hep-th&from=2012-03&to=2012-03")
    assert answer.headers["content-disposition"] == 'attachment; filename="papers.bib"'
    library = bibtexparser.parse_string(answer.text)
    assert (len(library.entries), library.failed_blocks) == (60, [])
    assert len(rispy.loads(client.get("/search.ris?cat=hep-th").content.decode())) == 60


def test_a_search_has_at_most_so_many_papers_in_a_file(client, monkeypatch):
    monkeypatch.setattr("broadsheet.web.pages.export.MAX_HITS", 7)
    assert len(client.get("/search.jsonl?cat=hep-th").text.splitlines()) == 7


def test_nothing_found_is_an_empty_file(client):
    assert client.get("/search.csl.json?q=zqxjkv").json() == []
    assert client.get("/search.bib?q=zqxjkv").content == b""


@pytest.mark.parametrize("asked", ["page=2", "per_page=5", "from=soon", "x=1", "sort=oldest"])
def test_what_no_file_takes_is_refused(client, asked):
    assert client.get(f"/search.bib?q=seeds&{asked}").status_code == 422


def test_a_search_links_to_its_files_without_its_page(client, parse):
    page = parse(client.get("/search?cat=hep-th&sort=newest&page=2").text)
    for ending in ("bib", "ris", "csl.json", "jsonl"):
        assert f"/search.{ending}?cat=hep-th&sort=newest" in page.links
    assert "All of them as a file: BibTeX · RIS · CSL-JSON · JSON lines" in page.text


def test_a_search_that_is_too_large_says_how_much_of_it_is_in_a_file(client, parse, monkeypatch):
    monkeypatch.setattr("broadsheet.web.pages.search.MAX_HITS", 7)
    page = parse(client.get("/search?cat=hep-th").text)
    assert "The first 7 as a file:" in page.text


def test_a_search_that_finds_nothing_has_no_files(client, parse):
    assert "as a file" not in parse(client.get("/search?q=zqxjkv").text).text
