"""What admins do about readers: look, invite, add, promote, shut out."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from broadsheet.model.credentials import Invitation
from broadsheet.model.errors import InvalidValueError, NotAllowedError, NotFoundError
from broadsheet.model.letters import mail_address
from broadsheet.model.reader_ports import Accounts, Invitations
from broadsheet.model.readers import Reader, label, reader_name
from broadsheet.services.audit import AuditService
from broadsheet.services.passwords import UNSET
from broadsheet.services.secret import new_secret, secret_hash

INVITATION_LASTS = timedelta(days=14)


class ReadershipService:
    """Sees to readers. Who may call it is for the faces to ask: an admin, or who has the machine.

    Args:
        accounts: readers as they are kept.
        invitations: invitations as they are kept.
        audit: keeps what was done.
        clock: the present moment in UTC.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        invitations: Invitations,
        audit: AuditService,
        clock: Callable[[], datetime],
    ) -> None:
        self.accounts = accounts
        self.invitations = invitations
        self.audit = audit
        self.clock = clock

    def all(self) -> list[Reader]:
        """Return all readers, oldest first."""
        return self.accounts.all_readers()

    def named(self, name: str) -> Reader:
        """Return the reader of a name or a mail address.

        Raises:
            NotFoundError: there is none.
        """
        found = self.accounts.by_name(name.strip())
        if found is None:
            raise NotFoundError(f"No reader is called {name[:60]!r}; see: broadsheet reader list")
        return found

    def admin(self) -> Reader:
        """Return the admin who was there first.

        Raises:
            NotFoundError: there is none yet.
        """
        found = self.accounts.first_reader()
        if found is None or not found.is_admin:
            raise NotFoundError("There is no admin yet; make one: broadsheet reader add NAME")
        return found

    def add(self, name: str, *, email: str = "") -> Reader:
        """Make a reader who has no password yet; the first becomes admin.

        Raises:
            InvalidValueError: the name or the address is none, or taken.
        """
        said, address = reader_name(name), mail_address(email) if email else ""
        if address and self.accounts.by_name(address) is not None:
            raise InvalidValueError("Another reader has this mail address.")
        made = self.accounts.sign_up(name=said, password=UNSET)
        if address:
            self.accounts.confirm_address(made.key, address)
        self.audit.note("added", made, role=made.role)
        return made

    def invite(self, by: Reader, *, note: str = "") -> str:
        """Return the secret of a new invitation, which holds for 14 days and for one person.

        Raises:
            NotAllowedError: who invites is no admin.
        """
        if not by.is_admin:
            raise NotAllowedError("Only an admin invites.")
        secret = new_secret()
        end = (self.clock() + INVITATION_LASTS).isoformat(timespec="seconds")
        self.invitations.add(
            secret_hash(secret),
            id=secrets.token_urlsafe(9),
            made_by=by.key,
            note=label(note, default="no note"),
            expires_at=end,
        )
        self.audit.note("invited", by)
        return secret

    def open_invitations(self) -> list[Invitation]:
        """Return the invitations that can be used still, newest first."""
        now = self.clock().isoformat(timespec="seconds")
        return [i for i in self.invitations.all() if not i.used_by and i.expires_at > now]

    def withdraw(self, id: str) -> None:
        """Take an invitation back.

        Raises:
            NotFoundError: there is none that can be used.
        """
        if not self.invitations.remove(id):
            raise NotFoundError("This invitation is used up or withdrawn already.")

    def set_admin(self, reader: Reader, admin: bool) -> None:
        """Make a reader admin, or no longer.

        Raises:
            NotAllowedError: nobody would be admin.
        """
        self.accounts.set_role(reader.key, "admin" if admin else "reader")
        self.audit.note("role changed", reader, role="admin" if admin else "reader")

    def set_disabled(self, reader: Reader, disabled: bool) -> None:
        """Shut a reader out at once, or let them in again.

        Raises:
            NotAllowedError: nobody would be admin.
        """
        self.accounts.set_disabled(reader.key, disabled)
        self.audit.note("shut out" if disabled else "let in", reader)
