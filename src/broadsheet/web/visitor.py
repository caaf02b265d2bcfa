"""Who is asking for a page."""

from starlette.requests import Request

from broadsheet.model.errors import SignInNeededError
from broadsheet.model.readers import Reader

SESSION_COOKIE = "broadsheet"


def visitor_of(request: Request) -> Reader | None:
    """Return the reader who asks, or None; looked up once a request."""
    if not hasattr(request.state, "visitor"):
        session = request.cookies.get(SESSION_COOKIE, "")
        request.state.visitor = request.app.state.site.services.accounts.visitor(session)
    visitor: Reader | None = request.state.visitor
    return visitor


def reader_of(request: Request) -> Reader:
    """Return the reader who asks.

    Raises:
        SignInNeededError: nobody has signed in.
    """
    visitor = visitor_of(request)
    if visitor is None:
        raise SignInNeededError("Sign in to do this.")
    return visitor
