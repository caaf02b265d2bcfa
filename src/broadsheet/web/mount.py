"""Puts the pages together: routes, errors in the same look, headers, compression."""

import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.model.errors import (
    InvalidValueError,
    NotAllowedError,
    NotFoundError,
    SignInNeededError,
    StoreBusyError,
)
from broadsheet.services.bundle import Services
from broadsheet.web.headers import SafeHeaders
from broadsheet.web.pages import (
    about,
    api,
    author,
    categories,
    category,
    collections,
    days,
    edition,
    export,
    following,
    front,
    marked,
    marks,
    paper,
    search,
    static,
)
from broadsheet.web.personal import personal_of
from broadsheet.web.press import Press
from broadsheet.web.same_origin import SameOrigin
from broadsheet.web.site import Site, site_of

log = logging.getLogger(__name__)

_PAGES: tuple[ModuleType, ...] = (
    *(export, front, search, paper, author, category, categories, days, about, api, static),
    *(marks, marked, collections, following),
    edition,
)
_COMPRESSED_FROM_BYTES = 1024
_COMPRESSION = 5
_HEADINGS = {
    401: "For readers",
    403: "Not yours to change",
    404: "Not in this paper",
    405: "Not in this paper",
    422: "That cannot be answered",
    500: "The press has stopped",
    503: "The press is busy",
}


def mount_pages(app: FastAPI, services: Services) -> None:
    """Add all pages to an application, and safe headers and compression to all of its answers.

    To be called last: pages answer whatever is left, and describe what is there already.
    """
    app.mount("", _make_pages(services, app.openapi), name="pages")
    app.add_middleware(
        GZipMiddleware, minimum_size=_COMPRESSED_FROM_BYTES, compresslevel=_COMPRESSION
    )
    app.add_middleware(SameOrigin)
    app.add_middleware(SafeHeaders)


def _make_pages(services: Services, describe: Callable[[], dict[str, Any]]) -> Starlette:
    pages = Starlette(
        routes=[route for page in _PAGES for route in page.ROUTES],
        exception_handlers={
            NotFoundError: _not_found,
            InvalidValueError: _refused,
            SignInNeededError: _nobody,
            NotAllowedError: _forbidden,
            StoreBusyError: _busy,
            HTTPException: _http_error,
            Exception: _broken,
        },
    )
    settings = services.settings
    press = Press(
        title=settings.title, library=str(settings.library.resolve()), visiting=personal_of
    )
    pages.state.site = Site(services=services, press=press, describe=describe)
    return pages


def _not_found(request: Request, error: Exception) -> Response:
    return _error_page(request, 404, str(error))


def _refused(request: Request, error: Exception) -> Response:
    return _error_page(request, 422, str(error))


def _nobody(request: Request, error: Exception) -> Response:
    return _error_page(request, 401, str(error))


def _forbidden(request: Request, error: Exception) -> Response:
    return _error_page(request, 403, str(error))


def _busy(request: Request, error: Exception) -> Response:
    response = _error_page(request, 503, "Another process is writing. Try again in a moment.")
    response.headers["Retry-After"] = "5"
    return response


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    sentence = "There is no such page." if status in (404, 405) else "That did not work."
    return _error_page(request, status, sentence)


def _broken(request: Request, error: Exception) -> Response:
    log.error("page failed path=%s", request.url.path, exc_info=error)
    return _error_page(request, 500, "Something broke here. The log says what.")


def _error_page(request: Request, status: int, sentence: str) -> Response:
    heading = _HEADINGS.get(status, "That did not work")
    return site_of(request).press.page(
        request, "error.html", status=status, heading=heading, sentence=sentence, near=()
    )
