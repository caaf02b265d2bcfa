"""`/about`: what this is, what it holds, how it orders, which keys it knows."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.web.site import nothing_else, site_of


def about(request: Request) -> Response:
    """A page of plain words with the library's numbers."""
    site = site_of(request)
    nothing_else(request)
    return site.press.page(request, "about.html", counts=site.reading.about())


ROUTES = [Route("/about", about)]
