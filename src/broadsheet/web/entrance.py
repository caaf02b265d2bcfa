"""Letting a browser in and out: the cookie that holds its session."""

from starlette.requests import Request
from starlette.responses import Response

from broadsheet.model.readers import Reader
from broadsheet.services.sessions import LONGEST
from broadsheet.web.site import site_of
from broadsheet.web.visitor import origin_of_request, session_of


def let_in(request: Request, response: Response, reader: Reader) -> Response:
    """Begin a session and give its secret to the browser; what it had before ends."""
    sessions = site_of(request).services.sessions
    if before := session_of(request):
        sessions.end(before)
    secret = sessions.begin(reader, agent=request.headers.get("user-agent", ""))
    origin = origin_of_request(request)
    response.set_cookie(
        origin.session_cookie,
        secret,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=origin.is_secure,
        httponly=True,
        samesite="lax",
    )
    return response


def let_out(request: Request, response: Response) -> Response:
    """End the browser's session and take the cookie back."""
    if before := session_of(request):
        site_of(request).services.sessions.end(before)
    origin = origin_of_request(request)
    response.delete_cookie(
        origin.session_cookie, path="/", secure=origin.is_secure, httponly=True, samesite="lax"
    )
    return response
