"""Passkeys: a device that is registered lets its reader in, and nothing else does."""

import pytest

from broadsheet.model.errors import NotFoundError

ORIGIN = "http://paper.example"


@pytest.fixture
def laptop(new_device, ada):
    """A device of Ada's."""
    device = new_device(origin=ORIGIN)
    asked = ada.say("/account/passkeys/offer").json()
    answer = ada.say(
        "/account/passkeys",
        state=asked["state"],
        name="Laptop",
        credential=device.create(asked["options"]),
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"next": "/account?done=passkey#passkeys"}
    return device


def ask(browser):
    return browser.say("/sign-in/passkey/ask").json()


def come_in(browser, device, asked=None, **more):
    asked = asked or ask(browser)
    credential = device.get(asked["options"])
    return browser.say("/sign-in/passkey", state=asked["state"], credential=credential, **more)


def test_a_registered_device_lets_its_reader_in(house, ada, laptop):
    assert "Laptop" in ada.get("/account").text
    browser = house.browser()
    answer = come_in(browser, laptop, next="/days")
    assert answer.json() == {"next": "/days"}
    assert browser.who == "Ada"
    (kept,) = house.services.passkeys.of(house.services.readership.named("Ada"))
    assert (kept.sign_count, kept.name) == (2, "Laptop")
    assert kept.used_at
    assert house.done()[-1] == "signed in"


def test_next_stays_within_the_paper(house, laptop):
    assert come_in(house.browser(), laptop, next="//evil.example").json() == {"next": "/"}


def test_an_answer_is_taken_once(house, laptop):
    browser = house.browser()
    asked = ask(browser)
    credential = laptop.get(asked["options"])
    said = {"state": asked["state"], "credential": credential}
    assert browser.say("/sign-in/passkey", **said).status_code == 200
    again = house.browser().say("/sign-in/passkey", **said)
    assert again.status_code == 403
    assert "used already" in again.json()["error"]
    assert "set-cookie" not in again.headers


def test_an_answer_to_another_question_is_refused(house, laptop):
    browser = house.browser()
    credential = laptop.get(ask(browser)["options"])
    other = ask(browser)["state"]
    assert browser.say("/sign-in/passkey", state=other, credential=credential).status_code == 422


def test_a_question_grows_old(house, laptop):
    browser = house.browser()
    asked = ask(browser)
    house.tick(minutes=6)
    assert come_in(browser, laptop, asked).status_code == 403


def test_the_state_of_registering_does_not_sign_in(house, ada, laptop):
    asked = ada.say("/account/passkeys/offer").json()
    options = {"rpId": "paper.example", "challenge": asked["options"]["challenge"]}
    credential = laptop.get(options)
    answer = house.browser().say("/sign-in/passkey", state=asked["state"], credential=credential)
    assert answer.status_code == 403


def test_another_site_cannot_use_it(house, new_device, laptop):
    laptop.origin = "http://evil.example"
    assert come_in(house.browser(), laptop).status_code == 422
    laptop.origin = ORIGIN
    asked = ask(house.browser())
    asked["options"]["rpId"] = "evil.example"
    assert come_in(house.browser(), laptop, asked).status_code == 422
    assert house.done()[-1] == "sign-in failed"


def test_a_device_that_has_not_asked_its_owner_is_refused(house, laptop):
    laptop.flags = 1
    assert come_in(house.browser(), laptop).status_code == 422


def test_a_copy_of_a_device_is_noticed_by_its_count(house, laptop):
    assert come_in(house.browser(), laptop).status_code == 200
    laptop.count = 0
    assert come_in(house.browser(), laptop).status_code == 422


def test_a_device_that_is_not_known_is_refused(house, new_device, laptop):
    stranger = new_device(origin=ORIGIN)
    answer = come_in(house.browser(), stranger)
    assert answer.status_code == 422
    stranger.id = laptop.id
    assert come_in(house.browser(), stranger).json() == answer.json()


def test_a_removed_device_opens_nothing(house, ada, bea, laptop):
    reader = house.services.readership.named("Ada")
    (kept,) = house.services.passkeys.of(reader)
    with pytest.raises(NotFoundError):
        house.services.passkeys.remove(house.services.readership.named("Bea"), kept.id)
    assert ada.submit("/account/passkeys/remove", id=kept.id).status_code == 303
    assert come_in(house.browser(), laptop).status_code == 422


def test_who_is_shut_out_cannot_come_in_by_a_device(house, ada, bea, new_device):
    device = new_device(origin=ORIGIN)
    asked = bea.say("/account/passkeys/offer").json()
    credential = device.create(asked["options"])
    bea.say("/account/passkeys", state=asked["state"], credential=credential)
    assert come_in(house.browser(), device).status_code == 200
    house.services.readership.set_disabled(house.services.readership.named("Bea"), True)
    assert come_in(house.browser(), device).status_code == 422


def test_an_offer_is_for_who_asked(ada, bea, new_device):
    asked = ada.say("/account/passkeys/offer").json()
    credential = new_device(origin=ORIGIN).create(asked["options"])
    answer = bea.say("/account/passkeys", state=asked["state"], credential=credential)
    assert answer.status_code == 422


def test_strangers_register_nothing(house):
    assert house.browser().say("/account/passkeys/offer").status_code == 401
    assert house.browser().say("/account/passkeys", state="x", credential={}).status_code == 401


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"state": 1, "credential": {}},
        {"state": "x", "credential": []},
        {"state": "x.y", "credential": {"id": None}},
        {"state": "\u00e9" * 9000, "credential": {}},
    ],
)
def test_what_is_no_answer_is_refused(house, ada, said):
    for path in ("/sign-in/passkey", "/account/passkeys"):
        assert ada.say(path, **said).status_code in (403, 422)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"id": "x"},
        {"id": "x", "rawId": "x", "type": "public-key", "response": {}},
        {"id": "é", "rawId": 3, "type": [], "response": None},
    ],
)
def test_a_broken_credential_is_refused(house, ada, laptop, broken):
    known = {
        **broken,
        **({"id": laptop.get(ask(ada)["options"])["id"]} if "rawId" in broken else {}),
    }
    for credential in (broken, known):
        asked = ask(ada)
        answer = ada.say("/sign-in/passkey", state=asked["state"], credential=credential)
        assert answer.status_code == 422
        asked = ada.say("/account/passkeys/offer").json()
        answer = ada.say("/account/passkeys", state=asked["state"], credential=credential)
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"a": "\\ud800"}', b"[" * 30_000, b'{"state": 1e999}']
)
def test_what_is_no_json_is_refused(ada, body):
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    for path in ("/sign-in/passkey", "/account/passkeys"):
        assert ada.post(path, content=body, headers=headers).status_code == 422


def test_a_host_without_a_name_has_none(house):
    browser = house.browser("http://10.0.0.5")
    assert browser.say("/sign-in/passkey/ask").status_code == 422
    assert "Sign in with a passkey" not in browser.get("/sign-in").text
