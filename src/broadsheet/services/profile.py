"""What readers change of themselves: name, mail address, time zone, password; and leaving."""

from datetime import timedelta
from typing import Any

from broadsheet.model.errors import InvalidValueError, NotAllowedError
from broadsheet.model.letters import mail_address
from broadsheet.model.reader_ports import Accounts, Belongings, Letters
from broadsheet.model.readers import Reader, reader_name
from broadsheet.model.zones import zone_of
from broadsheet.services.audit import AuditService
from broadsheet.services.limits import LETTERS_BY_READER, PASSWORD_BY_READER, Limits
from broadsheet.services.passwords import Passwords, check_password, is_set
from broadsheet.services.seals import Seals
from broadsheet.services.secret import name_hash, secret_hash

_ADDRESS_LASTS = timedelta(days=3)
_RESET_LASTS = timedelta(days=1)


class ProfileService:
    """Changes a reader as that reader asks for.

    Args:
        accounts: readers as they are kept.
        belongings: everything that is a reader's.
        passwords: hashes and compares.
        seals: makes links that can be trusted when they come back.
        letters: asks at addresses whose they are.
        limits: counts tries.
        audit: keeps what was changed.
        title: the paper's name, which is no password.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        belongings: Belongings,
        passwords: Passwords,
        seals: Seals,
        letters: Letters,
        limits: Limits,
        audit: AuditService,
        title: str,
    ) -> None:
        self.accounts = accounts
        self.belongings = belongings
        self.passwords = passwords
        self.seals = seals
        self.letters = letters
        self.limits = limits
        self.audit = audit
        self.title = title

    def rename(self, reader: Reader, name: str) -> None:
        """Give a reader another name.

        Raises:
            InvalidValueError: it is no name, or taken.
        """
        self.accounts.rename(reader.key, reader_name(name))

    def set_zone(self, reader: Reader, zone: str) -> None:
        """Keep the time zone in which a reader's days begin.

        Raises:
            InvalidValueError: it is none, as Europe/Berlin is one.
        """
        zone_of(zone)
        self.accounts.set_zone(reader.key, zone)

    def propose_address(self, reader: Reader, text: str) -> bool:
        """Keep a mail address, and ask there whether it is the reader's; an empty one is none.

        Whether another reader has it is not told here: only its owner learns that.

        Returns:
            Whether a letter was sent.

        Raises:
            InvalidValueError: it is no address.
            TooManyTriesError: too many letters were asked for.
        """
        address = mail_address(text) if text.strip() else ""
        if address and address == reader.email and reader.email_confirmed:
            return False
        if address:
            self.limits.count(LETTERS_BY_READER, reader.id)
        self.accounts.propose_address(reader.key, address)
        if not address or not self.letters.go_out():
            return False
        facts = {"reader": reader.id, "address": address}
        token = self.seals.seal("address", facts, lasts=_ADDRESS_LASTS)
        self.letters.confirm_address(reader, address, token)
        return True

    def address_of(self, token: str) -> tuple[Reader, str]:
        """Return whose address a letter's token speaks of, and which.

        Raises:
            NotAllowedError: it is none of ours, too old, or another address was given since.
        """
        facts = self.seals.opened("address", token)
        reader = self.accounts.by_id(facts["reader"])
        if reader is None or reader.disabled or reader.email != facts["address"]:
            raise NotAllowedError(
                "This letter was about another address; a newer one is on its way."
            )
        return reader, facts["address"]

    def confirm_address(self, token: str) -> Reader:
        """Keep that an address is a reader's.

        Raises:
            NotAllowedError: the token says nothing.
            InvalidValueError: another reader has shown that it is theirs.
        """
        reader, address = self.address_of(token)
        self.accounts.confirm_address(reader.key, address)
        self.audit.note("address confirmed", reader)
        return reader

    def has_password(self, reader: Reader) -> bool:
        """Return whether a reader has one."""
        return is_set(self.accounts.password_of(reader.key))

    def change_password(self, reader: Reader, *, old: str, new: str, session: str) -> None:
        """Set a password and end the reader's other sessions.

        Args:
            old: the present one; nothing, where there is none.
            session: the secret of the session that stays.

        Raises:
            InvalidValueError: the old one is wrong, or the new one too easy.
            TooManyTriesError: tried too often.
        """
        self.check_password(reader, old)
        self._set_password(reader, new, keep=secret_hash(session))
        self.audit.note("password changed", reader)

    def check_password(self, reader: Reader, password: str) -> None:
        """Refuse who does not know the password, where the reader has one.

        Raises:
            InvalidValueError: it is wrong.
            TooManyTriesError: tried too often.
        """
        kept = self.accounts.password_of(reader.key)
        if not is_set(kept):
            return
        self.limits.count(PASSWORD_BY_READER, reader.id)
        if not self.passwords.fits(kept, password):
            raise InvalidValueError("The present password is wrong.")
        self.limits.forget(PASSWORD_BY_READER, reader.id)

    def reset_token(self, reader: Reader) -> str:
        """Return what sets a new password once, within a day."""
        facts = {"reader": reader.id, "was": self._password_mark(reader)}
        return self.seals.seal("password", facts, lasts=_RESET_LASTS)

    def reader_to_reset(self, token: str) -> Reader:
        """Return whose password a token may set.

        Raises:
            NotAllowedError: it is none of ours, too old, or the password was set since.
        """
        facts = self.seals.opened("password", token)
        reader = self.accounts.by_id(facts["reader"])
        if reader is None or reader.disabled or self._password_mark(reader) != facts["was"]:
            raise NotAllowedError("This link has been used; ask for another.")
        return reader

    def reset(self, token: str, password: str) -> Reader:
        """Set a password by a token and end all sessions of its reader.

        Raises:
            NotAllowedError: the token says nothing.
            InvalidValueError: the password is too easy.
        """
        reader = self.reader_to_reset(token)
        self._set_password(reader, password, keep="")
        self.audit.note("password reset", reader)
        return reader

    def everything(self, reader: Reader) -> dict[str, list[dict[str, Any]]]:
        """Return all that is kept of a reader, by table, without secrets."""
        return self.belongings.everything(reader.key)

    def leave(self, reader: Reader, *, password: str, name: str) -> None:
        """Forget a reader and everything of theirs.

        Args:
            name: their name, typed again.

        Raises:
            InvalidValueError: the password or the name is another.
            NotAllowedError: other readers would be left without an admin.
        """
        self.check_password(reader, password)
        if name.strip() != reader.name:
            raise InvalidValueError(f"Type your name, {reader.name}, to leave.")
        self.belongings.remove_all(reader.key)
        self.audit.note("left")

    def _set_password(self, reader: Reader, new: str, *, keep: str) -> None:
        check_password(new, names=(reader.name, reader.email, self.title))
        self.accounts.set_password(reader.key, self.passwords.hash(new), keep_session=keep)

    def _password_mark(self, reader: Reader) -> str:
        return name_hash("password", self.accounts.password_of(reader.key))
