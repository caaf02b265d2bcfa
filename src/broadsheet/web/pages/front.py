"""`/`: the newest edition."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.web.pages.edition import wider
from broadsheet.web.site import kept_until_signal, nothing_else, site_of


@kept_until_signal
def front(request: Request) -> Response:
    """The newest papers up to today, what trends among them first."""
    site = site_of(request)
    nothing_else(request)
    found = site.reading.front(site.services.trending.leading)
    around = wider(found.period) if found.period else ()
    return site.press.page(request, "front.html", edition=found, wider=around)


ROUTES = [Route("/", front)]
