"""No rule of axe-core is broken on any kind of page, in light and in dark."""

import importlib.util
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

SPEC = importlib.util.find_spec("axe_playwright_python")
WHY = "q=Donaudampfschifffahrtselektrizit%C3%A4tenhauptbetriebswerk&mode=words&paper=math/0309136"
PAGES = [
    *("/", "/all", "/2024-12", "/days", "/days/2024", "/categories", "/c/cs", "/about", "/api"),
    *("/paper/math/0309136", "/search", "/search?q=retrieval&mode=words", "/trending"),
    *("/trending/formula", "/trending/settings", "/saved", "/read", "/voted", "/never", "/noted"),
    *("/tags", "/collections", "/following", "/queries", "/subscribe", "/account", "/admin"),
    *("/t/retrieval", "/t/retrieval/2024", "/t/zqxjkv/2024-12-25"),
    *("/no-such-page", "/search?q=graph+cta%3Acs.CL"),
    *("/search?q=retrieval+-dense+meaning%3Agraphs&mode=words", f"/search/why?{WHY}"),
]
RUN = """async () => (await axe.run({ resultTypes: ["violations"] })).violations.map(
  (v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`)"""


@pytest.fixture(scope="module")
def axe() -> str:
    if SPEC is None:
        pytest.skip("no axe-core here: pip install axe-playwright-python")
    return Path(SPEC.origin).with_name("axe.min.js").read_text("utf-8")


def broken(page, axe, path):
    """Return the rules that a page breaks, each with the places."""
    page.goto(path)
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
    page.evaluate(axe)  # not as an element: the pages run no script but their own
    return [f"{path}: {said}" for said in page.evaluate(RUN)]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_rule(open_page, axe, scheme):
    page = open_page("/", scheme=scheme)
    found = [said for path in PAGES for said in broken(page, axe, path)]
    assert not found, "\n".join(found)


def test_what_is_wrong_is_found(open_page, axe):
    page = open_page("/")
    page.evaluate(axe)
    page.evaluate("document.querySelector('main').innerHTML = '<img src=\"/favicon.svg\">'")
    assert any(said.startswith("image-alt") for said in page.evaluate(RUN))
