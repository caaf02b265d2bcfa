"""`/2026-11-20`, `/2026/W47`, `/2026-11`, `/2026`: the papers of a day, week, month or year."""

from dataclasses import dataclass

from starlette.requests import Request

from broadsheet.model.errors import NotFoundError, QueryError
from broadsheet.model.period import Kind, Period, parse_period
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """What an edition is narrowed to.

    Args:
        name: as it is shown; empty for all papers.
        address: of its own page.
        said: the same in a sentence, after "No paper here is dated today".
    """

    name: str = ""
    address: str = ""
    said: str = ""


def edition(request: Request) -> Shown:
    """All papers of a period, fifty to a page."""
    return _of_all(request, request.path_params["period"])


def week(request: Request) -> Shown:
    """The same for a week, whose address has a slash."""
    year, number = request.path_params["year"], request.path_params["week"]
    return _of_all(request, f"{year}/{number}")


def _of_all(request: Request, written: str) -> Shown:
    return edition_page(
        site_of(request).reading.edition(
            period_named(written), page=page_number(request), not_in=never_of(request)
        )
    )


def edition_page(found: Edition, within: Within | None = None) -> Shown:
    """Return the page of an edition: of all papers, or of those within something."""
    assert found.period is not None  # noqa: S101 (only the front page may have none)
    of = within or Within()
    values = {
        "edition": found,
        "wider": wider(found.period),
        "within": of,
        "marked": found.layout.papers,
    }
    return Shown(
        listing=_listing(found, found.period, of),
        template="edition.html",
        values=lambda: values,
        first=found.shown.first,
    )


def wider(period: Period) -> tuple[Kind, ...]:
    """Return the kinds of edition that a period lies within."""
    return _WIDER[period.kind]


def period_named(written: str) -> Period:
    """Return the period of an address.

    Raises:
        NotFoundError: it is none.
    """
    try:
        return parse_period(written)
    except QueryError as e:
        raise NotFoundError(str(e)) from e


def _listing(found: Edition, period: Period, within: Within) -> Listing:
    heading = period_line(period)
    of = f", {within.name}" if within.name else ""
    said = [f"Papers of {heading}{of}: {found.total:,}.", found.note]
    said += [silence_line(found.silence)] if found.silence else []
    return Listing(
        address=edition_address(period, within.address),
        title=", ".join(part for part in (within.name, heading) if part),
        description=" ".join(part for part in said if part),
        papers=found.shown.papers,
        page=found.shown.page,
        n_pages=found.shown.n_pages,
        total=found.total,
        notices=found.notices,
    )


ROUTES = [*listed("/{period}", edition), *listed("/{year}/{week}", week)]
