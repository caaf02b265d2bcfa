"""`/2026-11-20`, `/2026/W47`, `/2026-11`, `/2026`: the papers of a day, week, month or year."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import NotFoundError, QueryError
from broadsheet.model.period import Kind, Period, parse_period
from broadsheet.web.addresses import edition_address
from broadsheet.web.personal import never_of
from broadsheet.web.site import kept_until_change, page_number, site_of

_WIDER: dict[Kind, tuple[Kind, ...]] = {
    "day": ("week", "month", "year"),
    "week": ("month", "year"),
    "month": ("year",),
    "year": (),
}


def edition(request: Request) -> Response:
    """All papers of a period, fifty to a page."""
    return edition_page(request, request.path_params["period"], category="")


def week(request: Request) -> Response:
    """The same for a week, whose address has a slash."""
    year, number = request.path_params["year"], request.path_params["week"]
    return edition_page(request, f"{year}/{number}", category="")


@kept_until_change
def edition_page(request: Request, written: str, *, category: str) -> Response:
    """Return the page of a period's edition; another spelling of its address is sent on."""
    site = site_of(request)
    period, page = _period(written), page_number(request)
    found = site.reading.edition(period, category=category, page=page, not_in=never_of(request))
    address = edition_address(period, found.category)
    if page == 1 and request.url.path != address and not request.url.query:
        return RedirectResponse(address, status_code=301)
    return site.press.page(
        request,
        "edition.html",
        papers=found.layout.papers,
        first=found.shown.first,
        edition=found,
        address=address,
        wider=wider(period),
    )


def wider(period: Period) -> tuple[Kind, ...]:
    """Return the kinds of edition that a period lies within."""
    return _WIDER[period.kind]


def _period(written: str) -> Period:
    try:
        return parse_period(written)
    except QueryError as e:
        raise NotFoundError(str(e)) from e


ROUTES = [Route("/{period}", edition), Route("/{year}/{week}", week)]
