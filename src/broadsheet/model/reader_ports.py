"""What the use cases of readers need of the store and of the mail."""

from collections.abc import Sequence
from typing import Any, Protocol

from broadsheet.model.credentials import Invitation, Outside, Passkey, Scope, Session, Token
from broadsheet.model.readers import Reader, Role


class Accounts(Protocol):
    """Readers as they are kept."""

    def by_key(self, key: int) -> Reader | None:
        """Return the reader of a key."""
        ...

    def by_id(self, id: str) -> Reader | None:
        """Return the reader of an id."""
        ...

    def by_name(self, name: str) -> Reader | None:
        """Return the reader whose name this is, in any spelling, or whose mail address."""
        ...

    def by_outside_id(self, outside_id: str) -> Reader | None:
        """Return the reader whom an OpenID provider knows so."""
        ...

    def set_outside_id(self, key: int, outside_id: str) -> None:
        """Keep that a provider knows a reader so; an empty text is nobody's.

        Raises:
            InvalidValueError: it is another reader's.
        """
        ...

    def outside_id_of(self, key: int) -> str:
        """Return what a provider knows a reader by, or an empty text."""
        ...

    def first_reader(self) -> Reader | None:
        """Return who was there first: of the admins who may come in, else of all."""
        ...

    def first_or_new_reader(self, *, name: str, role: Role) -> Reader:
        """Return who was there first; where nobody was, a reader of this name who now is."""
        ...

    def all_readers(self) -> list[Reader]:
        """Return all readers, oldest first."""
        ...

    def add_reader(
        self,
        *,
        name: str,
        role: Role,
        email: str = "",
        password: str = "",
        outside_id: str = "",
    ) -> Reader:
        """Keep a new reader.

        Args:
            email: an address that nobody else may have; not confirmed.
            password: its hash, or empty when it has none.

        Raises:
            InvalidValueError: the name or the address is taken.
        """
        ...

    def sign_up(
        self, *, name: str, password: str = "", outside_id: str = "", invitation: str = ""
    ) -> Reader:
        """Keep a new reader, the first of whom becomes admin.

        As long as nobody can sign in, the one reader of single mode is handed to who comes first.

        Args:
            invitation: hash of the invitation to use up; where it is empty none is asked for.

        Raises:
            InvalidValueError: the name is taken.
            NotAllowedError: there is no such invitation, or it is used up or too old.
        """
        ...

    def anyone_can_sign_in(self) -> bool:
        """Return whether any reader has a password, a passkey or a provider."""
        ...

    def password_of(self, key: int) -> str:
        """Return the hash of a reader's password, or an empty text."""
        ...

    def set_password(self, key: int, password: str, *, keep_session: str | None = "") -> None:
        """Keep the hash of a password and end the reader's sessions.

        Args:
            keep_session: hash of the session that stays; None keeps all of them.
        """
        ...

    def rename(self, key: int, name: str) -> None:
        """Give a reader another name.

        Raises:
            InvalidValueError: it is taken.
        """
        ...

    def set_zone(self, key: int, zone: str) -> None:
        """Keep a reader's time zone."""
        ...

    def propose_address(self, key: int, address: str) -> None:
        """Keep an address which is not known to be the reader's, or none."""
        ...

    def confirm_address(self, key: int, address: str) -> None:
        """Keep that an address is the reader's.

        Raises:
            InvalidValueError: it is another's.
        """
        ...

    def set_role(self, key: int, role: Role) -> None:
        """Change what a reader may do.

        Raises:
            NotAllowedError: nobody would be admin.
        """
        ...

    def set_disabled(self, key: int, disabled: bool) -> None:
        """Shut a reader out and end their sessions, or let them in again.

        Raises:
            NotAllowedError: nobody would be admin.
        """
        ...


class Sessions(Protocol):
    """Sessions as they are kept, found by the hash of their secret."""

    def add(self, token_hash: str, *, reader: int, agent: str, expires_at: str) -> None:
        """Keep a new session, and forget those that have expired."""
        ...

    def find(self, token_hash: str) -> tuple[Reader, Session] | None:
        """Return a session that has not expired, of a reader who may come in."""
        ...

    def touch(self, token_hash: str, *, expires_at: str) -> None:
        """Keep that it is in use now."""
        ...

    def of(self, reader: int) -> list[Session]:
        """Return a reader's sessions, last used first."""
        ...

    def end(self, token_hash: str) -> None:
        """Forget one."""
        ...

    def end_by_id(self, reader: int, id: str) -> bool:
        """Forget one of a reader's; return whether there was one."""
        ...

    def end_others(self, reader: int, token_hash: str) -> int:
        """Forget all of a reader's but one; return how many."""
        ...


