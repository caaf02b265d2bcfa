"""`/trending`, `/trending/week`, `/c/{category}/trending`: what readers and sources lift."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import NotFoundError
from broadsheet.services.trend_ranking import WINDOWS
from broadsheet.web.addresses import trending_address
from broadsheet.web.site import kept_until_signal, page_number, site_of


@kept_until_signal
def trending(request: Request) -> Response:
    """Papers by how far they are above what is normal, each with the terms of its number."""
    site = site_of(request)
    window = request.path_params.get("window", "all")
    if window not in WINDOWS:
        raise NotFoundError(f"What trends is shown by {', '.join(WINDOWS[:-1])}, or without one.")
    page, category = page_number(request), request.path_params.get("category", "")
    found = site.services.trending.page(category=category, window=window, page=page)
    address = trending_address(found.category, found.window)
    if request.url.path != address and not request.url.query:
        return RedirectResponse(address, status_code=301)
    return site.press.page(request, "trending.html", found=found, address=address, windows=WINDOWS)


ROUTES = [
    Route("/trending", trending),
    Route("/trending/{window}", trending),
    Route("/c/{category}/trending", trending),
    Route("/c/{category}/trending/{window}", trending),
]
