"""`/c/{category}` and its editions `/c/{category}/2026-11`."""

from starlette.requests import Request

from broadsheet.services.fields import category_name
from broadsheet.web.addresses import category_address
from broadsheet.web.listed import listed
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.pages.edition import Within, edition_page, period_named
from broadsheet.web.personal import is_followed, never_of
from broadsheet.web.site import page_number, site_of


def category(request: Request) -> Shown:
    """A category's papers, newest first; an archive such as `cs` takes all that is in it."""
    found = site_of(request).reading.category(
        request.path_params["category"], page=page_number(request), not_in=never_of(request)
    )
    shown = found.shown
    listing = Listing.of(
        shown,
        address=category_address(found.code),
        title=found.name,
        description=f"Papers in {found.code}, cross-listed ones included, newest first.",
    )
    followed = is_followed(request, "category", found.code)
    return Shown(
        listing=listing,
        template="category.html",
        values=lambda: {"category": found, "followed": followed},
        first=shown.first,
    )


def category_edition(request: Request) -> Shown:
    """A category's papers of a period."""
    found = site_of(request).reading.edition(
        period_named(request.path_params["period"]),
        category=request.path_params["category"],
        page=page_number(request),
        not_in=never_of(request),
    )
    name, address = category_name(found.category), category_address(found.category)
    return edition_page(found, Within(name=name, address=address, said=f" in {name}"))


ROUTES = [
    *listed("/c/{category}", category),
    *listed("/c/{category}/{period:path}", category_edition),
]
