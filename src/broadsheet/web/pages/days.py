"""`/days` and `/days/{year}`: the calendar of editions."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.model.period import parse_period
from broadsheet.web.site import kept_until_change, nothing_else, site_of


@kept_until_change
def days(request: Request) -> Response:
    """The days, weeks and months of a year that have papers."""
    site = site_of(request)
    nothing_else(request)
    year = _year(request.path_params.get("year"))
    return site.press.page(request, "days.html", calendar=site.reading.calendar(year))


def _year(text: str | None) -> int | None:
    return None if text is None else parse_period(text).first.year


ROUTES = [Route("/days", days), Route("/days/{year}", days)]
