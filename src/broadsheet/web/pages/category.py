"""`/c/{category}` and its editions `/c/{category}/2026-11`."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.web.addresses import category_address
from broadsheet.web.pages.edition import edition_page
from broadsheet.web.personal import is_followed, never_of
from broadsheet.web.site import kept_until_change, page_number, site_of


@kept_until_change
def category(request: Request) -> Response:
    """A category's papers, newest first; an archive such as `cs` takes all that is in it."""
    site = site_of(request)
    code, page = request.path_params["category"], page_number(request)
    found = site.reading.category(code, page=page, not_in=never_of(request))
    address = category_address(found.code)
    if found.code != code:
        return RedirectResponse(address, status_code=301)
    return site.press.page(
        request,
        "category.html",
        papers=found.shown.papers,
        first=found.shown.first,
        category=found,
        address=address,
        followed=is_followed(request, "category", found.code),
    )


def category_edition(request: Request) -> Response:
    """A category's papers of a period."""
    return edition_page(
        request, request.path_params["period"], category=request.path_params["category"]
    )


ROUTES = [
    Route("/c/{category}", category),
    Route("/c/{category}/{period:path}", category_edition),
]
