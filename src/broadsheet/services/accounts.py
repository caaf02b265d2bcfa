"""Who reads here, and how they come in: by a session, by signing up, by name and password."""

from broadsheet.model.errors import InvalidValueError, NotAllowedError, NotFoundError
from broadsheet.model.letters import mail_address
from broadsheet.model.reader_ports import Accounts, Invitations
from broadsheet.model.readers import AccountMode, Reader, reader_name, reader_name_key
from broadsheet.services.audit import AuditService
from broadsheet.services.limits import (
    SIGN_IN_BY_ADDRESS,
    SIGN_IN_BY_NAME,
    SIGN_UP_BY_ADDRESS,
    Limits,
    network_of,
)
from broadsheet.services.passwords import Passwords, check_password
from broadsheet.services.secret import name_hash, secret_hash
from broadsheet.services.sessions import SessionService

_ONLY_READER = "Reader"


class AccountService:
    """Says who is asking, and lets people in.

    Args:
        accounts: readers as they are kept.
        invitations: invitations as they are kept.
        sessions: knows who has come in.
        passwords: hashes and compares.
        limits: counts tries.
        audit: keeps who came in and who failed to.
        mode: `single` has one reader, who needs no password; in the others people sign in.
        title: the paper's name, which is no password.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        invitations: Invitations,
        sessions: SessionService,
        passwords: Passwords,
        limits: Limits,
        audit: AuditService,
        mode: AccountMode,
        title: str,
    ) -> None:
        self.accounts = accounts
        self.invitations = invitations
        self.sessions = sessions
        self.passwords = passwords
        self.limits = limits
        self.audit = audit
        self.mode = mode
        self.title = title

    def visitor(self, session: str) -> Reader | None:
        """Return the reader of a session's secret; in single mode the one reader there is."""
        if self.mode == "single":
            return self._only_reader()
        return self.sessions.reader_of(session)

    def refuse_in_single(self) -> None:
        """Refuse what is there for many readers alone.

        Raises:
            NotFoundError: there is one reader.
        """
        if self.mode == "single":
            raise NotFoundError(
                "This paper has one reader, and nobody signs in. Set accounts to invited or open."
            )

    def needs_invitation(self) -> bool:
        """Return whether one must be invited to sign up; the very first need not be."""
        self.refuse_in_single()
        return self.mode == "invited" and not self.is_new()

    def is_new(self) -> bool:
        """Return whether nobody can sign in yet."""
        return not self.accounts.anyone_can_sign_in()

    def is_invitation(self, invitation: str) -> bool:
        """Return whether an invitation can be used."""
        return bool(invitation) and self.invitations.is_open(secret_hash(invitation))

    def sign_up(
        self, *, name: str, password: str, email: str = "", invitation: str = "", client: str
    ) -> Reader:
        """Make a reader; who comes first becomes admin.

        Args:
            email: an address that they give, or nothing; it is looked at and not kept here.
            client: the network address that asks.

        Raises:
            InvalidValueError: the name is taken or none, the password is too easy, the address
                is none.
            NotAllowedError: an invitation is needed and this is none.
            TooManyTriesError: this address has tried too often.
        """
        self.refuse_in_single()
        self.limits.count(SIGN_UP_BY_ADDRESS, network_of(client))
        if self.needs_invitation() and not self.is_invitation(invitation):
            raise NotAllowedError("One joins this paper by invitation; ask who runs it for a link.")
        said = reader_name(name)
        check_password(password, names=(said, email, self.title))
        if email:
            mail_address(email)
        asked = secret_hash(invitation) if self.mode == "invited" else ""
        made = self.accounts.sign_up(
            name=said, password=self.passwords.hash(password), invitation=asked
        )
        self.audit.note("signed up", made, role=made.role)
        return made

    def sign_in(self, *, name: str, password: str, client: str) -> Reader:
        """Return the reader of a name, or of a mail address, and a password.

        Whatever is wrong, the answer is the same and takes as long.

        Args:
            client: the network address that asks.

        Raises:
            InvalidValueError: there is no such reader, or the password is another.
            TooManyTriesError: this name or this address has been tried too often.
        """
        self.refuse_in_single()
        key = reader_name_key(name.strip())
        self.limits.count(SIGN_IN_BY_ADDRESS, network_of(client))
        self.limits.count(SIGN_IN_BY_NAME, key)
        reader = self.accounts.by_name(name.strip())
        kept = self.accounts.password_of(reader.key if reader is not None else 0)
        fits = self.passwords.fits(kept, password)
        if reader is None or reader.disabled or not fits:
            self.audit.note("sign-in failed", name=name_hash("name", key))
            raise InvalidValueError("The name or the password is wrong.")
        if self.passwords.is_stale(kept):
            fresh = self.passwords.hash(password)
            self.accounts.set_password(reader.key, fresh, keep_session=None)
        self.limits.forget(SIGN_IN_BY_NAME, key)
        self.audit.note("signed in", reader, by="password")
        return reader

    def _only_reader(self) -> Reader:
        """Return the one reader of a library without accounts, made when it first comes."""
        found = self.accounts.first_reader()
        # Looked for once more where it is made: two may ask at once, each in a snapshot.
        return found or self.accounts.first_or_new_reader(name=_ONLY_READER, role="admin")
