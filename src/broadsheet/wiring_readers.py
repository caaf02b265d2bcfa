"""The use cases of readers, put together for `wiring`."""

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from broadsheet.model.errors import MissingExtraError, SettingsError
from broadsheet.model.reader_ports import Letters, Provider
from broadsheet.model.settings import Settings
from broadsheet.services.accounts import AccountService
from broadsheet.services.audit import AuditService
from broadsheet.services.letters import NoLetters
from broadsheet.services.limits import Limits
from broadsheet.services.outside import OutsideService
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
from broadsheet.wiring_secrets import secret_in


class Readers(TypedDict):
    """Fields of `services.bundle.Services`."""

    accounts: AccountService
    sessions: SessionService
    profile: ProfileService
    passkeys: PasskeyService
    outside: OutsideService
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
        outside=OutsideService(
            provider=_provider(settings),
            accounts=accounts,
            seals=seals,
            limits=limits,
            audit=audit,
            mode=settings.accounts,
        ),
        tokens=TokenService(tokens=SqlTokens.beside(store), audit=audit, clock=clock),
        readership=ReadershipService(
            accounts=accounts, invitations=invitations, audit=audit, clock=clock
        ),
        audit=audit,
    )


def _provider(settings: Settings) -> Provider | None:
    """Return who vouches for readers, where somebody is set.

    Raises:
        SettingsError: nobody signs in, or the secret cannot be read.
        MissingExtraError: the package that checks signatures is not installed.
    """
    chosen = settings.oidc
    if chosen is None:
        return None
    if settings.accounts == "single":
        raise SettingsError(
            "oidc vouches for readers who sign in: set accounts to invited or open."
        )
    try:
        from broadsheet.providers.oidc_joserfc import OpenIdProvider
    except ModuleNotFoundError as e:
        raise MissingExtraError("oidc needs joserfc: pip install 'broadsheet[oidc]'.") from e
    secret = chosen.client_secret
    if chosen.client_secret_file is not None:
        secret = secret_in(chosen.client_secret_file, setting="oidc.client_secret_file")
    return OpenIdProvider(
        name=chosen.name,
        issuer=chosen.issuer,
        client_id=chosen.client_id,
        client_secret=secret,
    )
