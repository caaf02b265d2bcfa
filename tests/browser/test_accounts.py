"""Signing up, a passkey, signing out, in a real browser with a device that it pretends to have."""

import os
import shutil
import socket
import subprocess
import sys

import pytest

pytestmark = pytest.mark.browser

PASSWORD = "three small grey ducks"
PAGES = ["/sign-in", "/sign-up", "/account"]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@pytest.fixture(scope="module")
def signing_address(library, tmp_path_factory):
    """Where a server of a library with readers listens, under a name."""
    folder = tmp_path_factory.mktemp("readers") / "library"
    shutil.copytree(library, folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory"]
    chosen = {"BROADSHEET_LIBRARY": str(folder), "BROADSHEET_ACCOUNTS": "open"}
    server = subprocess.Popen(
        [*command, "--port", str(port), "broadsheet.asgi:app"],
        env={**os.environ, **chosen},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in server.stdout:
        if "Started worker" in line:
            break
    yield f"http://localhost:{port}"
    server.terminate()
    server.communicate(timeout=30)


@pytest.fixture
def new_page(chromium, signing_address):
    """Open a page of its own, with what goes wrong in `faults`."""
    contexts = []

    def opened(*, width=1440, scheme="light", js=True):
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=js,
            base_url=signing_address,
        )
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on(
            "console",
            lambda said: page.faults.append(said.text) if said.type in ("error", "warning") else 0,
        )
        return page

    yield opened
    for context in contexts:
        context.close()


def sign_up(page, name):
    page.goto("/days")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/days")
    assert page.get_by_role("link", name=name).is_visible()


@pytest.mark.parametrize("width", [320, pytest.param(1440, marks=pytest.mark.slow)])
def test_from_signing_up_to_a_passkey_and_out_again(new_page, width):
    page, name = new_page(width=width), f"Ada {width}"
    sign_up(page, name)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.get_by_role("link", name=name).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("Name of this device").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("The passkey is kept").wait_for()
    assert page.get_by_text("Laptop kept").is_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: url.endswith("/"))
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Name, or mail address").fill(name)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    assert page.get_by_role("alert").first.inner_text() == "The name or the password is wrong."
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("link", name=name).wait_for()
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Name, or mail address").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name=name).wait_for()
    assert [fault for fault in page.faults if "422" not in fault] == []


def test_a_device_that_does_not_answer_is_said(new_page):
    page = new_page()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, "isUserVerified": False}}
    )
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("The device was not asked to the end").wait_for()


def test_everything_else_works_without_scripts(new_page):
    page = new_page(js=False, width=320)
    sign_up(page, "Plain Reader")
    page.get_by_role("link", name="Plain Reader").click()
    assert not page.get_by_role("button", name="Add a passkey").is_visible()
    page.get_by_label("For what").fill("Cron")
    page.get_by_role("button", name="Make a token").click()
    assert page.get_by_text("bs_").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Change time zone").click()
    page.get_by_text("Your time zone is changed.").wait_for()
    page.get_by_text("Leave this paper").click()
    page.locator("#leave").get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Your name, to be sure").fill("Plain Reader")
    page.get_by_role("button", name="Leave for good").click()
    page.get_by_role("link", name="Sign in").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_and_can_be_read(new_page, scheme):
    page = new_page(scheme=scheme)
    sign_up(page, f"A reader of a long name, {scheme}"[:40].replace(",", ""))
    for path in ("/account", "/search", "/"):
        page.goto(path)
        for width in (1440, 768, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    stranger = new_page(scheme=scheme)
    for path in ("/sign-in", "/sign-up"):
        stranger.goto(path)
        for width in (1440, 768, 320):
            stranger.set_viewport_size({"width": width, "height": 900})
            assert stranger.evaluate("document.documentElement.scrollWidth") <= width
    assert page.faults == stranger.faults == []
