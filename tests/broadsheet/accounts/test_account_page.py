"""The account page and its forms."""

import json
import re
from html import unescape

import pytest

PASSWORD = "three small grey ducks"
OTHER = "four large green frogs"


def page(browser):
    answer = browser.get("/account")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return unescape(answer.text)


def test_strangers_have_no_account(house):
    answer = house.browser().get("/account")
    assert answer.headers["location"] == "/sign-in?next=%2Faccount"
    assert house.browser().get("/account/data").status_code == 303


def test_a_name_is_changed(ada, bea):
    assert ada.submit("/account/name", name=" Ada  Byron ").status_code == 303
    assert ada.who == "Ada Byron"
    taken = ada.submit("/account/name", name="BEA")
    assert taken.status_code == 422
    assert "Another reader has this name" in taken.text
    assert ada.who == "Ada Byron"


def test_a_zone_is_one_that_is_known(ada):
    assert ada.submit("/account/zone", zone="Europe/Berlin").status_code == 303
    assert "<option selected>Europe/Berlin</option>" in page(ada)
    for wrong in ("Mars/Olympus", "../../etc/passwd", ""):
        assert ada.submit("/account/zone", zone=wrong).status_code == 422


def test_an_address_is_confirmed_by_its_letter(house, ada):
    answer = ada.submit("/account/address", email="ada@example.org")
    assert answer.headers["location"].startswith("/account?done=letter")
    assert "Not confirmed" in page(ada)
    ((name, address, token),) = house.post.sent
    assert (name, address) == ("Ada", "ada@example.org")
    link = f"/account/address/confirm?token={token}"
    other = house.browser()
    assert "Is this your address?" in other.get(link).text
    assert "Not confirmed" in page(ada)
    assert "Confirmed" in other.submit("/account/address/confirm", token=token).text
    assert "Confirmed." in page(ada)
    assert house.browser().sign_in("Ada@Example.org").status_code == 303


def test_a_letter_says_nothing_after_three_days_or_another_address(house, ada):
    ada.submit("/account/address", email="ada@example.org")
    token = house.post.sent[0][2]
    ada.submit("/account/address", email="byron@example.org")
    assert house.browser().get(f"/account/address/confirm?token={token}").status_code == 403
    newer = house.post.sent[1][2]
    house.tick(days=3)
    assert house.browser().submit("/account/address/confirm", token=newer).status_code == 403


def test_an_address_of_another_is_told_to_its_owner_alone(house, ada, bea):
    for browser in (ada, bea):
        answer = browser.submit("/account/address", email="ada@example.org")
        assert answer.headers["location"].startswith("/account?done=letter")
    first, second = (token for _, _, token in house.post.sent)
    assert house.browser().submit("/account/address/confirm", token=first).status_code == 200
    assert house.browser().submit("/account/address/confirm", token=second).status_code == 422


def test_an_address_is_given_when_signing_up(house, ada):
    house.browser().sign_up("Cleo", email="cleo@example.org")
    assert house.post.sent[0][:2] == ("Cleo", "cleo@example.org")
    wrong = house.browser().sign_up("Dora", email="dora@")
    assert wrong.status_code == 422
    assert "no mail address" in wrong.text


@pytest.mark.parametrize(
    "email", ["a", "a@b\r\nBcc: c@d", "@", "a@" + "b" * 300 + ".org", "a b@c.org", "<a@b.org>"]
)
def test_what_is_no_address_is_refused(house, ada, email):
    answer = ada.submit("/account/address", email=email)
    assert answer.status_code == 422
    assert house.post.sent == []


def test_letters_are_asked_for_five_times_an_hour(ada):
    codes = [
        ada.submit("/account/address", email=f"a{n}@example.org").status_code for n in range(6)
    ]
    assert codes == [303] * 5 + [429]


def test_an_address_is_forgotten(house, ada):
    ada.submit("/account/address", email="ada@example.org")
    assert ada.submit("/account/address", email="").headers["location"].endswith("#main")
    assert "ada@example.org" not in page(ada)


def test_a_password_is_changed_and_other_sessions_end(house, ada):
    other = house.browser()
    other.sign_in("Ada")
    wrong = ada.submit("/account/password", old="not it at all", new=OTHER)
    assert wrong.status_code == 422
    assert "present password is wrong" in wrong.text
    easy = ada.submit("/account/password", old=PASSWORD, new="Ada")
    assert easy.status_code == 422
    assert other.who == "Ada"
    assert ada.submit("/account/password", old=PASSWORD, new=OTHER).status_code == 303
    assert ada.who == "Ada"
    assert other.who == "Sign in"
    assert house.browser().sign_in("Ada", PASSWORD).status_code == 422
    assert house.browser().sign_in("Ada", OTHER).status_code == 303


def test_guessing_the_present_password_ends(ada):
    tries = [ada.submit("/account/password", old=f"wrong {n}", new=OTHER) for n in range(11)]
    assert [t.status_code for t in tries] == [422] * 10 + [429]


def test_sessions_are_listed_and_ended(house, ada):
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    other = house.browser()
    other.headers["user-agent"] = agent
    other.sign_in("Ada")
    said = page(ada)
    assert "Firefox on Linux" in said
    assert "this one" in said
    reader = house.services.readership.named("Ada")
    ids = {session.agent: session.id for session in house.services.sessions.of(reader)}
    assert ada.submit("/account/sessions/end", id=ids[agent]).status_code == 303
    assert other.who == "Sign in"
    other.sign_in("Ada")
    assert ada.submit("/account/sessions/end-others").status_code == 303
    assert other.who == "Sign in"
    assert ada.submit("/account/sessions/end", id=ids["testclient"]).headers["location"] == "/"
    assert ada.who == "Sign in"


