"""Front page, editions, categories, authors, calendar, about: what stands on them."""

import itertools
import re

import pytest

PAGES = [
    "/",
    "/2024-12-12",
    "/2024/W50",
    "/2024-12",
    "/2024",
    "/2012-03-05",
    "/2012-03-05?page=3",
    "/1999-01-01",
    "/c/cs.CL",
    "/c/cs",
    "/c/cs.CL/2024-12",
    "/c/cs.CL/2024-W50",
    "/c/x.%3Ci%3E",
    "/a/jianbo-shi",
    "/a/second-author",
    "/a/second-author?page=2",
    "/paper/math/0309136",
    "/paper/2405.14828",
    "/search",
    "/search?q=embedding",
    "/search?q=embedding&cat=cs.CL&cat=cs.LG&from=2020&sort=newest",
    "/search?q=zzzzzz",
    "/days",
    "/days/2024",
    "/days/1600",
    "/categories",
    "/about",
]


@pytest.fixture(scope="module")
def get(client, parse):
    """Read a page, each once for all tests."""
    pages = {}

    def read(path):
        if path not in pages:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text[:500])
            pages[path] = parse(answer.text)
        return pages[path]

    return read


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_well_formed_and_speaks_english(get, path):
    page = get(path)
    assert page.unclosed == []
    assert page.open == []
    assert page.having("html", lang="en")
    assert len(page.having("main")) == 1
    assert page.having("a", class_="skip", href="#main")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_one_first_heading_and_skips_no_level(get, path):
    levels = get(path).levels
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


@pytest.mark.parametrize("path", PAGES)
def test_ids_are_unique_and_labels_find_their_fields(get, path):
    page = get(path)
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for label in page.having("label"):
        assert label["for"] in ids
    for _, attributes in page.elements:
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in ids


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_inline_script_or_style_or_a_foreign_asset(get, path):
    page = get(path)
    assert page.having("style") == []
    assert all(a.get("src", "").startswith("/static/") for a in page.having("script"))
    assert all(a["href"].startswith("/") for a in page.having("link"))
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("path", PAGES)
def test_every_link_inside_leads_somewhere(client, get, path):
    links = {link for link in get(path).links if link.startswith("/")}
    for link in sorted(links)[:25]:
        assert client.get(link.partition("#")[0]).status_code in (200, 301), link


def test_the_front_page_shows_the_newest_edition_and_what_came_before(get):
    page = get("/")
    assert "Sunday, 22 November 2026" in page.text
    assert re.search(
        r"No paper is dated today. The newest are of [^.]* 2025; older ones", page.text
    )
    assert len(page.having("article")) == 24


def test_a_paper_of_the_future_is_not_on_the_front_page(get):
    assert "from the future" not in get("/").text
    assert "from the future" in get("/2031-01-01").text


def test_a_full_day_is_paged_by_fifty(get):
    first, last = get("/2012-03-05"), get("/2012-03-05?page=3")
    assert "Monday, 5 March 2012" in first.text
    assert "120 papers" in first.text
    assert len(first.having("article")) == 50
    assert len(last.having("article")) == 20
    assert "/2012-03-05?page=2" in first.links
    assert "Page 3 of 3" in last.text


def test_each_paper_of_a_day_stands_there_once(get):
    found = []
    for number in (1, 2, 3):
        page = get(f"/2012-03-05?page={number}")
        found += re.findall(r"Paper number (\d+) of", page.text)
    assert sorted(map(int, found)) == list(range(120))


def test_an_empty_day_says_so_and_leads_to_its_neighbours(get):
    page = get("/2012-03-06")
    assert "No paper here is dated Tuesday, 6 March 2012." in page.text
    assert "/2012-03-05" in page.links
    assert page.having("a", rel="next")


def test_editions_of_a_category_stay_in_it(get):
    page = get("/c/hep-th/2012-03")
    assert len(page.having("article")) == 50
    assert "60 papers" in page.text
    assert "High Energy Physics: Theory" in page.text


@pytest.mark.parametrize(
    ("other", "address"),
    [
        ("/2024-W50", "/2024/W50"),
        ("/c/CS.cl", "/c/cs.CL"),
        ("/c/cs.CL/2024/W50", "/c/cs.CL/2024-W50"),
        ("/c/cs.cl/2024-12", "/c/cs.CL/2024-12"),
        ("/a/Jianbo%20Shi", "/a/jianbo-shi"),
    ],
)
def test_another_spelling_is_sent_on_to_the_one_address(client, other, address):
    answer = client.get(other)
    assert answer.status_code == 301
    assert answer.headers["location"] == address


def test_a_category_shows_its_name_and_counts_cross_lists(get):
    page = get("/c/cs.DB")
    assert "Databases" in page.text
    assert "cross-listed ones included" in page.text
    assert len(page.having("article")) == 50


def test_an_archive_takes_all_its_categories(get):
    page = get("/c/math")
    assert "Mathematics" in page.text
    assert "/c/math.FA" in page.links


def test_an_author_has_papers_and_companions(get):
    page = get("/a/second-author")
    assert "120 papers" in page.text
    assert "/a/person-1" in page.links


def test_long_author_lists_are_cut_with_a_count(get):
    assert "Author Number3 and 96 more" in get("/c/math.FA").text
    page = get("/paper/math/0309136")
    assert "Author Number19 and 80 more" in page.text
    assert "All 100 authors" in page.text


def test_the_calendar_links_what_has_papers(get):
    page = get("/days/2012")
    assert "/2012-03-05" in page.links
    assert "/2012/W10" in page.links
    assert "/2012-03" in page.links
    assert "/2012-03-06" not in page.links
    assert "/2012-04" not in page.links


def test_months_without_whole_days_are_in_the_calendar(get):
    page = get("/days/2025")
    assert "/2025-07" in page.links


def test_the_calendar_opens_at_the_newest_year_that_is_not_in_the_future(get):
    assert "Days of 2025 · The Test" in get("/days").text


def test_about_counts_what_there_is(get, services):
    counts = services.reading.about()
    page = get("/about")
    assert f"Papers{counts.papers}" in page.text
    assert "How search ranks" in page.text


def test_categories_are_listed_by_field(get):
    page = get("/categories")
    assert page.text.index("Computer Science") < page.text.index("Physics")
    assert "/c/cs.CL" in page.links
