"""`/api/v1/days/{date}`: what a day, week, month or year brought."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from broadsheet.api.asking import asking_visitor
from broadsheet.api.resource import resource
from broadsheet.api.v1.shapes import DayShape, PaperShape, answer
from broadsheet.model.period import Period, parse_period
from broadsheet.model.readers import Reader
from broadsheet.services.marks import MarkService
from broadsheet.services.reading import ReadingService


def routes(reading: ReadingService, marks: MarkService) -> APIRouter:
    """Return the resource's routes."""
    router = resource("days")
    Visiting = Annotated[Reader | None, Depends(asking_visitor)]

    @router.get("/days/{date}", response_model=DayShape, summary="The papers of a day")
    def get_day(
        visitor: Visiting,
        date: Annotated[str, Path(description="`2026-11-20`, `2026-W47`, `2026-11`, `2026`.")],
        cat: Annotated[str, Query(description="Category; `cs` takes all of `cs.*`.")] = "",
        page: Annotated[int, Query(ge=1, le=100_000, description="From 1.")] = 1,
    ) -> Response:
        """A day (`2026-11-20`), or a week (`2026-W47`), month (`2026-11`) or year (`2026`)."""
        period = parse_period(date)
        never = marks.never(visitor)
        edition = reading.edition(period, category=cat, page=page, not_in=never)
        shape = DayShape(
            period=period.address,
            first=period.first.isoformat(),
            last=period.last.isoformat(),
            previous=_address(edition.previous),
            next=_address(edition.next),
            total=edition.total,
            page=page,
            pages=edition.shown.n_pages,
            papers=[PaperShape.of(paper) for paper in edition.shown.papers],
        )
        return answer(shape)

    return router


def _address(period: Period | None) -> str | None:
    return period.address.replace("/", "-") if period else None
