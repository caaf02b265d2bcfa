"""`/2026-11-20`, `/2026/W47`, `/2026-11`, `/2026`: the papers of a day, week, month or year."""

from starlette.requests import Request

from broadsheet.model.errors import NotFoundError, QueryError
from broadsheet.model.period import Kind, Period, parse_period
from broadsheet.services.fields import category_name
from broadsheet.services.paging import Edition
from broadsheet.web.addresses import edition_address
from broadsheet.web.dateline import period_line, silence_line
from broadsheet.web.listed import listed
from broadsheet.web.listing import Listing, Shown
from broadsheet.web.personal import never_of
from broadsheet.web.site import page_number, site_of

_WIDER: dict[Kind, tuple[Kind, ...]] = {
    "day": ("week", "month", "year"),
    "week": ("month", "year"),
    "month": ("year",),
    "year": (),
}


def edition(request: Request) -> Shown:
    """All papers of a period, fifty to a page."""
    return edition_page(request, request.path_params["period"])


def week(request: Request) -> Shown:
    """The same for a week, whose address has a slash."""
    year, number = request.path_params["year"], request.path_params["week"]
    return edition_page(request, f"{year}/{number}")


def edition_page(request: Request, written: str, *, category: str = "", author: str = "") -> Shown:
    """Return the page of a period's edition: of all papers, a category or an author."""
    period, page = _period(written), page_number(request)
    found = site_of(request).reading.edition(
        period, category=category, author=author, page=page, not_in=never_of(request)
    )
    within = category_name(found.category) if found.category else ""
    if found.author:
        within = found.author.name
    values = {
        "edition": found,
        "wider": wider(period),
        "within": within,
        "marked": found.layout.papers,
    }
    return Shown(
        listing=_listing(found, period, within),
        template="edition.html",
        values=lambda: values,
        first=found.shown.first,
    )


def wider(period: Period) -> tuple[Kind, ...]:
    """Return the kinds of edition that a period lies within."""
    return _WIDER[period.kind]


def _listing(found: Edition, period: Period, within: str) -> Listing:
    heading = period_line(period)
    said = [f"Papers of {heading}{f', {within}' if within else ''}: {found.total:,}."]
    said += [silence_line(found.silence)] if found.silence else []
    return Listing(
        address=edition_address(period, found.category, found.author.key if found.author else ""),
        title=", ".join(part for part in (within, heading) if part),
        description=" ".join(said),
        papers=found.shown.papers,
        page=found.shown.page,
        n_pages=found.shown.n_pages,
        total=found.total,
        notices=found.notices,
    )


def _period(written: str) -> Period:
    try:
        return parse_period(written)
    except QueryError as e:
        raise NotFoundError(str(e)) from e


ROUTES = [*listed("/{period}", edition), *listed("/{year}/{week}", week)]