def test_nobody_ends_the_session_of_another(house, ada, bea):
    (session,) = house.services.sessions.of(house.services.readership.named("Ada"))
    assert bea.submit("/account/sessions/end", id=session.id).status_code == 404
    assert ada.who == "Ada"


def test_a_browsers_name_is_shown_as_text(house, ada):
    other = house.browser()
    other.headers["user-agent"] = "<script>alert(1)</script>" + "x" * 5_000
    other.sign_in("Ada")
    assert "<script>alert" not in ada.get("/account").text


def test_a_token_is_shown_once_and_taken_back(house, ada):
    made = ada.submit("/account/tokens", name="Cron", scope="read", days="30")
    (token,) = re.findall(r"bs_[\w-]{43}", made.text)
    assert made.headers["cache-control"] == "no-store"
    assert token not in page(ada)
    assert "Cron" in page(ada)
    (kept,) = house.services.tokens.of(house.services.readership.named("Ada"))
    assert ada.submit("/account/tokens/revoke", id=kept.id).status_code == 303
    assert "Cron" not in page(ada)
    assert house.done()[-2:] == ["token made", "token revoked"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "scope": "read", "days": "30"},
        {"name": "x" * 61, "scope": "read", "days": "30"},
        {"name": "x", "days": "30"},
        {"name": "x", "scope": "all", "days": "30"},
        {"name": "x", "scope": "read", "days": "31"},
        {"name": "x", "scope": "read", "days": "-1"},
        {"name": "x", "scope": "read", "days": "³"},
        {"name": "x", "scope": "read"},
    ],
)
def test_a_token_that_breaks_a_rule_is_not_made(house, ada, fields):
    answer = ada.submit("/account/tokens", **fields)
    assert answer.status_code == 422
    assert "bs_" not in answer.text
    assert house.services.tokens.of(house.services.readership.named("Ada")) == []


def test_only_admins_make_tokens_for_admins(ada, bea):
    fields = {"name": "x", "scope": "admin", "days": "30"}
    assert ada.submit("/account/tokens", **fields).status_code == 200
    assert bea.submit("/account/tokens", **fields).status_code == 403


def test_nobody_takes_back_the_token_of_another(house, ada, bea):
    ada.submit("/account/tokens", name="x", scope="read", days="0")
    (kept,) = house.services.tokens.of(house.services.readership.named("Ada"))
    assert bea.submit("/account/tokens/revoke", id=kept.id).status_code == 404


def test_everything_is_handed_out_without_secrets(house, ada):
    made = ada.submit("/account/tokens", name="Cron", scope="read", days="30")
    (token,) = re.findall(r"bs_[\w-]{43}", made.text)
    answer = ada.get("/account/data")
    assert answer.headers["content-disposition"].startswith("attachment")
    said = json.loads(answer.text)
    assert said["readers"][0]["name"] == "Ada"
    assert said["tokens"][0]["name"] == "Cron"
    assert [row["action"] for row in said["audit"]] == ["signed up", "token made"]
    for secret in (token, ada.cookies["broadsheet"], "argon2"):
        assert secret not in answer.text


def test_leaving_needs_the_name_and_the_password(house, ada, bea):
    assert bea.submit("/account/leave", name="Bea", password="wrong").status_code == 422
    assert bea.submit("/account/leave", name="bea", password=PASSWORD).status_code == 422
    assert bea.who == "Bea"
    assert bea.submit("/account/leave", name="Bea", password=PASSWORD).headers["location"] == "/"
    assert bea.who == "Sign in"
    assert bea.sign_in("Bea").status_code == 422
    assert [r.name for r in house.services.readership.all()] == ["Ada"]


def test_the_only_admin_stays_as_long_as_others_do(house, ada, bea):
    answer = ada.submit("/account/leave", name="Ada", password=PASSWORD)
    assert answer.status_code == 403
    assert "make another reader admin" in answer.text
    assert ada.who == "Ada"


def test_a_link_sets_a_new_password_once(house, ada):
    services = house.services
    token = services.profile.reset_token(services.readership.named("Ada"))
    other = house.browser()
    assert "A new password for Ada" in other.get(f"/new-password?token={token}").text
    assert other.submit("/new-password", token=token, password="short").status_code == 422
    done = other.submit("/new-password", token=token, password=OTHER)
    assert done.headers["location"] == "/sign-in?done=password"
    assert "Your password is set" in other.get("/sign-in?done=password").text
    assert ada.who == "Sign in"
    assert other.sign_in("Ada", OTHER).status_code == 303
    assert other.submit("/new-password", token=token, password=PASSWORD).status_code == 403
    assert other.get(f"/new-password?token={token}").status_code == 403
    later = services.profile.reset_token(services.readership.named("Ada"))
    house.tick(days=1)
    assert other.submit("/new-password", token=later, password=PASSWORD).status_code == 403


def test_a_link_of_another_kind_sets_no_password(house, ada):
    ada.submit("/account/address", email="ada@example.org")
    token = house.post.sent[0][2]
    for wrong in (token, "", "x", "x.y", "\u00e9" * 500):
        answer = house.browser().submit("/new-password", token=wrong, password=OTHER)
        assert answer.status_code == 403


def test_a_parameter_that_is_none_of_the_page_is_refused(ada):
    assert ada.get("/account?x=1").status_code == 422
    assert "<script>" not in ada.get("/account?done=%3Cscript%3E").text.partition("<main")[2]
