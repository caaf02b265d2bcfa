"""`/`: the newest edition."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.web.pages.edition import wider
from broadsheet.web.site import nothing_else, site_of


def front(request: Request) -> Response:
    """The newest papers up to today, a lead story first."""
    site = site_of(request)
    nothing_else(request)
    revision = site.reading.revision()
    known = site.press.known(request, *revision)
    if known is not None:
        return known
    found = site.reading.front()
    around = wider(found.period) if found.period else ()
    page = site.press.page(request, "front.html", edition=found, wider=around)
    return site.press.keep(request, page, *revision)


ROUTES = [Route("/", front)]
