"""Errors as pages: in the look of all others, or the way to the page on which one signs in."""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from broadsheet.model.errors import (
    BroadsheetError,
    GoneError,
    InvalidValueError,
    NotAllowedError,
    NotFoundError,
    ProviderError,
    QuerySyntaxError,
    SignInNeededError,
    StoreBusyError,
    TooManyTriesError,
)
from broadsheet.web.next_page import came_from, here
from broadsheet.web.site import site_of
from broadsheet.web.visitor import visitor_of

log = logging.getLogger(__name__)

_HEADINGS = {
    403: "Not for everyone",
    404: "Not in this paper",
    405: "Not in this paper",
    410: "No longer in this paper",
    422: "That cannot be answered",
    429: "Too often",
    500: "The press has stopped",
    502: "No answer",
    503: "The press is busy",
}
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (GoneError, 410),
    (NotFoundError, 404),
    (SignInNeededError, 401),
    (NotAllowedError, 403),
    (TooManyTriesError, 429),
    (InvalidValueError, 422),
    (ProviderError, 502),
    (StoreBusyError, 503),
)
_READS = ("GET", "HEAD")
_BUSY_S = 5


def error_page(request: Request, error: Exception) -> Response:
    """Return the page of an error; who must sign in first is sent to where one does."""
    if isinstance(error, SignInNeededError):
        back = here(request) if request.method in _READS else came_from(request)
        return RedirectResponse(f"/sign-in?next={back}", status_code=303, headers=_NOT_KEPT)
    status, sentence = status_of(error), _sentence(error)
    if status == 500:
        log.error("page failed path=%s", request.url.path, exc_info=error)
    _know_visitor(request)
    response = site_of(request).press.page(
        request,
        "error.html",
        status=status,
        heading=_HEADINGS.get(status, "That did not work"),
        sentence=sentence,
        fault=error if isinstance(error, QuerySyntaxError) else None,
        near=(),
    )
    response.headers.update(_headers(error))
    return response


def error_json(error: BroadsheetError) -> Response:
    """Return an error as a script of ours reads it."""
    said = {"error": _sentence(error)}
    headers = {**_NOT_KEPT, **_headers(error)}
    return JSONResponse(said, status_code=status_of(error), headers=headers)


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, HTTPException):
        return error.status_code
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


_NOT_KEPT = {"Cache-Control": "no-store"}


def _sentence(error: Exception) -> str:
    if isinstance(error, HTTPException):
        known = error.status_code in (404, 405)
        return "There is no such page." if known else "That did not work."
    if isinstance(error, StoreBusyError):
        return "Another process is writing. Try again in a moment."
    if status_of(error) == 500:
        return "Something broke here. The log says what."
    return str(error)


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, StoreBusyError):
        return {"Retry-After": str(_BUSY_S)}
    if isinstance(error, TooManyTriesError):
        return {"Retry-After": str(error.after_s)}
    if isinstance(error, SignInNeededError):
        return {"WWW-Authenticate": 'Bearer realm="broadsheet"'}
    return {}


def _know_visitor(request: Request) -> None:
    """Let the page of an error be made, even where who asks cannot be looked up because of it."""
    try:
        visitor_of(request)
    except BroadsheetError:
        request.state.visitor = None
