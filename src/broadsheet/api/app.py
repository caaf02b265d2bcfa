"""Puts the API's resources together and gives each error its status."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from broadsheet.api.v1 import collections, days, events, follows, marks, papers, search
from broadsheet.api.v1.shapes import ErrorShape
from broadsheet.api.who import Who
from broadsheet.model.errors import (
    BroadsheetError,
    InvalidValueError,
    NotAllowedError,
    NotFoundError,
    SignInNeededError,
    StoreBusyError,
)
from broadsheet.services.bundle import Services

PREFIX = "/api/v1"
_STATUS: dict[type[BroadsheetError], int] = {
    SignInNeededError: 401,
    NotAllowedError: 403,
    NotFoundError: 404,
    InvalidValueError: 422,
    StoreBusyError: 503,
}
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def mount_api(app: FastAPI, services: Services) -> None:
    """Add version 1 of the API to the application."""
    router = APIRouter(
        prefix=PREFIX,
        responses={
            401: {"model": ErrorShape, "description": "For readers only."},
            403: {"model": ErrorShape, "description": "Not for this reader."},
            404: {"model": ErrorShape, "description": "No such thing."},
            422: {"model": ErrorShape, "description": "A parameter breaks a rule."},
            503: {"model": ErrorShape, "description": "Busy; ask again."},
        },
    )
    who = Who(services.accounts)
    router.include_router(search.routes(who, services.search, services.marks))
    router.include_router(papers.routes(who, services.reading, services.search, services.marks))
    router.include_router(days.routes(who, services.reading, services.marks))
    router.include_router(events.routes(services.reading))
    router.include_router(marks.routes(who, services.reading, services.marks))
    router.include_router(collections.routes(who, services.reading, services.collections))
    router.include_router(follows.routes(who, services.follows))
    router.add_api_route("/{rest:path}", _nothing_there, methods=_METHODS, include_in_schema=False)
    app.include_router(router)
    app.add_exception_handler(HTTPException, error_answer)
    app.add_exception_handler(BroadsheetError, error_answer)
    app.add_exception_handler(RequestValidationError, error_answer)
    app.add_exception_handler(Exception, error_answer)


def _nothing_there(rest: str) -> None:
    raise NotFoundError(f"The API has no {PREFIX}/{rest[:80]}; see /api.")


def status_of(error: BroadsheetError) -> int:
    """Return the HTTP status of an error of the service."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)


def error_answer(_: Request, error: Exception) -> JSONResponse:
    """Return an error as the API says it: a sentence and a status."""
    if isinstance(error, RequestValidationError):
        return _answer(422, _sentence(error))
    if isinstance(error, BroadsheetError):
        return _answer(status_of(error), str(error))
    if isinstance(error, HTTPException):
        return _answer(error.status_code, f"{error.detail}.")
    return _answer(500, "Something broke here; the log says what.")


def _answer(status: int, sentence: str) -> JSONResponse:
    return JSONResponse(ErrorShape(error=sentence).model_dump(), status_code=status)


def _sentence(error: RequestValidationError) -> str:
    return "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in error.errors())
