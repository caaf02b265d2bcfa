"""A reader steers a search: adds a not, turns a reason, asks for another method, saves it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser.conftest import serving

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.settings import Settings
from broadsheet.wiring import open_library

pytestmark = pytest.mark.browser

PAPERS = {
    "2401.00001": ("Dense retrieval for question answering", "Dual encoders find passages."),
    "2401.00002": ("Answering questions with memory networks", "A memory answers questions."),
    "2401.00003": ("Sparse retrieval with learned weights", "Weights of terms find passages."),
    "2401.00004": ("Dense retrieval of images", "Dual encoders find images for words."),
    "2401.00005": ("Counting bird species from sound", "Recorders in forests."),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five papers, found by words and, by the packaged model, by meaning."""
    folder = tmp_path_factory.mktemp("steered")
    services = open_library(Settings(library=folder), create=True)
    with services.importing.store.writing() as writing:
        for n, item in enumerate(PAPERS.items(), start=1):
            record = _record(*item)
            writing.put(
                [Assigned(record=record, origin="o", fingerprint="f", line=n, paper=None, group=n)]
            )
    services.embedding.index_words()
    services.embedding.run()
    services.close()
    return folder


@pytest.fixture(scope="module")
def address(library: Path) -> Iterator[str]:
    with serving(library) as there:
        yield there


def _record(id: str, said: tuple[str, str]) -> Record:
    return Record(
        source="arxiv",
        source_id=id,
        arxiv_id=id,
        title=said[0],
        abstract=said[1],
        authors=("Ada Quill",),
        categories=("cs.IR",),
        submitted="2024-01-02",
    )


def headlines(page: object) -> list[str]:
    return page.locator("[data-item] .headline").all_inner_texts()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [320, pytest.param(1440, marks=pytest.mark.slow)])
def test_a_search_is_steered_by_clicks(open_page, width):
    page = open_page("/search?q=dense+retrieval", width=width)
    assert headlines(page)[0].startswith("Dense")

    page.fill("[data-find]", "dense retrieval -images")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=dense+retrieval+-images*")
    assert "Dense retrieval of images" not in headlines(page)
    assert page.locator(".chips a").all_inner_texts()[-1].startswith("not images")

    hit = page.locator("[data-item]").first
    hit.locator(".because summary").click()
    hit.locator(".turns a", has_text="not of word dense").click()
    page.wait_for_url("**q=-dense*")
    assert headlines(page)[0].startswith("Sparse retrieval")

    page.locator(".chips a", has_text="dense").click()
    page.wait_for_load_state()
    assert page.locator("[data-find]").input_value() == "retrieval -images"

    page.goto("/paper/2401.00001")
    page.locator("a", has_text="Same task, another method").click()
    page.wait_for_url("**/search?q=task**")
    assert headlines(page)[0] == "Answering questions with memory networks"
    assert "Dense retrieval for question answering" not in headlines(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.locator("button", has_text="Save this search").click()
    page.wait_for_url("**/queries**")
    assert "task:near:2401.00001" in page.locator("main").inner_text()
    assert page.faults == []


def test_a_fault_is_shown_in_its_place_and_mended(open_page):
    page = open_page("/search?q=retrieval")
    page.fill("[data-find]", "retrieval cta:cs.IR")
    page.keyboard.press("Enter")
    page.wait_for_selector(".fault mark")
    assert page.locator(".fault mark").inner_text() == "cta:"
    page.fill("[data-find]", "retrieval cat:cs.IR")
    page.keyboard.press("Enter")
    page.wait_for_url("**cat%3Acs.IR*")
    assert headlines(page)
