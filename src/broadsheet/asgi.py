"""The door of the web: `app`, a factory for any ASGI server (`--factory broadsheet.asgi:app`)."""

from fastapi import FastAPI

from broadsheet.wiring import make_web_app, open_library, read_settings


def app() -> FastAPI:
    """Return the application over the library that the settings name."""
    return make_web_app(open_library(read_settings()))
