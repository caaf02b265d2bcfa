"""`/a/{key}`: the papers that bear a name."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.web.addresses import author_address
from broadsheet.web.site import page_number, site_of


def author(request: Request) -> Response:
    """The name, who writes with them, and their papers."""
    site = site_of(request)
    key, page = request.path_params["key"], page_number(request)
    revision = site.reading.revision()
    known = site.press.known(request, *revision)
    if known is not None:
        return known
    found = site.reading.author(key, page=page)
    if found.entry.author.key != key:
        return RedirectResponse(author_address(found.entry.author.key), status_code=301)
    address = author_address(key)
    made = site.press.page(request, "author.html", author=found, address=address)
    return site.press.keep(request, made, *revision)


ROUTES = [Route("/a/{key}", author)]
