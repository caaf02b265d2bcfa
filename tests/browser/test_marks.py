"""Marking papers by keys and forms, with a script and without one."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def clean(open_page, library):
    """Take back whatever a test has marked: the library is one for all tests."""
    yield
    page = open_page("/saved", js=False)
    for path in ("/saved", "/voted", "/never"):
        page.goto(path)
        while page.locator("button[value^='unsave'], button[aria-pressed='true']").count():
            page.locator("button[value^='unsave'], button[aria-pressed='true']").first.click()
            page.goto(path)
        while page.locator("summary").count() and page.locator("button[value^='again']").count():
            page.locator("summary").first.click()
            page.locator("button[value^='again']").first.click()
            page.goto(path)


def line(page):
    return page.locator("[aria-current='true'] .line")


def saved(page):
    return line(page).locator("[data-key='save']")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_s_saves_and_u_undoes_without_loading_the_page(open_page, clean):
    page = open_page("/")
    page.evaluate("window.mine = 1")
    press(page, "j", "s")
    page.wait_for_function("() => document.querySelector('#notice p')")
    assert page.locator("#notice").inner_text().startswith("Saved.")
    assert page.locator("#notice").get_attribute("role") == "status"
    assert saved(page).inner_text() == "Saved"
    press(page, "u")
    page.wait_for_function(
        "() => document.querySelector('#notice p').innerText.startsWith('Undone')"
    )
    assert saved(page).inner_text() == "Save"
    assert page.evaluate("window.mine") == 1
    assert page.faults == []


def test_x_fades_the_story_and_u_brings_it_back(open_page, clean):
    page = open_page("/2024-12")
    title = page.locator("[data-item] .headline").first.inner_text()
    press(page, "j", "x")
    page.wait_for_selector(".story.gone")
    page.reload()
    assert page.locator("[data-item] .headline").first.inner_text() != title
    page.goto("/never")
    assert page.locator(".headline").first.inner_text() == title
    page.goto("/2024-12")
    press(page, "j", "j", "x")
    page.wait_for_selector(".story.gone")
    press(page, "u")
    page.wait_for_selector(".story.gone", state="detached")
    assert page.faults == []


def test_u_undoes_one_after_the_other(open_page, clean):
    page = open_page("/")
    press(page, "j", "s")
    page.wait_for_function("() => document.querySelectorAll(\"[value^='unsave']\").length === 1")
    press(page, "j", "+")
    page.wait_for_function(
        "() => document.querySelectorAll(\"[aria-pressed='true']\").length === 1"
    )
    press(page, "-")
    page.wait_for_function(
        "() => document.querySelectorAll(\"[value^='unvote'][data-key='down']\").length"
    )
    for left in ("[value^='unvote'][data-key='up']", "[value^='unsave']"):
        press(page, "u")
        page.wait_for_function(
            "(s) => document.querySelectorAll(s).length === 1 "
            "&& !document.querySelector(\"[value^='unvote'][data-key='down']\")",
            arg=left,
        )
    press(page, "u")
    page.wait_for_function("() => !document.querySelector('[aria-pressed=\"true\"]')")
    press(page, "u")
    page.wait_for_function("() => !document.querySelector(\"[value^='unsave']\")")


def test_keys_that_come_fast_are_done_in_turn(open_page, clean):
    page = open_page("/")
    press(page, "j", "s", "j", "s", "v", "u", "u", "u")
    page.wait_for_selector("#notice[aria-busy='false']")
    page.goto("/saved")
    assert "0 papers" in page.locator("main").inner_text()
    assert page.faults == []


def test_a_page_is_not_left_in_silence_while_acts_wait(open_page, clean):
    page = open_page("/")
    held = []
    page.route("**/mark", lambda route: route.continue_() if held else held.append(route), times=2)
    press(page, "j", "s", "j", "s")
    page.wait_for_selector("#notice[aria-busy='true']", state="attached")
    page.evaluate("location.assign('/saved')")
    page.wait_for_timeout(300)
    assert page.faults == ["dialog"]  # the browser asks, and stays
    held[0].continue_()
    page.wait_for_selector("#notice[aria-busy='false']")
    page.goto("/saved")
    assert page.faults == ["dialog"]
    assert "2 papers" in page.locator("main").inner_text()


def test_t_opens_the_field_and_enter_tags(open_page, clean):
    page = open_page("/")
    press(page, "j", "t")
    page.keyboard.type("sea x")
    press(page, "Enter")
    page.wait_for_selector(".line .tag")
    assert line(page).locator(".tag").inner_text() == "sea x"
    line(page).locator("button", has_text="Take off").click()
    page.wait_for_selector(".line .tag", state="detached")
    press(page, "t", "Escape")
    assert page.evaluate("document.activeElement.matches('.headline a')")
    assert page.faults == []


def test_n_leads_to_the_note(open_page):
    page = open_page("/")
    press(page, "j", "n")
    page.wait_for_url("**/paper/**#note")
    press(page, "n")
    assert page.evaluate("document.activeElement.matches('[data-note]')")


def test_a_button_keeps_the_focus_when_its_line_is_replaced(open_page, clean):
    page = open_page("/")
    button = page.locator("[data-key='save']").first
    button.focus()
    press(page, "Enter")
    page.wait_for_selector("[value^='unsave']")
    assert page.evaluate("document.activeElement.dataset.key") == "save"


def test_the_help_lists_the_keys(open_page):
    page = open_page("/")
    press(page, "?")
    said = page.get_by_role("dialog").inner_text()
    assert "never show it again" in said
    assert "undo" in said


def test_without_a_script_a_form_saves_and_undoes(open_page, clean):
    page = open_page("/2024-12", js=False)
    page.locator("[data-key='save']").nth(2).click()
    assert "did=save" in page.url
    assert page.locator("#notice").inner_text().startswith("Saved.")
    assert page.locator("#notice").bounding_box()["y"] < 300  # in sight where one has come back to
    page.locator("#notice button").click()
    assert page.url.partition("#")[0].endswith("/2024-12")
    assert page.locator("[value^='unsave']").count() == 0


def test_without_a_script_a_hidden_paper_is_gone_until_it_is_undone(open_page, clean):
    page = open_page("/2024-12", js=False)
    title = page.locator(".headline").first.inner_text()
    page.locator("summary").first.click()
    page.locator("[value^='never']").first.click()
    assert page.locator(".headline").first.inner_text() != title
    page.locator("#notice button").click()
    assert page.locator(".headline").first.inner_text() == title


def test_opening_from_a_list_leaves_a_clean_address(open_page):
    page = open_page("/")
    press(page, "j", "o")
    page.wait_for_url("**/paper/**")
    assert "?" not in page.url


@pytest.mark.parametrize("path", ["/saved", "/following", "/collections", "/tags", "/never"])
def test_own_pages_fit_every_window(open_page, path):
    page = open_page(path)
    for width in (1440, 768, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.faults == []
