"""Signing up, in and out; and what somebody tries who wants in without being asked."""

import re

import pytest
from tests.broadsheet import statements

from broadsheet.model.errors import StoreBusyError

PASSWORD = "three small grey ducks"
FORMS = ["/sign-in", "/sign-up", "/account/name", "/account/tokens", "/sign-out", "/new-password"]


def cookie(answer) -> str:
    return answer.headers.get("set-cookie", "")


def test_who_signs_up_is_in_and_the_first_is_admin(house):
    ada, bea = house.browser(), house.browser()
    assert ada.who == "Sign in"
    assert "You are the first" in ada.get("/sign-up").text
    answer = ada.sign_up("Ada", next="/days")
    assert (answer.status_code, answer.headers["location"]) == (303, "/days")
    assert ada.who == "Ada"
    assert "You are the first" not in bea.get("/sign-up").text
    bea.sign_up("Bea")
    assert [r.role for r in house.services.readership.all()] == ["admin", "reader"]


def test_who_signs_in_is_in_and_who_signs_out_is_out(house, ada):
    other = house.browser()
    assert other.sign_in("ADA").headers["location"] == "/"
    assert other.who == "Ada"
    secret = other.cookies["broadsheet"]
    assert other.submit("/sign-out").headers["location"] == "/"
    assert other.who == "Sign in"
    other.cookies.set("broadsheet", secret)
    assert other.who == "Sign in"
    assert ada.who == "Ada"


def test_the_cookie_is_for_the_server_alone(house, ada):
    said = cookie(house.browser().sign_in("Ada"))
    assert re.match(r"broadsheet=[\w-]{43}; HttpOnly; Max-Age=15552000; Path=/; SameSite=lax", said)
    assert "Secure" not in said
    assert "Domain" not in said


def test_under_tls_the_cookie_is_for_this_host_alone(build):
    house = build("open", address="https://paper.example")
    said = cookie(house.browser("https://paper.example").sign_up("Ada"))
    assert said.startswith("__Host-broadsheet=")
    assert "Secure" in said
    assert "Path=/;" in said
    assert "Domain" not in said


def test_a_cookie_without_the_prefix_opens_nothing_under_tls(build):
    house = build("open", address="https://paper.example")
    browser = house.browser("https://paper.example")
    browser.sign_up("Ada")
    secret = browser.cookies["__Host-broadsheet"]
    other = house.browser("https://paper.example")
    other.cookies.set("broadsheet", secret)
    assert other.who == "Sign in"


def test_a_session_that_was_there_before_is_not_taken_over(house, ada):
    victim = house.browser()
    victim.cookies.set("broadsheet", "planted-by-somebody-else-0123456789012345678")
    answer = victim.sign_in("Ada")
    assert "planted" not in cookie(answer)
    thief = house.browser()
    thief.cookies.set("broadsheet", "planted-by-somebody-else-0123456789012345678")
    assert thief.who == "Sign in"


def test_each_sign_in_has_a_new_secret_and_ends_the_one_before(house, ada):
    before = ada.cookies["broadsheet"]
    answer = ada.sign_in("Ada")
    assert before not in cookie(answer)
    other = house.browser()
    other.cookies.set("broadsheet", before)
    assert other.who == "Sign in"


@pytest.mark.parametrize(
    "secret", ["", "x", "a" * 43, "a" * 10_000, "%00", "\u00e9", "' OR 1=1 --", "bs_" + "a" * 43]
)
def test_what_is_no_secret_opens_nothing(house, ada, secret):
    thief = house.browser()
    answer = thief.get("/about", headers={"Cookie": f"broadsheet={secret}".encode()})
    assert answer.status_code == 200
    assert ">Sign in</a>" in answer.text


def test_a_session_ends_thirty_days_after_its_last_use(house, ada):
    house.tick(days=29)
    assert ada.who == "Ada"
    house.tick(days=29)
    assert ada.who == "Ada"
    house.tick(days=30)
    assert ada.who == "Sign in"


