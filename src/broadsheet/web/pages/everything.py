"""`/all`: all papers, newest first, fifty to a page."""

from starlette.requests import Request

from broadsheet.web.listed import listed
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.personal import never_of
from broadsheet.web.site import page_number, site_of


def everything(request: Request) -> Shown:
    """The whole paper as one list by date."""
    found = site_of(request).reading.everything(page=page_number(request), not_in=never_of(request))
    listing = Listing.of(
        found,
        address="/all",
        title="All papers",
        description=f"All {found.total:,} papers of this library, newest first.",
    )
    return Shown(
        listing=listing,
        template="everything.html",
        values=lambda: {"shown": found},
        first=found.first,
    )


ROUTES = listed("/all", everything)
