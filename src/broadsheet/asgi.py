"""The door of the web: `app`, a factory for any ASGI server (`--factory broadsheet.asgi:app`)."""

import logging

from fastapi import FastAPI

from broadsheet import __version__
from broadsheet.api.app import PREFIX, mount_api
from broadsheet.jobs.lifeline import end_with_parent
from broadsheet.services.bundle import Services
from broadsheet.services.origin import check_listening
from broadsheet.web.mount import mount_pages
from broadsheet.wiring import LOG_FORMAT, open_library, read_settings


def app() -> FastAPI:
    """Return the application over the library that the settings name."""
    end_with_parent()
    settings = read_settings()
    check_listening(settings)
    logging.basicConfig(level=settings.log_level.upper(), format=LOG_FORMAT)
    services = open_library(settings)
    services.search.warm()
    return make_app(services)


def make_app(services: Services) -> FastAPI:
    """Return the application that serves the API and the pages of an open library."""
    made = FastAPI(
        title=services.settings.title,
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    mount_api(made, services)
    mount_pages(made, services)
    return made
