"""`/a/{key}`: the papers that bear a name."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.web.addresses import author_address
from broadsheet.web.personal import is_followed, never_of
from broadsheet.web.site import kept_until_change, page_number, site_of


@kept_until_change
def author(request: Request) -> Response:
    """The name, who writes with them, and their papers."""
    site = site_of(request)
    key, page = request.path_params["key"], page_number(request)
    found = site.reading.author(key, page=page, not_in=never_of(request))
    if found.entry.author.key != key:
        return RedirectResponse(author_address(found.entry.author.key), status_code=301)
    address = author_address(key)
    return site.press.page(
        request,
        "author.html",
        papers=found.shown.papers,
        first=found.shown.first,
        author=found,
        address=address,
        followed=is_followed(request, "author", key),
    )


ROUTES = [Route("/a/{key}", author)]
