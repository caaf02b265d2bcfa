"""Single mode: one reader without a password, on this machine alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest

LOCAL = ("127.0.0.1", 5)


@pytest.fixture
def house(build):
    return build("single")


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:8321", "http://localhost", "http://[::1]:8321", "http://x.localhost"]
)
def test_it_answers_to_names_of_this_machine(house, base):
    assert house.browser(base, client=LOCAL).get("/account").status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8321",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "evil.example#127.0.0.1",
        "192.168.1.5",
        "[fe80::1]",
        "0.0.0.0",
        "[",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/account", "/api/v1/me", "/static/x"])
def test_a_name_that_was_bound_anew_gets_nothing(house, host, path):
    browser = house.browser("http://127.0.0.1", client=LOCAL)
    answer = browser.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "localhost" in answer.text
    assert "content-security-policy" in answer.headers


def test_two_hosts_get_nothing(house):
    headers = [("Host", "localhost"), ("Host", "evil.example")]
    answer = house.browser("http://localhost", client=LOCAL).get("/", headers=headers)
    assert answer.status_code == 421


@pytest.mark.parametrize("peer", ["192.168.1.9", "8.8.8.8", "fe80::1", "::ffff:192.168.1.9"])
def test_another_machine_gets_nothing_whatever_it_says(house, peer):
    headers = {"X-Forwarded-For": "127.0.0.1"}
    browser = house.browser("http://127.0.0.1", client=(peer, 5))
    assert browser.get("/", headers=headers).status_code == 421


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", ""])
def test_this_machine_gets_an_answer(house, peer):
    assert house.browser("http://127.0.0.1", client=(peer, 5)).get("/").status_code == 200


def test_nobody_signs_in(house):
    browser = house.browser("http://localhost", client=LOCAL)
    for path in ("/sign-in", "/sign-up"):
        assert browser.get(path).status_code == 404
        assert (
            browser.submit(path, name="Ada", password="three small grey ducks").status_code == 404
        )
    assert browser.say("/sign-in/passkey/ask").status_code == 404
    for path in ("/", "/about", "/account"):
        text = browser.get(path).text
        assert "/sign-in" not in text
        assert "/sign-out" not in text


def test_the_account_page_shows_what_applies(house):
    text = house.browser("http://localhost", client=LOCAL).get("/account").text
    for there in ("Time zone", "Tokens", "Your data"):
        assert there in text
    for absent in ("password", "Passkeys", "Sessions", "Invitations", "Leave this paper"):
        assert absent not in text


def test_the_one_reader_is_admin_and_the_same_each_time(house):
    browser = house.browser("http://localhost", client=LOCAL)
    ids = {browser.get("/api/v1/me").json()["id"] for _ in range(3)}
    assert len(ids) == 1
    assert browser.get("/api/v1/me").json()["role"] == "admin"


def test_the_one_reader_is_made_once_by_many_who_come_first_at_once(build):
    house = build("single")
    browser = house.browser("http://localhost", client=LOCAL)
    with browser, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(browser.get, ["/all", "/days", "/", "/account"] * 4))
    assert {answer.status_code for answer in answers} == {200}
    assert len(house.services.accounts.accounts.all_readers()) == 1


def test_with_others_in_the_library_the_one_reader_is_an_admin(build):
    house = build("single")
    accounts = house.services.accounts.accounts
    accounts.add_reader(name="Bea", role="reader")
    ada = accounts.add_reader(name="Ada", role="admin")
    assert house.services.accounts.visitor("") == ada
