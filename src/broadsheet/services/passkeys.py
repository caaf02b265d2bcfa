"""Passkeys: signing in with a device instead of a password (WebAuthn, level 2)."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from broadsheet.model.credentials import Passkey
from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.reader_ports import Accounts, Passkeys
from broadsheet.model.readers import Reader, label
from broadsheet.services.audit import AuditService
from broadsheet.services.limits import SIGN_IN_BY_ADDRESS, Limits, network_of
from broadsheet.services.seals import Seals

MOST = 20
_CHALLENGE_BYTES = 32
_LASTS = timedelta(minutes=5)
_WRONG = "This passkey does not open this paper; sign in with your password."


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """For whom a passkey is made: the name of the host, and the origin of its pages."""

    id: str
    origin: str


class PasskeyService:
    """Registers devices and lets their readers in.

    A challenge goes to the browser under our seal and comes back with the answer: nothing is kept
    for who never answers, and a seal can be opened once.

    Args:
        passkeys: keeps the devices' public keys.
        accounts: readers as they are kept.
        seals: seals challenges.
        limits: counts tries.
        audit: keeps who came in.
        title: the paper's name, which the device shows.
    """

    def __init__(
        self,
        *,
        passkeys: Passkeys,
        accounts: Accounts,
        seals: Seals,
        limits: Limits,
        audit: AuditService,
        title: str,
    ) -> None:
        self.passkeys = passkeys
        self.accounts = accounts
        self.seals = seals
        self.limits = limits
        self.audit = audit
        self.title = title

    def of(self, reader: Reader) -> list[Passkey]:
        """Return a reader's passkeys, oldest first."""
        return self.passkeys.of(reader.key)

    def offer(self, reader: Reader, party: Party) -> dict[str, Any]:
        """Return `options` for `navigator.credentials.create` and the `state` to send along.

        Raises:
            InvalidValueError: the reader has as many as are kept.
        """
        known = self.passkeys.of(reader.key)
        if len(known) >= MOST:
            raise InvalidValueError(f"You have {MOST} passkeys; remove one first.")
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        options = generate_registration_options(
            rp_id=party.id,
            rp_name=self.title,
            user_id=reader.id.encode(),
            user_name=reader.name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.id)) for key in known
            ],
        )
        state = self._sealed("new passkey", challenge, reader=reader.id)
        return {"options": options_to_json_dict(options), "state": state}

    def register(
        self, reader: Reader, party: Party, *, state: str, credential: dict[str, Any], name: str
    ) -> None:
        """Keep the device that has answered an offer.

        Raises:
            NotAllowedError: the state is not ours, too old or used.
            InvalidValueError: the answer is not one to it.
        """
        facts = self.seals.opened("new passkey", state, once=True)
        if facts["reader"] != reader.id:
            raise InvalidValueError("This passkey was offered to another reader.")
        try:
            shown = verify_registration_response(
                credential=credential,
                expected_challenge=base64url_to_bytes(facts["challenge"]),
                expected_rp_id=party.id,
                expected_origin=party.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError) as e:
            raise InvalidValueError("The device's answer could not be verified; try again.") from e
        id = bytes_to_base64url(shown.credential_id)
        self.passkeys.add(
            id=id,
            reader=reader.key,
            public_key=shown.credential_public_key,
            sign_count=shown.sign_count,
            name=label(name, default="Passkey"),
        )
        self.audit.note("passkey added", reader)

    def ask(self, party: Party) -> dict[str, Any]:
        """Return `options` for `navigator.credentials.get` and the `state` to send along."""
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        options = generate_authentication_options(
            rp_id=party.id,
            challenge=challenge,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        state = self._sealed("passkey", challenge)
        return {"options": options_to_json_dict(options), "state": state}

    def sign_in(
        self, party: Party, *, state: str, credential: dict[str, Any], client: str
    ) -> Reader:
        """Return whose device has answered.

        Raises:
            NotAllowedError: the state is not ours, too old or used.
            InvalidValueError: no device that is known here has answered it.
            TooManyTriesError: this address has tried too often.
        """
        self.limits.count(SIGN_IN_BY_ADDRESS, network_of(client))
        facts = self.seals.opened("passkey", state, once=True)
        passkey = self.passkeys.find(str(credential.get("id", "")))
        reader = self.accounts.by_key(passkey.reader) if passkey is not None else None
        if passkey is None or reader is None or reader.disabled:
            self.audit.note("sign-in failed", by="passkey")
            raise InvalidValueError(_WRONG)
        count = self._verified(party, facts["challenge"], credential, passkey, reader)
        self.passkeys.used(passkey.id, sign_count=count)
        self.audit.note("signed in", reader, by="passkey")
        return reader

    def remove(self, reader: Reader, id: str) -> None:
        """Forget one of a reader's devices.

        Raises:
            NotFoundError: there is none of this id.
        """
        if not self.passkeys.remove(reader.key, id):
            raise NotFoundError("This passkey has been removed already.")
        self.audit.note("passkey removed", reader)

    def _verified(
        self,
        party: Party,
        challenge: str,
        credential: dict[str, Any],
        passkey: Passkey,
        reader: Reader,
    ) -> int:
        try:
            shown = verify_authentication_response(
                credential=credential,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=party.id,
                expected_origin=party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError) as e:
            self.audit.note("sign-in failed", reader, by="passkey")
            raise InvalidValueError(_WRONG) from e
        return shown.new_sign_count

    def _sealed(self, purpose: str, challenge: bytes, **facts: str) -> str:
        said = {"challenge": bytes_to_base64url(challenge), **facts}
        return self.seals.seal(purpose, said, lasts=_LASTS)
