"""`/days` and `/days/{year}`: the calendar of editions."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.web.site import nothing_else, site_of


def days(request: Request) -> Response:
    """The days, weeks and months of a year that have papers."""
    site = site_of(request)
    nothing_else(request)
    revision = site.reading.revision()
    known = site.press.known(request, *revision)
    if known is not None:
        return known
    year: int | None = request.path_params.get("year")
    made = site.press.page(request, "days.html", calendar=site.reading.calendar(year))
    return site.press.keep(request, made, *revision)


ROUTES = [Route("/days", days), Route("/days/{year:int}", days)]
