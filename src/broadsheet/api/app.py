"""Puts the API's resources together and gives each error its status."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from broadsheet.api import health, metrics
from broadsheet.api.door import Door
from broadsheet.api.measuring import Requests
from broadsheet.api.resource import PREFIX, resource
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
    last = resource("")
    last.add_api_route("/{rest:path}", _nothing_there, methods=_METHODS, include_in_schema=False)
    routers = (
        health.routes(services.operations, door),
        metrics.routes(services.operations, requests or Requests(), door),
        search.routes(services.search, services.marks, services.reading),
        papers.routes(services.reading, services.search, services.marks),
        days.routes(services.reading, services.marks),
        events.routes(services.reading),
        trending.routes(services.trending),
        me.routes(),
        marks.routes(services.reading, services.marks),
        collections.routes(services.reading, services.collections),
        follows.routes(services.follows),
        last,
    )
    for router in routers:  # to include a router would make each of its routes anew
        app.router.routes.extend(router.routes)
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
