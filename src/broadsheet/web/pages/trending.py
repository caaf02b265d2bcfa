"""`/trending`, `/trending/week`, `/c/{category}/trending`: what readers and sources lift."""

from starlette.requests import Request
from starlette.routing import Route

from broadsheet.model.errors import NotFoundError
from broadsheet.services.fields import category_name
from broadsheet.services.paging import PER_PAGE
from broadsheet.services.trend_ranking import WINDOWS
from broadsheet.web.addresses import trending_address
from broadsheet.web.listed import listed
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.personal import never_of
from broadsheet.web.site import page_number, site_of


def trending(request: Request) -> Shown:
    """Papers by how far they are above what is normal, each with the terms of its number."""
    site = site_of(request)
    window = request.path_params.get("window", "all")
    if window not in WINDOWS:
        raise NotFoundError(f"What trends is shown by {', '.join(WINDOWS[:-1])}, or without one.")
    page, category = page_number(request), request.path_params.get("category", "")
    found = site.services.trending.page(
        category=category, window=window, page=page, not_in=never_of(request)
    )
    address = trending_address(found.category, found.window)
    within = f" in {category_name(found.category)}" if found.category else ""
    listing = Listing(
        address=address,
        title=f"Trending{within}",
        description=f"Papers{within} that readers and sources lift, by a published formula.",
        papers=tuple(story.paper for story in found.stories),
        why={story.paper.key: str(story.terms) for story in found.stories if found.has_signals},
        page=found.page,
        n_pages=found.n_pages,
        total=found.total,
    )
    return Shown(
        listing=listing,
        template="trending.html",
        values=lambda: {"found": found, "address": address, "windows": WINDOWS},
        first=(found.page - 1) * PER_PAGE + 1,
    )


ROUTES: list[Route] = [
    route
    for path in (
        "/trending",
        "/trending/{window}",
        "/c/{category}/trending",
        "/c/{category}/trending/{window}",
    )
    for route in listed(path, trending, by_trend=True)
]
