"""`/static/…`, `/favicon.svg`, `/robots.txt`: what pages need beside themselves."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from broadsheet.web.site import site_of

_FOREVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"
_ROBOTS = "User-agent: *\nDisallow: /search\n"


def static(request: Request) -> Response:
    """A file under the address of its present content, which may be kept for ever."""
    asset = site_of(request).press.assets.at(request.url.path)
    if asset is None:
        raise HTTPException(404)
    headers = {"Cache-Control": _FOREVER}
    return Response(asset.body, media_type=asset.media_type, headers=headers)


def favicon(request: Request) -> Response:
    """The mark."""
    asset = site_of(request).press.assets.named("favicon.svg")
    headers = {"Cache-Control": _A_DAY}
    return Response(asset.body, media_type=asset.media_type, headers=headers)


def robots(request: Request) -> Response:
    """Searches cost work and repeat what other pages hold; all else may be read."""
    return PlainTextResponse(_ROBOTS, headers={"Cache-Control": _A_DAY})


ROUTES = [
    Route("/static/{name}", static),
    Route("/favicon.svg", favicon),
    Route("/robots.txt", robots),
]
