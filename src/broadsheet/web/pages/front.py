"""`/`: the newest edition."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.web.pages.edition import wider
from broadsheet.web.personal import never_of
from broadsheet.web.site import kept_until_change, nothing_else, site_of


@kept_until_change
def front(request: Request) -> Response:
    """The newest papers up to today, a lead story first."""
    site = site_of(request)
    nothing_else(request)
    found = site.reading.front(not_in=never_of(request))
    around = wider(found.period) if found.period else ()
    return site.press.page(
        request, "front.html", papers=found.layout.papers, edition=found, wider=around
    )


ROUTES = [Route("/", front)]
