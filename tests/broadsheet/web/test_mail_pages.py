"""Subscribing, confirming, ending: pages that change nothing when they are only looked at."""

import re
from email import message_from_bytes
from email.policy import default

import pytest

from broadsheet.model.settings import MailSettings, Settings
from broadsheet.wiring import open_library

OWN = {"Sec-Fetch-Site": "same-origin"}
FORM = {"address": "a@example.org", "weekday": "-1", "hour": "7", "zone": "UTC", "section": ""}


@pytest.fixture
def desk(tmp_path, put, make_client):
    settings = Settings(
        library=tmp_path / "library",
        address="https://paper.example",
        accounts="open",
        mail=MailSettings(folder=tmp_path / "out", sender="Paper <paper@example.org>"),
    )
    services = open_library(settings, create=True)
    yield services, make_client(services), tmp_path / "out"
    services.close()


def letters(services, folder):
    services.sending.run()
    found = [message_from_bytes(p.read_bytes(), policy=default) for p in folder.glob("*.eml")]
    for path in folder.glob("*.eml"):
        path.unlink()
    return found


def link(message):
    text = message.get_body(("plain",)).get_content()
    return re.search(r"https://paper\.example(/\S+)", text)[1]


def subscribed(services, client, folder):
    assert client.post("/subscribe", data=FORM, headers=OWN).status_code == 200
    (letter,) = letters(services, folder)
    return link(letter)


def test_a_stranger_subscribes_and_confirms(desk):
    services, client, folder = desk
    path = subscribed(services, client, folder)
    looked = client.get(path)
    assert "Do you want this paper by mail?" in looked.text
    assert "a…@example.org" in looked.text
    assert services.digests.post.live() == []
    assert "It will come" in client.post(path, data={}, headers=OWN).text
    (live,) = services.digests.post.live()
    assert (live.address, live.weekday, live.sections) == ("a@example.org", -1, ("",))


def test_looking_at_the_stop_address_stops_nothing_and_one_click_does(desk):
    services, client, folder = desk
    client.post(subscribed(services, client, folder), data={}, headers=OWN)
    (live,) = services.digests.post.live()
    path = services.subscribing.stop_link(live).removeprefix("https://paper.example")
    for _ in range(2):
        assert "Stop this mail?" in client.get(path).text
    assert client.head(path).status_code == 200
    assert len(services.digests.post.live()) == 1
    # A mail program comes from nowhere: without cookie, without Origin (RFC 8058).
    clicked = client.post(path, content="List-Unsubscribe=One-Click")
    assert (clicked.status_code, clicked.text) == (200, "Unsubscribed.\n")
    assert services.digests.post.live() == []
    assert "The mail has ended" in client.get(path).text
    client.post(path, data={"resume": "1"}, headers=OWN)
    assert len(services.digests.post.live()) == 1


def test_the_answer_is_the_same_for_a_known_address(desk):
    services, client, folder = desk
    client.post(subscribed(services, client, folder), data={}, headers=OWN)
    known = client.post("/subscribe", data=FORM, headers=OWN)
    new = client.post("/subscribe", data={**FORM, "address": "b@example.org"}, headers=OWN)
    assert known.status_code == new.status_code == 200
    assert known.text.replace("a@example.org", "b@example.org") == new.text


@pytest.mark.parametrize("path", ["/u/x.y", "/confirm/x.y", "/u/...", "/confirm/%00"])
def test_an_address_that_was_not_given_out_is_not_found(desk, path):
    _, client, _ = desk
    assert client.get(path).status_code == 404
    assert client.post(path, data={}, headers=OWN).status_code == 404


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"address": "nobody"}, "no mail address"),
        ({"address": "a@example.org\r\nBcc: x@example.org"}, "one line of text"),
        ({"zone": "<script>"}, "no time zone"),
        ({"weekday": "x"}, "must be a number"),
        ({"hour": "99999999999"}, "at most 9"),
    ],
)
def test_a_form_that_cannot_be_is_refused(desk, form, said):
    services, client, folder = desk
    refused = client.post("/subscribe", data={**FORM, **form}, headers=OWN)
    assert refused.status_code == 422
    assert said in refused.text
    assert "<script>" not in refused.text
    assert letters(services, folder) == []


def test_forms_are_held_in_bounds(desk):
    _, client, _ = desk
    large = client.post("/subscribe", data={"address": "a" * 270_000}, headers=OWN)
    odd = client.post("/subscribe", json={"address": "a@example.org"}, headers=OWN)
    foreign = client.post("/subscribe", data={"address": "a@example.org"})
    assert [large.status_code, odd.status_code, foreign.status_code] == [413, 422, 403]


def test_a_paper_that_sends_no_mail_says_so(client, parse):
    page = client.get("/subscribe")
    assert "sends no mail" in page.text
    assert not parse(page.text).having("input", name="address")
    assert client.post("/subscribe", data=FORM, headers=OWN).status_code == 422
