"""`/saved`, `/read`, `/voted`, `/noted`, `/never`, `/tags`: a reader's own lists of papers."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.marks import LISTED, Listed, tag_of
from broadsheet.services.paging import Paged
from broadsheet.web.addresses import tag_address
from broadsheet.web.listed import Page, listed_anew
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.site import nothing_else, page_number, site_of
from broadsheet.web.visitor import reader_of

_HEADINGS: dict[Listed, str] = {
    "saved": "Saved",
    "read": "Read",
    "voted": "Voted",
    "noted": "With a note",
    "never": "Never shown",
}
_EMPTY: dict[Listed, str] = {
    "saved": "Nothing is saved yet. “Save” under a story keeps it here.",
    "read": "Nothing is marked as read.",
    "voted": "You have voted for no paper.",
    "noted": "No paper has a note of yours.",
    "never": "Nothing is hidden. “Never again” under a story takes it out of your lists.",
}


def _page(kind: Listed) -> Page:
    def marked(request: Request) -> Shown:
        """The papers of a list, what came last first."""
        reader = reader_of(request)
        shown = site_of(request).services.marks.page(reader, kind, page=page_number(request))
        return _shown(shown, f"/{kind}", _HEADINGS[kind], _EMPTY[kind])

    return marked


def tags(request: Request) -> Response:
    """A reader's tags, with the numbers of their papers."""
    nothing_else(request)
    site, reader = site_of(request), reader_of(request)
    return site.press.page(request, "tags.html", tags=site.services.marks.tags(reader))


def tagged(request: Request) -> Shown:
    """The papers that bear a tag."""
    site, reader = site_of(request), reader_of(request)
    try:
        tag = tag_of(request.path_params["tag"])
    except InvalidValueError as e:
        raise NotFoundError(str(e)) from e
    shown = site.services.marks.tagged(reader, tag, page=page_number(request))
    return _shown(shown, tag_address(tag), tag, "")


def _shown(shown: Paged, address: str, heading: str, empty: str) -> Shown:
    return Shown(
        listing=Listing.of(
            shown,
            address=address,
            title=heading,
            description=f"Papers of yours, what came last first: {shown.total:,}.",
        ),
        template="marked.html",
        values=lambda: {"heading": heading, "empty": empty, "shown": shown, "address": address},
        first=shown.first,
    )


ROUTES = [Route("/tags", tags), *listed_anew("/tags/{tag:path}", tagged)]
ROUTES += [route for kind in LISTED for route in listed_anew(f"/{kind}", _page(kind))]
