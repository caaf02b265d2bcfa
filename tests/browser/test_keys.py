"""The keys: `/`, `j`, `k`, `o`, `h`, `l`, `g h`, `?`, `Esc`."""

import pytest

pytestmark = pytest.mark.browser

_FOCUS = "document.activeElement.matches('[data-find]')"


def current(page) -> int:
    """The place of the marked paper, -1 for none; two marked papers fail."""
    places = page.evaluate(
        "[...document.querySelectorAll('[data-item]')]"
        ".flatMap((e, i) => e.getAttribute('aria-current') ? [i] : [])"
    )
    assert len(places) <= 1
    return places[0] if places else -1


@pytest.fixture
def front(open_page):
    return open_page("/")


def test_j_and_k_move_through_the_papers(front):
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        front.keyboard.press(key)
        assert current(front) == place


def test_the_marked_paper_has_the_focus_and_is_in_sight(front):
    for _ in range(9):
        front.keyboard.press("j")
    link = front.locator("[aria-current='true'] .headline a")
    assert link.evaluate("e => e === document.activeElement")
    front.wait_for_function(
        "() => { const r = document.activeElement.getBoundingClientRect();"
        " return r.top >= 0 && r.bottom <= innerHeight; }"
    )


@pytest.mark.parametrize("key", ["o", "Enter"])
def test_o_and_enter_open_the_marked_paper(front, key):
    front.keyboard.press("j")
    target = front.locator("[aria-current='true'] .headline a").get_attribute("href")
    front.keyboard.press(key)
    front.wait_for_url(f"**{target.partition('?')[0]}")


def test_o_without_a_mark_does_nothing(front):
    front.keyboard.press("o")
    assert front.url.endswith("/")


def test_tab_moves_the_mark(front):
    front.keyboard.press("j")
    front.locator("[data-item] .headline a").nth(3).focus()
    assert current(front) == 3


def test_slash_searches_and_escape_leaves(front):
    front.keyboard.press("/")
    assert front.evaluate(_FOCUS)
    assert front.locator("[data-find]").input_value() == ""
    front.keyboard.press("Escape")
    assert not front.evaluate(_FOCUS)


def test_keys_are_letters_in_a_field(front):
    front.keyboard.press("/")
    front.keyboard.type("jk?o/gh")
    assert front.locator("[data-find]").input_value() == "jk?o/gh"
    assert current(front) == -1
    assert not front.get_by_role("dialog").is_visible()


def test_keys_with_control_are_the_browsers(front):
    front.keyboard.press("Control+j")
    assert current(front) == -1


def test_the_question_mark_shows_the_keys_and_escape_hides_them(front):
    front.keyboard.press("?")
    assert front.get_by_role("dialog", name="Keys").is_visible()
    front.keyboard.press("j")
    assert current(front) == -1
    front.keyboard.press("Escape")
    assert not front.get_by_role("dialog").is_visible()


def test_the_footers_link_shows_the_keys_too(front):
    front.get_by_role("link", name="Keys").click()
    front.get_by_role("button", name="Close").click()
    assert not front.get_by_role("dialog").is_visible()


def test_g_h_goes_to_the_front_page(open_page):
    page = open_page("/about")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(lambda url: url.endswith("/"))


def test_h_and_l_turn_to_the_neighbouring_editions(open_page):
    page = open_page("/2024-12")
    page.keyboard.press("h")
    page.wait_for_url("**/2024-11")
    page.keyboard.press("l")
    page.wait_for_url("**/2024-12")


def test_l_turns_to_the_next_page_of_a_search(open_page):
    page = open_page("/search?cat=cs")
    page.keyboard.press("l")
    page.wait_for_url("**/search?cat=cs&page=2")
    page.keyboard.press("h")
    page.wait_for_url("**/search?cat=cs")
