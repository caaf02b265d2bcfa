"""The use cases of readers, put together for `wiring`."""

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from broadsheet.model.reader_ports import Letters
from broadsheet.model.settings import Settings
from broadsheet.services.accounts import AccountService
from broadsheet.services.audit import AuditService
from broadsheet.services.letters import NoLetters
from broadsheet.services.limits import Limits
from broadsheet.services.passkeys import PasskeyService
from broadsheet.services.passwords import Passwords
from broadsheet.services.profile import ProfileService
from broadsheet.services.readership import ReadershipService
from broadsheet.services.seals import Seals
from broadsheet.services.sessions import SessionService
from broadsheet.services.tokens import TokenService
from broadsheet.store import (
    SqlAccounts,
    SqlAttempts,
    SqlBelongings,
    SqlInvitations,
    SqlKept,
    SqlPasskeys,
    SqlSessions,
    SqlTokens,
    SqlTrail,
)
from broadsheet.store.database import Database


class Readers(TypedDict):
    """Fields of `services.bundle.Services`."""

    accounts: AccountService
    sessions: SessionService
    profile: ProfileService
    passkeys: PasskeyService
    tokens: TokenService
    readership: ReadershipService
    audit: AuditService


def readers_of(
    settings: Settings,
    store: Database,
    clock: Callable[[], datetime],
    *,
    passwords: Passwords | None = None,
    letters: Letters | None = None,
) -> Readers:
    """Return what concerns readers, over the database of a library.

    Args:
        passwords: hashes them; by default at the usual cost.
        letters: sends them; by default nobody does.
    """
    accounts, invitations = SqlAccounts.beside(store), SqlInvitations.beside(store)
    attempts, passwords = SqlAttempts.beside(store), passwords or Passwords()
    limits = Limits(attempts=attempts)
    audit = AuditService(trail=SqlTrail.beside(store))
    sessions = SessionService(sessions=SqlSessions.beside(store), clock=clock)
    seals = Seals(kept=SqlKept.beside(store), attempts=attempts, clock=clock)
    return Readers(
        accounts=AccountService(
            accounts=accounts,
            invitations=invitations,
            sessions=sessions,
            passwords=passwords,
            limits=limits,
            audit=audit,
            mode=settings.accounts,
            title=settings.title,
        ),
        sessions=sessions,
        profile=ProfileService(
            accounts=accounts,
            belongings=SqlBelongings.beside(store),
            passwords=passwords,
            seals=seals,
            letters=letters or NoLetters(),
            limits=limits,
            audit=audit,
            title=settings.title,
        ),
        passkeys=PasskeyService(
            passkeys=SqlPasskeys.beside(store),
            accounts=accounts,
            seals=seals,
            limits=limits,
            audit=audit,
            title=settings.title,
        ),
        tokens=TokenService(tokens=SqlTokens.beside(store), audit=audit, clock=clock),
        readership=ReadershipService(
            accounts=accounts, invitations=invitations, audit=audit, clock=clock
        ),
        audit=audit,
    )
