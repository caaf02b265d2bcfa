"""A reader's whole day: signing up, reading, marking, following, mail and its end, a feed.

The server, the command line and the mail server are real ones. Only the day of subscribing is put
back in the store, for a digest is due from the day after.
"""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.broadsheet.mail.servers import MailServer, serving

from broadsheet.model.announcing import arxiv_today
from broadsheet.model.settings import Settings
from broadsheet.store.reader_schema import subscriptions
from broadsheet.wiring import now, open_library

pytestmark = pytest.mark.browser

N_PAPERS = 4
ONE_CLICK = b"List-Unsubscribe=One-Click"


@pytest.fixture
def mail_server():
    with serving(MailServer()) as server:
        yield server


@pytest.fixture
def paper_of_today(tmp_path: Path, mail_server: MailServer):
    """Where a server listens whose library has a few papers of today, and its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://localhost:{probe.getsockname()[1]}"
    mail = {
        **{"host": mail_server.host, "port": mail_server.port, "security": "none"},
        "sender": "The Paper <paper@example.org>",
    }
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("BROADSHEET_")},
        "BROADSHEET_LIBRARY": str(tmp_path / "library"),
        "BROADSHEET_ACCOUNTS": "open",
        "BROADSHEET_ADDRESS": address,
        "BROADSHEET_MAIL": json.dumps(mail),
    }
    open_library(Settings(library=tmp_path / "library"), create=True).close()
    records = tmp_path / "today.jsonl"
    records.write_text("\n".join(map(json.dumps, map(record, range(N_PAPERS)))), "utf-8")
    command(env, "import", str(records))
    command(env, "embed")
    granian = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory"]
    server = subprocess.Popen(
        [*granian, "--port", address.rpartition(":")[2], "broadsheet.asgi:app"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for said in server.stdout:
        if "Started worker" in said:
            break
    yield address, env
    server.terminate()
    server.communicate(timeout=30)


def record(number: int) -> dict[str, object]:
    return {
        "id": f"today-{number}",
        "title": f"A paper of today, number {number}",
        "abstract": f"What was found today, part {number}.",
        "authors": ["Ada Quill", f"Second {number}"],
        "categories": ["cs.IR"] if number % 2 else ["cs.CL"],
        "date": arxiv_today(now()).isoformat(),
    }


def command(env: dict[str, str], *words: str) -> str:
    asked = [sys.executable, "-m", "broadsheet", *words]
    done = subprocess.run(asked, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def one_letter(mail_server: MailServer, env: dict[str, str]):
    """Send what waits; return the one letter that came."""
    mail_server.taken.clear()
    command(env, "digest", "run")
    ((to, body),) = mail_server.taken
    assert to == "ada@post.example"
    return message_from_bytes(body, policy=default)


def put_back(env: dict[str, str], days: int) -> None:
    """Let the subscription be of some days ago."""
    then = (now() - timedelta(days=days)).isoformat(timespec="seconds")
    services = open_library(Settings(library=env["BROADSHEET_LIBRARY"]))
    with services.digests.post.writer.begin() as connection:
        connection.execute(update(subscriptions).values(created_at=then, issued=""))
    services.close()


@pytest.mark.parametrize("width", [320, pytest.param(1440, marks=pytest.mark.slow)])
def test_from_signing_up_to_the_end_of_the_mail(chromium, paper_of_today, mail_server, width):
    address, env = paper_of_today
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, base_url=address, service_workers="block"
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else 0
    )

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    page.goto("/sign-up")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill("three small grey ducks")
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("link", name="Ada", exact=True).wait_for()
    fits()

    titles = page.locator("[data-item] .headline").all_inner_texts()
    assert sorted(titles) == [f"A paper of today, number {n}" for n in range(N_PAPERS)]
    page.keyboard.press("j")
    page.keyboard.press("v")
    page.locator("[aria-current='true'] [data-key='up'][aria-pressed='true']").wait_for()
    page.keyboard.press("s")
    page.locator("[aria-current='true'] [data-key='save']", has_text="Saved").wait_for()
    page.goto("/saved")
    assert page.locator(".headline").all_inner_texts() == titles[:1]
    fits()

    page.goto("/c/cs.IR")
    page.get_by_role("button", name="Follow", exact=True).click()
    page.get_by_role("button", name="Following").wait_for()
    fits()

    page.goto("/subscribe")
    page.get_by_label("Mail address").fill("ada@post.example")
    page.get_by_label("Day").select_option("-1")
    page.get_by_label("From").select_option("0")
    fits()
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_text("ada@post.example").first.wait_for()
    asking = one_letter(mail_server, env)
    confirm = re.search(r"http://\S+/confirm/\S+", asking.get_body(("plain",)).get_content())[0]
    page.goto(confirm)
    fits()
    page.get_by_role("button", name="Yes, send it").click()
    page.get_by_role("heading", name="It will come").wait_for()

    put_back(env, days=2)
    digest = one_letter(mail_server, env)
    told = digest.get_body(("plain",)).get_content()
    assert titles[0] in told
    assert digest["List-Unsubscribe-Post"] == ONE_CLICK.decode()
    stop = digest["List-Unsubscribe"].strip().strip("<>")
    with urllib.request.urlopen(stop, data=ONE_CLICK, timeout=20) as answer:
        assert (answer.status, answer.read()) == (200, b"Unsubscribed.\n")
    page.goto(stop)
    page.get_by_role("heading", name="The mail has ended").wait_for()
    fits()
    put_back(env, days=2)
    mail_server.taken.clear()
    command(env, "digest", "run")
    assert mail_server.taken == []

    with urllib.request.urlopen(f"{address}/front.atom", timeout=20) as answer:
        feed = answer.read().decode()
    assert sorted(re.findall(r"<title[^>]*>(A paper of today[^<]*)</title>", feed)) == sorted(
        titles
    )
    assert faults == []
    context.close()
