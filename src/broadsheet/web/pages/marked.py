"""`/saved`, `/read`, `/voted`, `/noted`, `/never`, `/tags`: a reader's own lists of papers."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.marks import LISTED, Listed, tag_of
from broadsheet.web.addresses import tag_address
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


def _page(kind: Listed) -> Callable[[Request], Response]:
    def marked(request: Request) -> Response:
        """The papers of a list, what came last first."""
        site, reader = site_of(request), reader_of(request)
        shown = site.services.marks.page(reader, kind, page=page_number(request))
        return site.press.page(
            request,
            "marked.html",
            papers=shown.papers,
            first=shown.first,
            heading=_HEADINGS[kind],
            empty=_EMPTY[kind],
            shown=shown,
            address=f"/{kind}",
        )

    return marked


def tags(request: Request) -> Response:
    """A reader's tags, with the numbers of their papers."""
    nothing_else(request)
    site, reader = site_of(request), reader_of(request)
    return site.press.page(request, "tags.html", tags=site.services.marks.tags(reader))


def tagged(request: Request) -> Response:
    """The papers that bear a tag; another spelling of it is sent on."""
    site, reader = site_of(request), reader_of(request)
    given = request.path_params["tag"]
    try:
        tag = tag_of(given)
    except InvalidValueError as e:
        raise NotFoundError(str(e)) from e
    shown = site.services.marks.tagged(reader, tag, page=page_number(request))
    if tag != given:
        return RedirectResponse(tag_address(tag), status_code=301)
    return site.press.page(
        request,
        "marked.html",
        papers=shown.papers,
        first=shown.first,
        heading=tag,
        empty="",
        shown=shown,
        address=tag_address(tag),
    )


ROUTES = [Route(f"/{kind}", _page(kind)) for kind in LISTED]
ROUTES += [Route("/tags", tags), Route("/tags/{tag:path}", tagged)]
