"""Puts the pages together: routes, errors in the same look, headers, compression."""

import logging
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.model.errors import (
    GoneError,
    InvalidValueError,
    NotAllowedError,
    NotFoundError,
    SignInNeededError,
    StoreBusyError,
)
from broadsheet.model.paper import Paper
from broadsheet.services.bundle import Services
from broadsheet.web.headers import SafeHeaders
from broadsheet.web.pages import (
    about,
    api,
    author,
    categories,
    category,
    days,
    edition,
    everything,
    export,
    front,
    paper,
    private_feeds,
    search,
    static,
    subscribe,
    trending,
    trending_formula,
    trending_settings,
    watching,
)
from broadsheet.web.press import Press
from broadsheet.web.same_origin import SameOrigin
from broadsheet.web.site import Site, named_alone, site_of

log = logging.getLogger(__name__)

_PAGES: tuple[ModuleType, ...] = (
    *(subscribe, watching, private_feeds, trending_formula, trending_settings, trending),
    *(
        export,
        front,
        everything,
        search,
        paper,
        author,
        category,
        categories,
        days,
        about,
        api,
        static,
    ),
    edition,
)
_COMPRESSED_FROM_BYTES = 1024
_COMPRESSION = 5
_HEADINGS = {
    403: "Not for every reader",
    404: "Not in this paper",
    405: "Not in this paper",
    410: "No longer in this paper",
    422: "That cannot be answered",
    500: "The press has stopped",
    503: "The press is busy",
}


def mount_pages(
    app: FastAPI,
    services: Services,
    *,
    shape: Callable[[Paper], Mapping[str, Any]] = named_alone,
) -> None:
    """Add all pages to an application, and safe headers and compression to all of its answers.

    To be called last: pages answer whatever is left, and describe what is there already.

    Args:
        shape: returns a paper as the API has it.
    """
    app.mount("", _make_pages(services, app.openapi, shape), name="pages")
    app.add_middleware(
        GZipMiddleware, minimum_size=_COMPRESSED_FROM_BYTES, compresslevel=_COMPRESSION
    )
    app.add_middleware(SameOrigin, open_paths=(subscribe.ONE_CLICK,))
    app.add_middleware(SafeHeaders)


def _make_pages(
    services: Services,
    describe: Callable[[], dict[str, Any]],
    shape: Callable[[Paper], Mapping[str, Any]],
) -> Starlette:
    pages = Starlette(
        routes=[route for page in _PAGES for route in page.ROUTES],
        exception_handlers={
            GoneError: _gone,
            NotFoundError: _not_found,
            InvalidValueError: _refused,
            SignInNeededError: _sign_in,
            NotAllowedError: _not_allowed,
            StoreBusyError: _busy,
            HTTPException: _http_error,
            Exception: _broken,
        },
    )
    settings = services.settings
    press = Press(title=settings.title, library=str(settings.library.resolve()))
    pages.state.site = Site(services=services, press=press, describe=describe, shape=shape)
    return pages


def _not_found(request: Request, error: Exception) -> Response:
    return _error_page(request, 404, str(error))


def _gone(request: Request, error: Exception) -> Response:
    return _error_page(request, 410, str(error))


def _refused(request: Request, error: Exception) -> Response:
    return _error_page(request, 422, str(error))


def _sign_in(request: Request, error: Exception) -> Response:
    return _error_page(request, 401, str(error))


def _not_allowed(request: Request, error: Exception) -> Response:
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
