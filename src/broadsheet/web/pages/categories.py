"""`/categories`: all categories by field."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.model.library import Count
from broadsheet.services.fields import FIELDS, category_field
from broadsheet.web.site import nothing_else, site_of


def categories(request: Request) -> Response:
    """The categories that have papers, largest first in each field."""
    site = site_of(request)
    nothing_else(request)
    revision = site.reading.revision()
    known = site.press.known(request, *revision)
    if known is not None:
        return known
    by_field: dict[str, list[Count]] = {field: [] for field in FIELDS}
    for count in site.reading.categories():
        by_field[category_field(count.name)].append(count)
    fields = [(field, counts) for field, counts in by_field.items() if counts]
    made = site.press.page(request, "categories.html", fields=fields)
    return site.press.keep(request, made, *revision)


ROUTES = [Route("/categories", categories)]
