"""Who asks the API, and what they may do: by a token, or by the session of a page of ours."""

from collections.abc import Callable
from typing import cast

from fastapi import Request

from broadsheet.model.credentials import SCOPES, Asker, Scope
from broadsheet.model.errors import NotAllowedError, SignInNeededError
from broadsheet.model.readers import Reader
from broadsheet.services.bundle import Services
from broadsheet.services.origin import origin_of
from broadsheet.services.tokens import bearer_of


def who(request: Request) -> Asker | None:
    """Return who asks, or None for a stranger; a dependency of FastAPI.

    A request that shows a token is its token's alone, whatever cookies come along. One without
    is its session's: what changes something has been seen to begin on a page of ours.

    Raises:
        SignInNeededError: the token is none, has expired or was taken back.
    """
    services = cast(Services, request.app.state.services)
    shown = request.headers.get("authorization", "")
    if shown:
        return services.tokens.shown(bearer_of(shown) or "")
    origin = origin_of(
        services.settings,
        scheme=request.url.scheme,
        headers=request.headers,
        peer=request.client.host if request.client is not None else "",
    )
    reader = services.accounts.visitor(request.cookies.get(origin.session_cookie, ""))
    if reader is None:
        return None
    scopes = SCOPES if reader.is_admin else tuple(s for s in SCOPES if s != "admin")
    return Asker(reader=reader, scopes=frozenset(scopes))


def needs(scope: Scope) -> Callable[[Request], Asker]:
    """Return a dependency that gives who asks, and refuses who may not.

    Raises, from the dependency:
        SignInNeededError: nobody shows a token or a session.
        NotAllowedError: the token has not this scope, or its reader may not use it.
    """

    def asker_with_scope(request: Request) -> Asker:
        asker = who(request)
        if asker is None:
            raise SignInNeededError("This needs a token: Authorization: Bearer bs_…; see /api.")
        if scope not in asker.scopes:
            raise NotAllowedError(f"This needs a token with the scope {scope}.")
        return asker

    return asker_with_scope


_READS = ("GET", "HEAD")


def asking_visitor(request: Request) -> Reader | None:
    """Return the reader who asks, or None for a stranger; a dependency of FastAPI."""
    asker = who(request)
    return asker.reader if asker is not None else None


def asking_reader(request: Request) -> Reader:
    """Return the reader who asks for what is their own; a dependency of FastAPI.

    Raises:
        SignInNeededError: nobody shows a token or a session.
        NotAllowedError: the token may not read, or not change, what is its reader's.
    """
    return needs("read" if request.method in _READS else "mark")(request).reader
