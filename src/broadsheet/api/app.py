"""Puts the API's resources together and gives each error its status."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from broadsheet.api import health, metrics
from broadsheet.api.door import Door
from broadsheet.api.measuring import Requests
from broadsheet.api.v1 import (
    collections,
    days,
    events,
    follows,
    marks,
    me,
    papers,
    search,
    trending,
)
from broadsheet.api.v1.shapes import ErrorShape
from broadsheet.model.errors import (
    BroadsheetError,
    GoneError,
    InvalidValueError,
    NotAllowedError,
    NotFoundError,
    QuerySyntaxError,
    SignInNeededError,
    StoreBusyError,
    TooManyTriesError,
)
from broadsheet.services.bundle import Services

PREFIX = "/api/v1"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def mount_api(
    app: FastAPI, services: Services, requests: Requests | None = None, token: str = ""
) -> None:
    """Add version 1 of the API to the application, and what its operator asks.

    Args:
        requests: what is counted; None counts nothing.
        token: opens the metrics to those whom the settings do not name.
    """
    app.state.services = services
    door = Door(networks=services.settings.metrics_from, token=token)
    app.include_router(health.routes(services.operations, door))
    app.include_router(metrics.routes(services.operations, requests or Requests(), door))
    router = APIRouter(
        prefix=PREFIX,
        responses={
            400: {"model": ErrorShape, "description": "What was sent is no JSON."},
            401: {"model": ErrorShape, "description": "Nobody is signed in, or the token is none."},
            403: {"model": ErrorShape, "description": "Not for this reader, or this token."},
            404: {"model": ErrorShape, "description": "No such thing."},
            410: {"model": ErrorShape, "description": "Its sources have all deleted it."},
            413: {"model": ErrorShape, "description": "More was sent than this takes."},
            422: {"model": ErrorShape, "description": "A parameter breaks a rule."},
            429: {"model": ErrorShape, "description": "Too often; see Retry-After."},
            503: {"model": ErrorShape, "description": "Busy; ask again."},
        },
    )
    router.include_router(search.routes(services.search, services.marks, services.reading))
    router.include_router(papers.routes(services.reading, services.search, services.marks))
    router.include_router(days.routes(services.reading, services.marks))
    router.include_router(events.routes(services.reading))
    router.include_router(trending.routes(services.trending))
    router.include_router(me.routes())
    router.include_router(marks.routes(services.reading, services.marks))
    router.include_router(collections.routes(services.reading, services.collections))
    router.include_router(follows.routes(services.follows))
    router.add_api_route("/{rest:path}", _nothing_there, methods=_METHODS, include_in_schema=False)
    app.include_router(router)
    app.add_exception_handler(HTTPException, error_answer)
    app.add_exception_handler(BroadsheetError, error_answer)
    app.add_exception_handler(RequestValidationError, error_answer)
    app.add_exception_handler(Exception, error_answer)


def _nothing_there(rest: str) -> None:
    raise NotFoundError(f"The API has no {PREFIX}/{rest[:80]}; see /api.")


_STATUSES: tuple[tuple[type[BroadsheetError], int], ...] = (
    (GoneError, 410),
    (NotFoundError, 404),
    (SignInNeededError, 401),
    (NotAllowedError, 403),
    (TooManyTriesError, 429),
    (InvalidValueError, 422),
    (StoreBusyError, 503),
)


def status_of(error: BroadsheetError) -> int:
    """Return the HTTP status of an error of the service."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def error_answer(_: Request, error: Exception) -> JSONResponse:
    """Return an error as the API says it: a sentence and a status."""
    if isinstance(error, RequestValidationError):
        return _answer(422, _sentence(error))
    if isinstance(error, QuerySyntaxError):
        return _answer(422, f"{error} (at character {error.at + 1})")
    if isinstance(error, BroadsheetError):
        return _answer(status_of(error), str(error), headers=_headers(error))
    if isinstance(error, HTTPException):
        return _answer(error.status_code, f"{error.detail}.")
    return _answer(500, "Something broke here; the log says what.")


def _answer(status: int, sentence: str, *, headers: dict[str, str] | None = None) -> JSONResponse:
    said = ErrorShape(error=sentence).model_dump()
    return JSONResponse(said, status_code=status, headers=headers)


def _headers(error: BroadsheetError) -> dict[str, str]:
    if isinstance(error, TooManyTriesError):
        return {"Retry-After": str(error.after_s)}
    if isinstance(error, SignInNeededError):
        return {"WWW-Authenticate": 'Bearer realm="broadsheet"'}
    return {}


def _sentence(error: RequestValidationError) -> str:
    return "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in error.errors())