def test_a_session_ends_180_days_after_its_beginning(house, ada):
    for _ in range(8):
        house.tick(days=20)
        assert ada.who == "Ada"
    house.tick(days=20)
    assert ada.who == "Sign in"


def test_a_read_is_noted_now_and_then(house, ada):
    reader = house.services.readership.named("Ada")
    house.tick(minutes=9)
    assert ada.who == "Ada"
    assert house.services.sessions.of(reader)[0].used_at == "2026-11-22T12:00:00+00:00"
    house.tick(minutes=1)
    assert ada.who == "Ada"
    assert house.services.sessions.of(reader)[0].used_at == "2026-11-22T12:10:00+00:00"


def test_names_and_passwords_that_are_wrong_are_answered_alike(house, ada):
    wrong, unknown = house.browser(), house.browser()
    one, two = wrong.sign_in("Ada", "not her password"), unknown.sign_in("Zoe", "not her password")
    assert one.status_code == two.status_code == 422
    assert "The name or the password is wrong." in one.text
    assert one.text.replace("Ada", "Zoe") == two.text
    assert cookie(one) == cookie(two) == ""


def test_names_that_are_wrong_are_as_much_work(house, ada):
    with statements.collected() as asked:
        house.browser().sign_in("Ada", "not her password")
        known = [*asked]
        asked.clear()
        house.browser().sign_in("Zoe", "not her password")
    assert asked == known


def test_who_is_shut_out_is_answered_alike_too(house, ada, bea):
    services = house.services
    services.readership.set_disabled(services.readership.named("Bea"), True)
    assert bea.who == "Sign in"
    answer = bea.sign_in("Bea")
    assert answer.status_code == 422
    assert "The name or the password is wrong." in answer.text


@pytest.mark.parametrize(
    ("name", "password", "named"),
    [
        ("", PASSWORD, "name has"),
        ("x" * 41, PASSWORD, "name has"),
        ("x" * 600, PASSWORD, "at most 500"),
        ("a\u202eb", PASSWORD, "name has"),
        ("<b>", PASSWORD, "name has"),
        ("ada", PASSWORD, "Another reader has this name"),
        ("A D A", PASSWORD, "Another reader has this name"),
        ("Ａｄａ", PASSWORD, "Another reader has this name"),
        ("Bea", "short", "at least 10"),
        ("Bea", "password1234", "first that are tried"),
        ("Beatrice Bee", "beatricebee", "name is no password"),
        ("Bea", "x" * 3_000, "at most 2,000"),
        ("Be\0a", PASSWORD, "one line"),
        ("Bea", PASSWORD + "\r\nSet-Cookie: a=b", "one line"),
    ],
)
def test_a_sign_up_that_breaks_a_rule_is_said_and_nothing_is_made(
    house, ada, name, password, named
):
    browser = house.browser()
    answer = browser.sign_up(name, password)
    assert answer.status_code == 422
    assert named in answer.text.replace("&#39;", "'")
    assert "Set-Cookie" not in answer.headers
    assert len(house.services.readership.all()) == 1
    assert PASSWORD not in answer.text


@pytest.mark.parametrize("name", ["王小明", "Zoë Ångström", "O'Neil-Smith Jr.", "Ελένη", "जेन"])
def test_names_of_any_script_are_taken(house, name):
    browser = house.browser()
    assert browser.sign_up(name).status_code == 303
    assert browser.who.replace("&#39;", "'") == name
    assert house.browser().sign_in(name).status_code == 303


@pytest.mark.parametrize(
    "name", ["", " ", "Ada\0", "ada\r\nX: y", "x" * 100_00, "\ud83e\udd86", "@", "a@b", "%", "'--"]
)
def test_any_name_may_be_tried(house, ada, name):
    name = name.encode("utf-16", "surrogatepass").decode("utf-16")
    assert house.browser().sign_in(name).status_code == 422


