"""The door of the web: `app`, a factory for any ASGI server (`--factory broadsheet.asgi:app`)."""

import gc
import logging
import threading

import anyio
from fastapi import FastAPI

from broadsheet import LOG_FORMAT, __version__
from broadsheet.api.app import mount_api
from broadsheet.api.measuring import Measured, Requests
from broadsheet.api.resource import PREFIX
from broadsheet.api.v1.shapes import PaperShape
from broadsheet.jobs.lifeline import end_with_parent
from broadsheet.services.bundle import Services
from broadsheet.services.origin import check_listening
from broadsheet.web.mount import mount_pages
from broadsheet.wiring import metrics_token, now, open_library, read_settings

_GC_THRESHOLDS = 10_000, 20, 20
_TREND_HOLD_S = 10.0
"""A ranking takes a tenth of a second, and each opened page is a signal."""


def app() -> FastAPI:
    """Return the application over the library that the settings name."""
    end_with_parent()
    settings = read_settings()
    check_listening(settings)
    logging.basicConfig(level=settings.log_level.upper(), format=LOG_FORMAT)
    services = open_library(settings, started=now())
    services.search.warm()
    gc.set_threshold(*_GC_THRESHOLDS)
    services.trending.hold_s = _TREND_HOLD_S
    made = make_app(services)
    threading.Thread(target=_warm, args=(made,), name="warm", daemon=True).start()
    return made


def _warm(made: FastAPI) -> None:
    """Make ready what the first pages would wait for, while requests are answered already."""
    anyio.run(anyio.sleep, 0)  # what it runs on is imported at its first use, in 0.1 s
    made.state.site.warm()
    # What is there now stays: to look through it again and again took a quarter of a page's time.
    gc.collect()
    gc.freeze()


def make_app(services: Services) -> FastAPI:
    """Return the application that serves the API and the pages of an open library."""
    made = FastAPI(
        title=services.settings.title,
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    requests = Requests()
    mount_api(made, services, requests, metrics_token(services.settings))
    made.state.site = mount_pages(
        made, services, shape=lambda paper: PaperShape.of(paper).model_dump(mode="json")
    )
    made.add_middleware(Measured, requests=requests, prefix=PREFIX)
    return made
