"""`/about`: what this is, what it holds, how it orders, which keys it knows."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.web.site import nothing_else, site_of


def about(request: Request) -> Response:
    """A page of plain words with the library's numbers."""
    site = site_of(request)
    nothing_else(request)
    revision = site.reading.revision()
    known = site.press.known(request, *revision)
    if known is not None:
        return known
    made = site.press.page(request, "about.html", counts=site.reading.about())
    return site.press.keep(request, made, *revision)


ROUTES = [Route("/about", about)]
