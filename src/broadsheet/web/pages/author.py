"""`/a/{key}`: the papers that bear a name, and their editions `/a/{key}/2026-W47`."""

from starlette.requests import Request

from broadsheet.web.addresses import author_address
from broadsheet.web.listed import listed
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.pages.edition import Within, edition_page, period_named
from broadsheet.web.personal import is_followed, never_of
from broadsheet.web.site import page_number, site_of


def author(request: Request) -> Shown:
    """The name, who writes with them, and their papers."""
    found = site_of(request).reading.author(
        request.path_params["key"], page=page_number(request), not_in=never_of(request)
    )
    named, shown = found.entry.author, found.shown
    listing = Listing.of(
        shown,
        address=author_address(named.key),
        title=named.name,
        description="Papers that bear this name, newest first. One name may be several people.",
    )
    followed = is_followed(request, "author", named.key)
    return Shown(
        listing=listing,
        template="author.html",
        values=lambda: {"author": found, "followed": followed},
        first=shown.first,
    )


def author_edition(request: Request) -> Shown:
    """The papers of a period that bear a name."""
    found = site_of(request).reading.edition(
        period_named(request.path_params["period"]),
        author=request.path_params["key"],
        page=page_number(request),
        not_in=never_of(request),
    )
    assert found.author is not None  # noqa: S101 (it was asked for)
    name, address = found.author.name, author_address(found.author.key)
    return edition_page(found, Within(name=name, address=address, said=f" and by {name}"))


ROUTES = [*listed("/a/{key}", author), *listed("/a/{key}/{period:path}", author_edition)]