@pytest.mark.parametrize(
    "then",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\r\nSet-Cookie: a=b",
        "/a\r\nb",
        "/\0",
        "evil.example",
        "",
        "?next=//evil",
        "/sign-in?next=/sign-in",
        "/sign-out",
        "/" + "x" * 3000,
        " //evil.example",
        "///evil.example",
        "/ /evil.example",
    ],
)
def test_one_is_never_sent_elsewhere(house, ada, then):
    page = house.browser().get("/sign-in", params={"next": then})
    assert page.status_code == 200
    assert "evil" not in page.text
    answer = house.browser().sign_in("Ada", next=then)
    assert answer.headers.get("location", "/") == "/"
    assert "a=b" not in cookie(answer)
    assert house.browser().sign_up("Bea", next=then).headers.get("location", "/") == "/"
    assert ada.get("/sign-in", params={"next": then}).headers["location"] == "/"


@pytest.mark.parametrize("then", ["/", "/days", "/search?q=a+b&cat=cs", "/paper/math/0309136#x"])
def test_one_is_sent_on_within_the_paper(house, ada, then):
    assert house.browser().sign_in("Ada", next=then).headers["location"] == then


def test_who_must_sign_in_comes_back_to_where_they_were(house):
    stranger = house.browser()
    answer = stranger.get("/account?done=name")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Faccount%3Fdone%3Dname"
    posted = stranger.submit(
        "/account/name", headers={"Referer": "http://paper.example/days/2024?x=1"}, name="x"
    )
    assert posted.headers["location"] == "/sign-in?next=%2Fdays%2F2024%3Fx%3D1"
    foreign = stranger.submit("/account/name", headers={"Referer": "http://evil.example/a"})
    assert foreign.headers["location"] == "/sign-in?next=%2F"


@pytest.mark.parametrize("path", FORMS)
def test_a_form_of_another_site_changes_nothing(ada, path):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {}):
        assert ada.post(path, data={"name": "Eve"}, headers=headers).status_code == 403
    assert ada.who == "Ada"


@pytest.mark.parametrize("path", FORMS)
def test_what_is_no_form_is_refused_with_a_sentence(ada, path):
    if path == "/sign-out":
        return
    for kind, body in (
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--"),
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=1"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 200)),
        ("application/x-www-form-urlencoded", b"name=a&name=b&token=a&token=b"),
    ):
        headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": kind}
        assert ada.post(path, content=body, headers=headers).status_code in (403, 422)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/account/name", "/sign-in/passkey"])
def test_a_form_is_not_longer_than_256_kb(house, path):
    browser = house.browser()
    assert browser.submit(path, name="x" * 270_000).status_code == 413

    def pieces():
        for _ in range(270):
            yield b"x" * 1024

    own = {"Sec-Fetch-Site": "same-origin"}
    assert browser.post(path, content=pieces(), headers=own).status_code == 413


def test_guessing_one_name_ends(house, ada):
    browsers = [house.browser(client=(f"10.0.1.{n}", 1)) for n in range(3)]
    answers = [browsers[n % 3].sign_in("Ada", "wrong wrong wrong") for n in range(21)]
    assert [a.status_code for a in answers] == [422] * 20 + [429]
    assert answers[-1].headers["retry-after"] == "900"
    assert "try again in 15 minutes" in answers[-1].text
    assert house.browser().sign_in("Ada").status_code == 429
    house.tick(minutes=15)
    assert house.browser().sign_in("Ada").status_code == 303


def test_a_right_password_begins_the_count_anew(house, ada):
    browser = house.browser()
    for _ in range(3):
        for _ in range(15):
            browser.sign_in("Ada", "wrong wrong wrong")
        assert browser.sign_in("Ada").status_code == 303


def test_guessing_many_names_ends(house, ada):
    browser = house.browser()
    codes = [browser.sign_in(f"name {n}", "wrong wrong wrong").status_code for n in range(61)]
    assert codes == [422] * 60 + [429]
    assert house.browser(client=("10.0.0.8", 1)).sign_in("Ada").status_code == 303


