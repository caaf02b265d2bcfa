"""OpenID Connect: a provider signs who somebody is.

Source:
    OpenID Connect Core 1.0, section 3.1 (authorization code flow) and 3.1.3.7 (the ID token);
    Discovery 1.0, section 4; RFC 7636 (PKCE); RFC 9207 is not asked for.
"""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from broadsheet.model.credentials import Outside
from broadsheet.model.errors import NotAllowedError, ProviderError

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519")
_SCOPE = "openid profile email"
_TIMEOUT_S = 10.0
_MAX_BODY_BYTES = 1_000_000
_KNOWN_FOR_S = 3600.0
_KEYS_AGAIN_S = 60.0
_LEEWAY_S = 60
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class OpenIdProvider:
    """A provider, as its own description says it (`model.reader_ports.Provider`).

    Args:
        name: as people know it.
        issuer: its address; https, unless it is on this machine.
        client_id, client_secret: what it knows us by; a client without a secret is public.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        *,
        name: str,
        issuer: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.issuer = issuer
        self.client_id = client_id
        self.client_secret = client_secret
        self.clock = clock
        self._about: dict[str, Any] = {}
        self._about_at = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    def address(self, *, state: str, nonce: str, challenge: str, back: str) -> str:
        """Return where the browser asks to be vouched for.

        Raises:
            ProviderError: the provider does not describe itself.
        """
        place = self._place("authorization_endpoint")
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": back,
            "scope": _SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(asked)}"

    def vouch(self, *, code: str, verifier: str, nonce: str, back: str) -> Outside:
        """Return whom the provider has vouched for by a code.

        Raises:
            ProviderError: it does not answer, or not as one.
            NotAllowedError: what it says is not signed by it, not for us, or too old.
        """
        answer = self._exchange(code=code, verifier=verifier, back=back)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotAllowedError(f"{self.name} did not vouch for you; try again.")
        claims = self._signed(token)
        self._check(claims, nonce=nonce)
        return _outside(self.issuer, claims)

    def _exchange(self, *, code: str, verifier: str, back: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        headers = {}
        known = self._described().get("token_endpoint_auth_methods_supported")
        if not self.client_secret:
            form["client_id"] = self.client_id
        elif known is not None and "client_secret_basic" not in known:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return self._ask("POST", self._place("token_endpoint"), data=form, headers=headers)

    def _signed(self, token: str) -> Mapping[str, Any]:
        """Return what a token says, whose signature is by one of the provider's keys."""
        for fresh in (False, True):
            try:
                keys = self._key_set(fresh=fresh)
                claims: Mapping[str, Any] = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
                return claims
            except (JoseError, ValueError, KeyError, TypeError) as e:
                error = e  # perhaps by a key that is newer than those we know
        raise NotAllowedError(f"What came is not signed by {self.name}; try again.") from error

    def _check(self, claims: Mapping[str, Any], *, nonce: str) -> None:
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience
        now = self.clock()
        right = (
            claims.get("iss") == self.issuer,
            isinstance(audiences, list) and self.client_id in audiences,
            audiences == [self.client_id] or claims.get("azp") == self.client_id,
            claims.get("azp") in (None, self.client_id),
            _number(claims.get("exp")) > now - _LEEWAY_S,
            0 < _number(claims.get("iat")) < now + _LEEWAY_S,
            bool(nonce) and claims.get("nonce") == nonce,
            isinstance(claims.get("sub"), str) and 0 < len(claims["sub"]) <= 255,
        )
        if not all(right):
            raise NotAllowedError(f"What {self.name} signed is not for this sign-in; try again.")

    def _key_set(self, *, fresh: bool) -> KeySet:
        now = self.clock()
        age_s = now - self._keys_at
        if self._keys is None or age_s > _KNOWN_FOR_S or (fresh and age_s > _KEYS_AGAIN_S):
            said: Any = self._ask("GET", self._place("jwks_uri"))
            try:
                self._keys = KeySet.import_key_set(said)
            except (JoseError, ValueError, KeyError, TypeError, AttributeError) as e:
                raise ProviderError(f"The keys of {self.name} cannot be read.") from e
            self._keys_at = now
        return self._keys

    def _described(self) -> dict[str, Any]:
        now = self.clock()
        if not self._about or now - self._about_at > _KNOWN_FOR_S:
            place = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            about = self._ask("GET", place)
            if about.get("issuer") != self.issuer:
                raise ProviderError(
                    f"{place} describes {str(about.get('issuer'))[:100]!r}; set oidc.issuer to it."
                )
            self._about, self._about_at = about, now
        return self._about

    def _place(self, name: str) -> str:
        place = self._described().get(name)
        if not isinstance(place, str) or not self._may_be_asked(place):
            raise ProviderError(f"{self.name} names no {name} that can be trusted.")
        return place

    def _may_be_asked(self, place: str) -> bool:
        """Whether it is under TLS, or on this machine as the issuer is."""
        parts, issuer = urlsplit(place), urlsplit(self.issuer)
        if parts.scheme == "https":
            return True
        return parts.scheme == "http" and parts.hostname in _LOOPBACK and issuer.scheme == "http"

    def _ask(self, method: str, place: str, **sent: Any) -> dict[str, Any]:
        if not self._may_be_asked(place):
            raise ProviderError("A provider is asked over https alone.")
        try:
            with (
                httpx2.Client(timeout=_TIMEOUT_S, trust_env=False) as client,
                client.stream(method, place, **sent) as answer,
            ):
                body = _read(answer)
        except (httpx2.HTTPError, httpx2.InvalidURL) as e:
            raise ProviderError(f"{self.name} does not answer; try again later.") from e
        try:
            said = json.loads(body)
        except (ValueError, RecursionError) as e:
            raise ProviderError(f"{self.name} answered with what is no JSON.") from e
        if answer.status_code != 200 or not isinstance(said, dict):
            raise ProviderError(f"{self.name} refused, with status {answer.status_code}.")
        return said


def _read(answer: httpx2.Response) -> bytes:
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > _MAX_BODY_BYTES:
            raise ProviderError("The provider's answer is too long.")
    return body


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else -1.0


def _outside(issuer: str, claims: Mapping[str, Any]) -> Outside:
    names = [claims.get(key) for key in ("preferred_username", "name", "nickname")]
    email = claims.get("email") if claims.get("email_verified") is True else ""
    return Outside(
        id=f"{issuer} {claims['sub']}",
        names=tuple(name for name in names if isinstance(name, str)),
        email=email if isinstance(email, str) else "",
    )
