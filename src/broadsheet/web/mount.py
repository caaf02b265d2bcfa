"""Puts the pages together: routes, errors in the same look, headers, compression."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from broadsheet.model.errors import BroadsheetError
from broadsheet.model.paper import Paper
from broadsheet.services.bundle import Services
from broadsheet.web.errors import error_page
from broadsheet.web.headers import SafeHeaders
from broadsheet.web.one_machine import OneMachine
from broadsheet.web.pages import (
    about,
    account,
    account_changes,
    admin,
    api,
    author,
    categories,
    category,
    collections,
    days,
    edition,
    everything,
    export,
    following,
    front,
    marked,
    marks,
    new_password,
    outside,
    paper,
    passkeys,
    private_feeds,
    query_editions,
    search,
    sign_in,
    sign_up,
    static,
    subscribe,
    topic,
    trending,
    trending_formula,
    trending_settings,
    watching,
)
from broadsheet.web.personal import personal_of
from broadsheet.web.press import COMPRESSION, Press
from broadsheet.web.routing import FirstWordRouter
from broadsheet.web.same_origin import SameOrigin
from broadsheet.web.site import Site, named_alone
from broadsheet.web.small_bodies import SmallBodies

_PAGES: tuple[ModuleType, ...] = (
    *(subscribe, query_editions, watching, private_feeds),
    *(trending_formula, trending_settings, trending),
    *(sign_in, sign_up, outside, new_password, account, account_changes, passkeys, admin),
    *(export, front, everything, search, paper, author, category, topic, categories, days),
    *(marks, marked, collections, following),
    *(about, api, static),
    edition,
)
_COMPRESSED_FROM_BYTES = 1024

Shape = Callable[[Paper], Mapping[str, Any]]


def mount_pages(app: FastAPI, services: Services, *, shape: Shape = named_alone) -> Site:
    """Add all pages to an application, and safe headers and compression to all of its answers.

    To be called last: pages answer whatever is left, and describe what is there already.

    Args:
        shape: returns a paper as the API has it.
    """
    site = _site(services, app.openapi, shape)
    app.mount("", _make_pages(site), name="pages")
    app.add_middleware(
        GZipMiddleware, minimum_size=_COMPRESSED_FROM_BYTES, compresslevel=COMPRESSION
    )
    app.add_middleware(SmallBodies)
    app.add_middleware(SameOrigin, open_paths=(subscribe.ONE_CLICK,))
    if services.settings.accounts == "single":
        app.add_middleware(OneMachine)
    app.add_middleware(SafeHeaders)
    return site


def _make_pages(site: Site) -> Starlette:
    pages = Starlette(
        exception_handlers={
            BroadsheetError: error_page,
            HTTPException: error_page,
            Exception: error_page,
        },
    )
    pages.router = FirstWordRouter([route for page in _PAGES for route in page.ROUTES])
    pages.state.site = site
    return pages


def _site(services: Services, describe: Callable[[], dict[str, Any]], shape: Shape) -> Site:
    settings = services.settings
    library = str(settings.library.resolve())
    press = Press(
        title=settings.title, library=library, accounts=settings.accounts, visiting=personal_of
    )
    return Site(services=services, press=press, describe=describe, shape=shape)
