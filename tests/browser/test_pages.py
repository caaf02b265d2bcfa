"""What only a browser can tell: room, contrast, requests, the policy, pages without scripts."""

import pytest

pytestmark = pytest.mark.browser

PATHS = [
    "/",
    "/2024-12",
    "/2003-09-08",
    "/c/cs",
    "/c/math.FA",
    "/a/author-number0",
    "/paper/math/0309136",
    "/paper/2405.14828",
    "/search",
    "/search?q=embedding&cat=cs.CL&from=2020&venue=ICLR",
    f"/t/{'x' * 100}/2024",
    "/days",
    "/categories",
    "/about",
    "/paper/no-such-paper",
]
QUIET = [path for path in PATHS if "no-such" not in path]

_CONTRAST = """
() => {
  const light = (c) => {
    const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map((v) => {
      v /= 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (!c.startsWith("rgba(0, 0, 0, 0")) return c;
    }
  };
  const low = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return low;
}
"""


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_the_window(open_page, path):
    page = open_page(path)
    for width in (1440, 768, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/paper/2405.14828", "/search?q=embedding", "/days/2024"])
def test_text_can_be_read_against_what_is_behind_it(open_page, path, scheme):
    assert open_page(path, scheme=scheme).evaluate(_CONTRAST) == []


@pytest.mark.parametrize("path", QUIET)
def test_no_request_leaves_nothing_breaks_the_policy_and_scripts_add_no_text(open_page, path):
    page, plain = open_page(path), open_page(path, js=False)
    page.wait_for_load_state("networkidle")
    assert page.faults == []
    assert plain.locator("main").inner_text() == page.locator("main").inner_text()


def test_without_scripts_search_and_filters_work(open_page):
    page = open_page("/", js=False)
    page.get_by_role("searchbox").fill("language model")
    page.get_by_role("button", name="Search").click()
    assert "/search?q=language+model" in page.url
    page.set_viewport_size({"width": 768, "height": 900})
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Category").select_option("cs.CL")
    page.get_by_label("From").fill("2022")
    page.get_by_role("button", name="Apply").click()
    assert "cat=cs.CL" in page.url
    assert page.get_by_role("link", name="category Computation and Language").is_visible()
    page.get_by_role("link", name="from 2022").click()
    assert "from=" not in page.url
    assert "cat=cs.CL" in page.url


def test_the_whole_list_of_authors_and_bibtex_open_without_scripts(open_page):
    page = open_page("/paper/math/0309136", js=False)
    page.get_by_text("All 100 authors").click()
    assert page.get_by_role("link", name="Author Number99").is_visible()
    page.locator("summary", has_text="BibTeX").click()
    assert page.get_by_text("@misc{number02003").is_visible()
    assert page.get_by_role("link", name="RIS").is_visible()


def test_the_first_tab_skips_to_the_papers(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_paper_in_print_has_no_navigation_and_no_colour(open_page):
    page = open_page("/paper/2405.14828", scheme="dark")
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation", name="Paper").is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_formulas_are_drawn(open_page):
    page = open_page("/paper/math/0309136")
    box = page.locator("h1 math").first.bounding_box()
    assert box["width"] > 100
    assert box["height"] > 20
