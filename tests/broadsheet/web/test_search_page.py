"""`/search`: the form, the chips, the reasons, the pages."""

from urllib.parse import parse_qs, urlsplit


def test_a_hit_says_why_it_is_there(client, parse):
    page = parse(client.get("/search?q=secret+seeds").text)
    assert "words: " in page.text
    assert "Discovering Secret Seeds" in page.text


def test_without_words_all_papers_come_newest_first(client, parse):
    page = parse(client.get("/search").text)
    assert "newest first" in page.text
    assert len(page.having("article")) == 20
    assert "A paper from the future" in page.text


def test_a_chip_takes_its_filter_off_and_keeps_the_rest(client, parse):
    asked = "/search?q=model&cat=cs.CL&cat=cs.LG&from=2020&venue=ICLR&sort=newest"
    page = parse(client.get(asked).text)
    chips = [
        link for link in page.links if link.startswith("/search?q=model") and "page" not in link
    ]
    left = [parse_qs(urlsplit(link).query) for link in chips]
    assert {
        "q": ["model"],
        "cat": ["cs.LG"],
        "from": ["2020"],
        "venue": ["ICLR"],
        "sort": ["newest"],
    } in left
    assert {
        "q": ["model"],
        "cat": ["cs.CL", "cs.LG"],
        "venue": ["ICLR"],
        "sort": ["newest"],
    } in left
    assert {"q": ["model"], "cat": ["cs.CL", "cs.LG"], "from": ["2020"], "sort": ["newest"]} in left


def test_the_form_keeps_every_filter(client, parse):
    asked = "/search?q=model&cat=cs.CL&cat=cs.LG&author=a-b&author=c-d&mode=words&per_page=5"
    page = parse(client.get(asked).text)
    assert page.having("input", name="q", value="model")
    assert page.having("option", value="cs.CL", selected=None)
    assert page.having("input", type="hidden", name="cat", value="cs.LG")
    assert page.having("input", name="author", value="a-b")
    assert page.having("input", type="hidden", name="author", value="c-d")
    assert page.having("input", type="hidden", name="mode", value="words")
    assert page.having("input", type="hidden", name="per_page", value="5")


def test_the_form_as_a_browser_sends_it_is_understood(client):
    sent = "/search?q=&cat=&from=&to=&author=&venue=&source=&sort=relevance"
    assert client.get(sent).status_code == 200


def test_pages_follow_each_other_with_the_query(client, parse):
    page = parse(client.get("/search?cat=hep-th&page=2").text)
    assert "/search?cat=hep-th" in page.links
    assert "/search?cat=hep-th&page=3" in page.links
    assert "Page 2 of 3" in page.text


def test_each_part_of_a_search_is_a_chip_that_takes_it_off(client, parse):
    page = parse(client.get("/search", params={"q": 'model -survey "seed" cat:cs.CL'}).text)
    left = [parse_qs(urlsplit(link).query).get("q", [""])[0] for link in page.links]
    for rest in ('-survey "seed" cat:cs.CL', 'model "seed" cat:cs.CL', 'model -survey "seed"'):
        assert rest in left


def test_each_reason_leads_to_a_search_in_which_it_counts_otherwise(client, parse):
    page = parse(client.get("/search", params={"q": "secret seeds", "mode": "words"}).text)
    asked = [parse_qs(urlsplit(link).query).get("q", [""])[0] for link in page.links]
    for text in ("secret seeds^2", "secret seeds^0.5", "secret -seeds", "secret^2 seeds"):
        assert text in asked
        assert client.get("/search", params={"q": text}).status_code == 200


def test_the_language_is_taught_beside_the_box(client, parse):
    page = parse(client.get("/search").text)
    assert "How to ask" in page.text
    assert "announced:>2026-09" in page.text


def test_filters_narrow(client, parse):
    page = parse(client.get("/search?cat=hep-th&from=2012-03&to=2012-03").text)
    assert "60 papers, newest first" in page.text


def test_nothing_found_is_said(client, parse):
    page = parse(client.get("/search?q=zqxjkv").text)
    assert "No paper here answers that." in page.text
    page = parse(client.get("/search?q=zqxjkv&cat=cs.CL").text)
    assert "within these filters. Take a filter off" in page.text


def test_a_note_of_the_search_is_shown(client, parse):
    page = parse(client.get("/search?q=seeds").text)
    assert "by words" in page.text


def test_the_query_is_shown_escaped(client, parse):
    page = parse(client.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E").text)
    assert page.having("input", name="q", value="<script>alert(1)</script>")
    assert all(a.get("src", "").startswith("/static/") for a in page.having("script"))


def test_a_page_says_why_with_sentences_and_leads_back(client, parse):
    page = parse(client.get("/search?q=secret+seeds&mode=words").text)
    (further, *_) = [link for link in page.links if link.startswith("/search/why?")]
    told = parse(client.get(further).text)
    assert told.having("blockquote")
    assert "/search?q=secret+seeds&mode=words" in told.links
    assert client.get("/search/why?q=zqxjkv&paper=2005.00001").status_code == 404
    assert client.get("/search/why?q=seeds&paper=nobody").status_code == 404
    assert client.get('/search/why?q="seeds&paper=2005.00001').status_code == 422
