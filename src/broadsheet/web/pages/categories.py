"""`/categories`: all categories by field."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.model.library import Count
from broadsheet.services.fields import FIELDS, category_field
from broadsheet.web.site import kept_until_change, nothing_else, site_of


@kept_until_change
def categories(request: Request) -> Response:
    """The categories that have papers, largest first in each field."""
    site = site_of(request)
    nothing_else(request)
    by_field: dict[str, list[Count]] = {field: [] for field in FIELDS}
    for count in site.reading.categories():
        by_field[category_field(count.name)].append(count)
    fields = [(field, counts) for field, counts in by_field.items() if counts]
    return site.press.page(request, "categories.html", fields=fields)


ROUTES = [Route("/categories", categories)]
