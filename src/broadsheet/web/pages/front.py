"""`/`: the newest edition; its other faces are `/front.atom` and their like."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.web.addresses import edition_address, page_address
from broadsheet.web.dateline import period_line
from broadsheet.web.listed import listed
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.pages.edition import wider
from broadsheet.web.personal import never_of
from broadsheet.web.site import nothing_else, site_of


def front(request: Request) -> Shown:
    """The newest papers up to today, what trends among them first."""
    nothing_else(request)
    site = site_of(request)
    found = site.reading.front(site.services.trending.leading, not_in=never_of(request))
    period = found.period
    is_cut = period is not None and found.total > len(found.shown.papers)
    newest = f", first those of {period_line(period)}" if period else ""
    listing = Listing(
        address="/",
        title="",
        description=f"The newest papers{newest}.",
        papers=found.shown.papers,
        further=page_address(edition_address(period), 2) if period and is_cut else "",
    )
    around = wider(period) if period else ()
    return Shown(
        listing=listing,
        template="front.html",
        values=lambda: {"edition": found, "wider": around, "marked": found.layout.papers},
    )


def named(request: Request) -> Response:
    """`/front` as a page is `/`."""
    return RedirectResponse("/", status_code=301)


ROUTES = [*listed("/", front, by_trend=True), Route("/front", named)]
