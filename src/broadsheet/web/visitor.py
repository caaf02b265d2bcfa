"""Who is asking for a page, and from where."""

from typing import cast

from starlette.requests import Request

from broadsheet.model.errors import NotAllowedError, SignInNeededError
from broadsheet.model.readers import Reader
from broadsheet.services.bundle import Services
from broadsheet.services.origin import Origin, origin_of
from broadsheet.services.tokens import bearer_of


def visitor_of(request: Request) -> Reader | None:
    """Return the reader who asks, or None; looked up once a request."""
    if not hasattr(request.state, "visitor"):
        accounts = _services(request).accounts
        request.state.visitor = accounts.visitor(session_of(request))
    visitor: Reader | None = request.state.visitor
    return visitor


def know_by_token(request: Request) -> None:
    """Take the reader of the token that a program shows for the one who asks, if it shows any.

    Raises:
        SignInNeededError: the token is none, has expired or was taken back.
        NotAllowedError: it may not read.
    """
    secret = bearer_of(request.headers.get("authorization", ""))
    if secret is None:
        return
    asker = _services(request).tokens.shown(secret)
    if "read" not in asker.scopes:
        raise NotAllowedError("This needs a token with the scope read.")
    request.state.visitor = asker.reader


def reader_of(request: Request) -> Reader:
    """Return the reader who asks.

    Raises:
        SignInNeededError: nobody has signed in.
    """
    visitor = visitor_of(request)
    if visitor is None:
        raise SignInNeededError("Sign in to do this.")
    return visitor


def admin_of(request: Request) -> Reader:
    """Return the admin who asks.

    Raises:
        SignInNeededError: nobody has signed in.
        NotAllowedError: it is another reader.
    """
    reader = reader_of(request)
    if not reader.is_admin:
        raise NotAllowedError("Only an admin of this paper may do this.")
    return reader


def origin_of_request(request: Request) -> Origin:
    """Return where a request comes from."""
    return origin_of(
        _services(request).settings,
        scheme=request.url.scheme,
        headers=request.headers,
        peer=request.client.host if request.client is not None else "",
    )


def session_of(request: Request) -> str:
    """Return the secret of the session that a browser shows, or an empty text."""
    return request.cookies.get(origin_of_request(request).session_cookie, "")


def _services(request: Request) -> Services:
    return cast(Services, request.app.state.site.services)
