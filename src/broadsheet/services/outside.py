"""Signing in by somebody who vouches elsewhere: OpenID Connect's code flow, seen from here."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta

from broadsheet.model.credentials import Outside
from broadsheet.model.errors import InvalidValueError, NotAllowedError, NotFoundError
from broadsheet.model.reader_ports import Accounts, Provider
from broadsheet.model.readers import LONGEST_NAME, AccountMode, Reader, reader_name
from broadsheet.services.audit import AuditService
from broadsheet.services.limits import SIGN_IN_BY_ADDRESS, Limits, network_of
from broadsheet.services.seals import Seals
from broadsheet.services.secret import new_secret, secret_hash

_LASTS = timedelta(minutes=10)
_MOST_NAMESAKES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """Who came back from a provider, and where they wanted to go."""

    reader: Reader
    then: str


class OutsideService:
    """Sends browsers to a provider and lets in whom it vouches for.

    What must be the same when a browser comes back goes with it in a cookie under our seal.

    Args:
        provider: who vouches; None where none is set.
        accounts: readers as they are kept.
        seals: seals what goes with the browser.
        limits: counts tries.
        audit: keeps who came in.
        mode: whether one needs an invitation.
    """

    def __init__(
        self,
        *,
        provider: Provider | None,
        accounts: Accounts,
        seals: Seals,
        limits: Limits,
        audit: AuditService,
        mode: AccountMode,
    ) -> None:
        self.provider = provider
        self.accounts = accounts
        self.seals = seals
        self.limits = limits
        self.audit = audit
        self.mode = mode

    @property
    def name(self) -> str:
        """The provider's name, or an empty text where there is none."""
        return "" if self.provider is None else self.provider.name

    def begin(
        self, *, back: str, then: str, invitation: str = "", reader: Reader | None = None
    ) -> tuple[str, str]:
        """Return the provider's address to send the browser to, and the cookie that goes with it.

        Args:
            back: our address to which it comes back.
            then: where it wants to go.
            invitation: for who is new.
            reader: who has signed in, to be known by the provider from now on.

        Raises:
            NotFoundError: no provider is set.
            ProviderError: it does not describe itself.
        """
        state, nonce, verifier = new_secret(), new_secret(), new_secret()
        challenge = _base64(hashlib.sha256(verifier.encode()).digest())
        address = self._provider().address(state=state, nonce=nonce, challenge=challenge, back=back)
        facts = {"state": state, "nonce": nonce, "verifier": verifier, "then": then}
        facts |= {"invitation": invitation, "reader": "" if reader is None else reader.id}
        return address, self.seals.seal("outside", facts, lasts=_LASTS)

    def finish(
        self, *, cookie: str, state: str, code: str, back: str, reader: Reader | None, client: str
    ) -> Came:
        """Return who has come back.

        Args:
            cookie: what went with the browser.
            reader: who is signed in in this browser.
            client: the network address that asks.

        Raises:
            NotAllowedError: the browser was not sent by us, or the provider does not vouch.
            ProviderError: the provider does not answer.
            TooManyTriesError: this address has tried too often.
        """
        self.limits.count(SIGN_IN_BY_ADDRESS, network_of(client))
        facts = self.seals.opened("outside", cookie, once=True)
        if not code or not hmac.compare_digest(facts["state"].encode(), state.encode()):
            raise NotAllowedError("This sign-in did not begin here; begin anew.")
        found = self._provider().vouch(
            code=code, verifier=facts["verifier"], nonce=facts["nonce"], back=back
        )
        if facts["reader"]:
            return Came(reader=self._joined(found, facts["reader"], reader), then=facts["then"])
        known = self.accounts.by_outside_id(found.id)
        if known is not None and known.disabled:
            self.audit.note("sign-in failed", known, by="provider")
            raise NotAllowedError("You may not come in; ask who runs this paper.")
        if known is None:
            known = self._new(found, facts["invitation"])
        self.audit.note("signed in", known, by="provider")
        return Came(reader=known, then=facts["then"])

    def is_known(self, reader: Reader) -> bool:
        """Return whether the provider vouches for a reader."""
        return bool(self.accounts.outside_id_of(reader.key))

    def _joined(self, found: Outside, id: str, reader: Reader | None) -> Reader:
        """Let a reader who is in be known by the provider."""
        if reader is None or reader.id != id:
            raise NotAllowedError("Another reader has signed in meanwhile; begin anew.")
        self.accounts.set_outside_id(reader.key, found.id)
        self.audit.note("provider joined", reader)
        return reader

    def _new(self, found: Outside, invitation: str) -> Reader:
        asked = secret_hash(invitation) if self.mode == "invited" else ""
        for name in _names(found):
            try:
                made = self.accounts.sign_up(name=name, outside_id=found.id, invitation=asked)
            except InvalidValueError:
                continue  # another reader has this name
            self.audit.note("signed up", made, role=made.role, by="provider")
            if found.email:
                self._keep_address(made, found.email)
            return made
        raise InvalidValueError("No name is left for you here; sign up with one of your own.")

    def _keep_address(self, reader: Reader, address: str) -> None:
        try:
            self.accounts.confirm_address(reader.key, address)
        except InvalidValueError:
            return  # it is another's, and stays so

    def _provider(self) -> Provider:
        if self.provider is None:
            raise NotFoundError("Nobody elsewhere vouches for readers of this paper.")
        return self.provider


def _names(found: Outside) -> list[str]:
    """Return names to try: those that the provider tells, then the first of them with numbers."""
    names = []
    for said in (*found.names, "Reader"):
        try:
            names.append(reader_name(said.partition("@")[0][:LONGEST_NAME]))
        except InvalidValueError:
            continue
    stem = names[0][: LONGEST_NAME - 4]
    return [*names[:-1], *(f"{stem} {n}" for n in range(2, _MOST_NAMESAKES)), secrets.token_hex(6)]


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