def test_a_forwarded_address_is_believed_of_named_proxies_alone(build):
    house = build("open", proxies=["10.0.0.7"])
    proxied, direct = house.browser(), house.browser(client=("10.9.9.9", 1))
    for n in range(30):
        for browser in (proxied, direct):
            browser.submit(
                "/sign-up",
                headers={"X-Forwarded-For": f"6.6.6.{n}"},
                name=f"n{n}",
                password="short",
            )
    again = {"name": "x", "password": "short"}
    assert (
        proxied.submit("/sign-up", headers={"X-Forwarded-For": "6.6.6.99"}, **again).status_code
        == 422
    )
    assert (
        direct.submit("/sign-up", headers={"X-Forwarded-For": "6.6.6.99"}, **again).status_code
        == 429
    )


def test_by_invitation_one_comes_in_once(build):
    house = build("invited")
    ada = house.browser()
    assert ada.sign_up("Ada").status_code == 303  # the first needs none
    closed = house.browser().get("/sign-up")
    assert "by invitation" in closed.text
    assert 'name="password"' not in closed.text
    assert house.browser().sign_up("Bea").status_code == 403
    made = ada.submit("/account/invitations", note="Bea")
    (address,) = re.findall(r"http://paper.example(/sign-up\?invitation=[\w-]+)", made.text)
    secret = address.partition("=")[2]
    bea = house.browser()
    assert 'name="password"' in bea.get(address).text
    assert bea.sign_up("Bea", "short", invitation=secret).status_code == 422
    assert bea.sign_up("Bea", invitation=secret).status_code == 303
    again = house.browser().sign_up("Cleo", invitation=secret)
    assert again.status_code == 403
    assert "used up" in house.browser().get(address).text
    assert [r.name for r in house.services.readership.all()] == ["Ada", "Bea"]


def test_an_invitation_ends_and_can_be_withdrawn(build):
    house = build("invited")
    ada = house.browser()
    ada.sign_up("Ada")
    admin = house.services.readership.admin()
    old, taken = (house.services.readership.invite(admin, note=note) for note in "ab")
    ids = {i.note: i.id for i in house.services.readership.open_invitations()}
    assert ada.submit("/account/invitations/withdraw", id=ids["b"]).status_code == 303
    assert house.browser().sign_up("Bea", invitation=taken).status_code == 403
    house.tick(days=14)
    assert house.browser().sign_up("Bea", invitation=old).status_code == 403


def test_readers_who_are_no_admin_invite_nobody(build):
    house = build("invited")
    house.browser().sign_up("Ada")
    secret = house.services.readership.invite(house.services.readership.admin())
    bea = house.browser()
    bea.sign_up("Bea", invitation=secret)
    assert "Invitations" not in bea.get("/account").text
    assert bea.submit("/account/invitations").status_code == 403
    assert bea.submit("/account/invitations/withdraw", id="x").status_code == 403


def test_the_trail_tells_who_came_in_without_names(house, ada):
    house.browser().sign_in("Ada", "wrong wrong wrong")
    house.browser().sign_in("Ada")
    assert house.done() == ["signed up", "sign-in failed", "signed in"]
    (failed,) = [row for row in house.services.audit.last() if row["action"] == "sign-in failed"]
    assert failed["reader"] == ""
    assert re.fullmatch(r"[0-9a-f]{32}", failed["detail"]["name"])


def test_a_hash_of_older_parameters_is_made_anew(house, ada):
    from argon2 import PasswordHasher

    accounts = house.services.accounts.accounts
    reader = house.services.readership.named("Ada")
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    accounts.set_password(reader.key, old, keep_session=None)
    assert house.browser().sign_in("Ada").status_code == 303
    assert ",t=1," in accounts.password_of(reader.key)
    assert ada.who == "Ada"


def test_an_error_page_knows_its_reader(ada):
    missing = ada.get("/paper/none")
    assert missing.status_code == 404
    assert ">Ada</a>" in missing.text
    assert ">Ada</a>" in ada.get("/no/such/page").text


def test_a_busy_library_is_said_without_a_reader(house, ada, monkeypatch):
    def busy(secret: str) -> None:
        raise StoreBusyError("busy")

    monkeypatch.setattr(house.services.sessions, "reader_of", busy)
    answer = ada.get("/account")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert ">Sign in</a>" in answer.text