class Passkeys(Protocol):
    """Passkeys as they are kept."""

    def add(self, *, id: str, reader: int, public_key: bytes, sign_count: int, name: str) -> None:
        """Keep a new one.

        Raises:
            InvalidValueError: it is there already.
        """
        ...

    def find(self, id: str) -> Passkey | None:
        """Return the passkey of a credential id."""
        ...

    def of(self, reader: int) -> list[Passkey]:
        """Return a reader's, oldest first."""
        ...

    def used(self, id: str, *, sign_count: int) -> None:
        """Keep that it was used now."""
        ...

    def remove(self, reader: int, id: str) -> bool:
        """Forget one of a reader's; return whether there was one."""
        ...


class Tokens(Protocol):
    """Tokens of programs as they are kept, found by their hash."""

    def add(
        self,
        token_hash: str,
        *,
        id: str,
        reader: int,
        name: str,
        scopes: Sequence[Scope],
        expires_at: str,
    ) -> None:
        """Keep a new one."""
        ...

    def find(self, token_hash: str) -> tuple[Reader, Token] | None:
        """Return one that has not expired, of a reader who may come in."""
        ...

    def touch(self, token_hash: str) -> None:
        """Keep that it is in use now."""
        ...

    def of(self, reader: int) -> list[Token]:
        """Return a reader's, newest first."""
        ...

    def remove(self, reader: int, id: str) -> bool:
        """Forget one of a reader's; return whether there was one."""
        ...


class Invitations(Protocol):
    """Invitations as they are kept, found by their hash."""

    def add(self, token_hash: str, *, id: str, made_by: int, note: str, expires_at: str) -> None:
        """Keep a new one."""
        ...

    def is_open(self, token_hash: str) -> bool:
        """Return whether it can be used."""
        ...

    def all(self) -> list[Invitation]:
        """Return all, newest first."""
        ...

    def remove(self, id: str) -> bool:
        """Forget one that is not used up; return whether there was one."""
        ...


class Attempts(Protocol):
    """How often something was tried of late."""

    def count(self, name: str, *, window_s: int) -> tuple[int, int]:
        """Count once more; return how often by now, and for how many seconds that holds."""
        ...

    def forget(self, name: str) -> None:
        """Begin anew."""
        ...


class Trail(Protocol):
    """What was done, for those who look later."""

    def note(self, action: str, *, reader: int | None, detail: dict[str, Any]) -> None:
        """Keep that it was done now."""
        ...

    def last(self, *, limit: int) -> list[dict[str, Any]]:
        """Return the newest first: `at`, `action`, `reader` (an id, or empty), `detail`."""
        ...


class Kept(Protocol):
    """Few values that belong to the library."""

    def get_or_set(self, name: str, value: str) -> str:
        """Return what is kept under a name; where there is nothing, `value`, kept from now on."""
        ...


class Belongings(Protocol):
    """Everything that is a reader's."""

    def everything(self, key: int) -> dict[str, list[dict[str, Any]]]:
        """Return it by table, without secrets, papers by their ids."""
        ...

    def remove_all(self, key: int) -> None:
        """Forget the reader and all of it.

        Raises:
            NotAllowedError: other readers would be left without an admin.
        """
        ...


class Letters(Protocol):
    """Letters that accounts need to send."""

    def go_out(self) -> bool:
        """Return whether mail is set up."""
        ...

    def confirm_address(self, reader: Reader, address: str, token: str) -> None:
        """Ask at an address whether it is the reader's; `token` answers at
        /account/address/confirm?token=..."""
        ...


class Provider(Protocol):
    """Somebody elsewhere who vouches for readers."""

    @property
    def name(self) -> str:
        """As people know it."""
        ...

    def address(self, *, state: str, nonce: str, challenge: str, back: str) -> str:
        """Return where the browser asks to be vouched for.

        Args:
            challenge: SHA-256 of the verifier, base64url (PKCE).
            back: our address to which the browser comes back with a code.

        Raises:
            ProviderError: the provider does not describe itself.
        """
        ...

    def vouch(self, *, code: str, verifier: str, nonce: str, back: str) -> Outside:
        """Return whom the provider has vouched for by a code.

        Raises:
            ProviderError: it does not answer, or not as one.
            NotAllowedError: what it says is not signed by it, not for us, or too old.
        """
        ...
