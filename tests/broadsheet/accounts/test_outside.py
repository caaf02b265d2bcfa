"""OpenID Connect against a small real provider on loopback, right and wrong."""

import hashlib
import hmac
import json
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from broadsheet.model.errors import SettingsError
from broadsheet.wiring import read_settings

jwk = pytest.importorskip("joserfc.jwk")
jwt = pytest.importorskip("joserfc.jwt")

CLIENT, SECRET = "the paper", "s3cret: with / odd & signs"


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@cache
def _first_key() -> object:
    return jwk.RSAKey.generate_key(2048, {"kid": "one"})


class Provider:
    """Vouches for one person, and remembers what it was asked."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.keys = {"one": _first_key()}
        self.signs_with = "one"
        self.person = {"sub": "42", "preferred_username": "Ada", "email": "ada@example.org"}
        self.person["email_verified"] = True
        self.wrong: dict[str, object] = {}
        self.algorithm = "RS256"
        self.about: dict[str, object] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.public = False

    def description(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.about,
        }

    def key_set(self) -> dict[str, object]:
        return {"keys": [key.as_dict(private=False) for key in self.keys.values()]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Return the address to which the browser is sent back."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code {len(self.codes)}"
        self.codes[code] = asked
        said = {"code": code, "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(said)}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, str] | None:
        asked = self.codes.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = _base64(verifier)
        if asked is None or asked["code_challenge"] != challenge:
            return None
        if asked["redirect_uri"] != form["redirect_uri"] or not self._knows(form, authorization):
            return None
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.signed(asked)}

    def signed(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now}
        claims |= {"nonce": asked["nonce"], **self.person, **self.wrong}
        claims = {name: value for name, value in claims.items() if value is not None}
        head = {"alg": self.algorithm, "kid": self.signs_with}
        key = self.keys[self.signs_with]
        if self.algorithm in ("none", "HS256"):
            said = ".".join(_base64(json.dumps(part).encode()) for part in (head, claims))
            # as if the public key were a secret
            mark = hmac.digest(key.as_pem(private=False), said.encode(), "sha256")
            return f"{said}.{_base64(mark) if self.algorithm == 'HS256' else ''}"
        return str(jwt.encode(head, claims, key, algorithms=["RS256", "ES256"]))

    def _knows(self, form: dict[str, str], authorization: str) -> bool:
        if self.public:
            return form.get("client_id") == CLIENT and not authorization
        if "client_secret" in form:
            return (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
        said = b64decode(authorization.removeprefix("Basic ")).decode()
        quoted = urlencode({"": CLIENT}).replace("+", "%20")[1:]
        return said == f"{quoted}:{urlencode({'': SECRET}).replace('+', '%20')[1:]}"


class Answers(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        provider, parts = self.provider, urlsplit(self.path)
        provider.asked.append(parts.path)
        pages = {
            "/.well-known/openid-configuration": provider.description,
            "/keys": provider.key_set,
        }
        self._answer(pages[parts.path]() if parts.path in pages else None)

    def do_POST(self) -> None:
        self.provider.asked.append(self.path)
        length = int(self.headers["content-length"])
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
        self._answer(self.provider.token(form, self.headers.get("authorization", "")))

    def _answer(self, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(200 if said is not None else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def provider():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made = Provider(server.server_address[1])
    server.RequestHandlerClass = type("OneProvider", (Answers,), {"provider": made})
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def build_known(build, provider):
    """A house whose readers the provider vouches for."""

    def built(accounts="open", secret=SECRET, **more):
        oidc = {"issuer": provider.issuer, "client_id": CLIENT, "name": "The University"}
        return build(accounts, oidc={**oidc, "client_secret": secret}, **more)

    return built


@pytest.fixture
def house(build_known):
    return build_known()


def go(browser, provider, **asked):
    """Go to the provider; return the path on which the browser comes back."""
    sent = browser.get("/sign-in/outside", params=asked)
    assert sent.status_code == 303
    parts = urlsplit(sent.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}" == provider.issuer
    back = provider.authorize({k: v[0] for k, v in parse_qs(parts.query).items()})
    assert back.startswith("http://paper.example/sign-in/outside/back?")
    return back.removeprefix("http://paper.example")


def test_who_is_vouched_for_is_in(house, provider):
    browser = house.browser()
    assert "Sign in with The University" in browser.get("/sign-in").text
    answer = browser.get(go(browser, provider, next="/days"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/days")
    assert browser.who == "Ada"
    (reader,) = house.services.readership.all()
    assert (reader.email, reader.email_confirmed, reader.role) == ("ada@example.org", True, "admin")
    again = house.browser()
    again.get(go(again, provider))
    assert again.who == "Ada"
    assert len(house.services.readership.all()) == 1
    assert house.done() == ["signed up", "signed in", "signed in"]


def test_where_to_go_stays_within_the_paper(house, provider):
    browser = house.browser()
    back = go(browser, provider, next="//evil.example")
    assert browser.get(back).headers["location"] == "/"


def test_a_way_back_is_for_its_browser_and_once(house, provider):
    browser, other = house.browser(), house.browser()
    back = go(browser, provider)
    assert other.get(back).status_code == 403
    go(other, provider)
    assert other.get(back).status_code == 403  # somebody else's code in my browser
    kept = browser.cookies["broadsheet-outside"]
    back = go(browser, provider)
    assert browser.get(back).status_code == 303
    browser.cookies.set("broadsheet-outside", kept)
    assert browser.get(back).status_code == 403
    assert other.who == "Sign in"


@pytest.mark.parametrize("change", ["code", "state"])
def test_what_was_changed_on_the_way_opens_nothing(house, provider, change):
    browser = house.browser()
    asked = {k: v[0] for k, v in parse_qs(urlsplit(go(browser, provider)).query).items()}
    for wrong in ("", "x", "\u00e9", "a" * 9_000):
        answer = browser.get("/sign-in/outside/back", params={**asked, change: wrong})
        assert answer.status_code in (403, 502)
    assert browser.who == "Sign in"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"aud": "another paper"},
        {"aud": []},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": 9_999_999_999},
        {"iat": None},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 42},
        {"sub": "x" * 256},
    ],
)
def test_what_is_signed_but_not_for_us_opens_nothing(house, provider, wrong):
    provider.wrong = wrong
    browser = house.browser()
    assert browser.get(go(browser, provider)).status_code == 403
    assert browser.who == "Sign in"
    assert house.services.readership.all() == []


def test_an_audience_of_many_names_us_as_party(house, provider):
    provider.wrong = {"aud": [CLIENT, "another"], "azp": CLIENT}
    browser = house.browser()
    browser.get(go(browser, provider))
    assert browser.who == "Ada"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_is_not_signed_by_a_key_of_theirs_opens_nothing(house, provider, algorithm):
    provider.algorithm = algorithm
    browser = house.browser()
    assert browser.get(go(browser, provider)).status_code == 403


def test_another_key_of_the_same_name_opens_nothing(house, provider):
    browser = house.browser()
    browser.get(go(browser, provider))
    provider.keys["one"] = jwk.RSAKey.generate_key(2048, {"kid": "one"})
    provider.key_set = lambda: {"keys": []}
    other = house.browser()
    assert other.get(go(other, provider)).status_code == 403


def test_a_new_key_is_fetched(house, provider):
    browser = house.browser()
    browser.get(go(browser, provider))
    provider.keys["two"] = jwk.ECKey.generate_key("P-256", {"kid": "two"})
    provider.signs_with, provider.algorithm = "two", "ES256"
    other = house.browser()
    assert other.get(go(other, provider)).status_code == 403  # keys were fetched just now
    house.services.outside.provider._keys_at -= 61
    assert other.get(go(other, provider)).status_code == 303
    assert other.who == "Ada"
    assert provider.asked.count("/keys") == 2


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_describes_itself_wrong_is_not_asked(house, provider, about):
    provider.about = about
    answer = house.browser().get("/sign-in/outside")
    assert answer.status_code == 502
    assert "location" not in answer.headers


def test_a_provider_that_is_away_is_said(house, provider):
    provider.about = {"token_endpoint": "http://127.0.0.1:9/token"}
    browser = house.browser()
    answer = browser.get(go(browser, provider))
    assert answer.status_code == 502
    assert "does not answer" in answer.text


def test_a_refusal_is_said(house, provider):
    browser = house.browser()
    go(browser, provider)
    answer = browser.get("/sign-in/outside/back?error=access_denied&state=x")
    assert answer.status_code == 403
    assert "did not vouch" in answer.text


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_the_secret_is_shown_as_the_provider_takes_it(house, provider, method):
    provider.about = {"token_endpoint_auth_methods_supported": [method]}
    browser = house.browser()
    browser.get(go(browser, provider))
    assert browser.who == "Ada"


def test_a_client_without_a_secret_shows_none(build_known, provider):
    provider.public = True
    house = build_known(secret="")
    browser = house.browser()
    browser.get(go(browser, provider))
    assert browser.who == "Ada"


def test_namesakes_get_a_number_and_no_account_of_another(house, provider):
    first = house.browser()
    first.sign_up("Ada")
    second = house.browser()
    second.get(go(second, provider))
    assert second.who == "Ada 2"
    assert [r.role for r in house.services.readership.all()] == ["admin", "reader"]


def test_an_address_that_is_not_verified_is_not_kept(house, provider):
    provider.person["email_verified"] = "true"
    browser = house.browser()
    browser.get(go(browser, provider))
    assert house.services.readership.all()[0].email == ""


@pytest.mark.parametrize("name", [None, "", "<script>", "x" * 300, 7, "a@b.org", "\u202e"])
def test_any_name_becomes_one(house, provider, name):
    provider.person["preferred_username"] = name
    browser = house.browser()
    assert browser.get(go(browser, provider)).status_code == 303
    assert 1 <= len(house.services.readership.all()[0].name) <= 40


def test_by_invitation_who_is_new_needs_one(build_known, provider):
    house = build_known("invited")
    house.browser().sign_up("Zoe")
    browser = house.browser()
    assert browser.get(go(browser, provider)).status_code == 403
    secret = house.services.readership.invite(house.services.readership.admin())
    assert "Sign up with The University" in browser.get(f"/sign-up?invitation={secret}").text
    assert browser.get(go(browser, provider, invitation=secret)).status_code == 303
    provider.person["sub"] = "43"
    other = house.browser()
    assert other.get(go(other, provider, invitation=secret)).status_code == 403
    provider.person["sub"] = "42"
    assert other.get(go(other, provider)).status_code == 303  # is known by now


def test_a_reader_lets_the_provider_vouch(house, provider):
    browser = house.browser()
    browser.sign_up("Augusta")
    assert "Let The University vouch for you" in browser.get("/account").text
    assert browser.get(go(browser, provider, next="/account")).headers["location"] == "/account"
    assert "vouches for you" in browser.get("/account").text
    other = house.browser()
    other.get(go(other, provider))
    assert other.who == "Augusta"
    bea = house.browser()
    bea.sign_up("Bea")
    assert bea.get(go(bea, provider)).status_code == 422
    assert bea.who == "Bea"


def test_who_signs_out_on_the_way_joins_nothing(house, provider):
    browser = house.browser()
    browser.sign_up("Augusta")
    back = go(browser, provider)
    browser.submit("/sign-out")
    assert browser.get(back).status_code == 403
    assert browser.who == "Sign in"


def test_who_is_shut_out_stays_out(house, provider):
    house.browser().sign_up("Zoe")
    browser = house.browser()
    browser.get(go(browser, provider))
    house.services.readership.set_disabled(house.services.readership.named("Ada"), True)
    other = house.browser()
    assert other.get(go(other, provider)).status_code == 403
    assert other.who == "Sign in"


def test_without_a_provider_there_is_no_way(build):
    browser = build("open").browser()
    assert browser.get("/sign-in/outside").status_code == 404
    assert browser.get("/sign-in/outside/back?code=x&state=y").status_code in (403, 404)
    assert "outside" not in browser.get("/sign-in").text


def test_it_needs_readers_who_sign_in(build_known):
    with pytest.raises(SettingsError, match="accounts to invited or open"):
        build_known("single")


@pytest.mark.parametrize(
    "oidc",
    [
        {"issuer": "http://id.example", "client_id": "x"},
        {"issuer": "id.example", "client_id": "x"},
        {"issuer": "https://id.example?x=1", "client_id": "x"},
        {"issuer": "https://id.example", "client_id": ""},
        {"issuer": "https://id.example"},
        {"issuer": "https://id.example", "client_id": "x", "colour": "red"},
    ],
)
def test_wrong_settings_are_named(oidc):
    with pytest.raises(SettingsError, match="oidc"):
        read_settings(environment={"BROADSHEET_OIDC": json.dumps(oidc)})


def test_the_secret_may_lie_in_a_file(build, provider, tmp_path):
    (tmp_path / "secret").write_text(SECRET + "\n")
    oidc = {"issuer": provider.issuer, "client_id": CLIENT}
    house = build("open", oidc={**oidc, "client_secret_file": str(tmp_path / "secret")})
    browser = house.browser()
    browser.get(go(browser, provider))
    assert browser.who == "Ada"
