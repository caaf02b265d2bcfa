"""`/paper/{id}`: forms of ids, what is shown, what hostile text may not do, BibTeX."""

from urllib.parse import quote

import pytest

OLD = "/paper/math/0309136"
NEW = "/paper/2405.14828"


@pytest.mark.parametrize(
    ("form", "address"),
    [
        ("arXiv:2405.14828v2", NEW),
        ("2405.14828v1", NEW),
        ("https://arxiv.org/abs/2405.14828", NEW),
        ("https:/arxiv.org/pdf/2405.14828v3.pdf", NEW),
        ("10.48550/arXiv.2405.14828", NEW),
        ("https://doi.org/10.48550/arXiv.2405.14828", NEW),
        ("arXiv:math.GT/0309136v2", OLD),
        ("math.FA/0309136", OLD),
        ("10.1000/XYZ(12)34", OLD),
        (quote("https://doi.org/10.1000/xyz(12)34", safe=""), OLD),
    ],
)
def test_any_form_of_an_id_is_sent_on_to_the_address(client, form, address):
    answer = client.get(f"/paper/{form}")
    assert answer.status_code == 301
    assert answer.headers["location"] == address


def test_an_old_id_keeps_its_slash(client):
    assert client.get(OLD).status_code == 200


def test_a_paper_shows_its_record(client, parse):
    page = parse(client.get(OLD).text)
    for said in (
        "Functional Analysis",
        "8 September 2003",
        "v2, 1 November 2003",
        "10.1000/xyz(12)34",
    ):
        assert said in page.text
    assert "https://arxiv.org/abs/math/0309136" in page.links
    assert "https://doi.org/10.1000/xyz%2812%2934" in page.links
    assert "/a/author-number0" in page.links


def test_a_shelf_paper_is_shown_in_short(client, parse):
    page = parse(client.get(NEW).text)
    assert "In short" in page.text
    assert "/search?venue=WACV+2025" in page.links


def test_a_paper_without_text_says_so(client, services, parse):
    paper = services.search.search(_query("only the title is known")).hits[0].paper
    page = parse(client.get(f"/paper/{paper.id}").text)
    assert "No abstract is on record." in page.text


def test_formulas_and_hostile_text_are_shown_and_do_nothing(client, parse):
    html = client.get(OLD).text
    page = parse(html)
    assert "<msup><mi>L</mi><mi>p</mi></msup>" in html
    assert '<math display="block">' in html
    assert "<script>alert(1)</script>" in page.text
    assert all(a.get("src", "").startswith("/static/") for a in page.having("script"))
    assert page.having("img") == []
    assert page.having("b") == []
    assert not [link for link in page.links if link.startswith("javascript")]


def test_a_title_of_markup_stays_text(client, parse, services):
    paper = services.search.search(_query("onerror alert")).hits[0].paper
    page = parse(client.get(f"/paper/{paper.id}").text)
    assert page.text.count('"><img src=x onerror=alert(1)>') >= 2
    assert page.having("img") == []
    assert not [link for link in page.links if "javascript" in link]


def test_the_title_of_the_window_is_plain(client):
    title = client.get(OLD).text.partition("<title>")[2].partition("</title>")[0]
    assert title == "On L^p bounds for 𝒪(n log n) &amp; &lt;b&gt;bold&lt;/b&gt; claims · The Test"


def test_bibtex_is_on_the_page_and_a_file_of_its_own(client):
    answer = client.get(f"{NEW}.bib")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/x-bibtex")
    assert answer.headers["content-disposition"] == 'attachment; filename="xu2025good.bib"'
    assert answer.text.startswith("@inproceedings{xu2025good,")
    assert "@inproceedings{xu2025good," in client.get(NEW).text
    assert client.get(f"{OLD}.bib").text.startswith("@article{number02003bounds,")


def test_an_unknown_paper_is_404_with_a_search_box_and_near_ones(client, parse):
    answer = client.get("/paper/discovering-secret-seeds")
    assert answer.status_code == 404
    page = parse(answer.text)
    assert page.having("input", name="q")
    assert "Discovering Secret Seeds in Text-to-Image" in page.text


def _query(text):
    from broadsheet.model.query import Query

    return Query(text=text, mode="words")
