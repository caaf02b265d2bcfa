"""`/api/v1/events`: what happened to papers, in the order in which it was learned."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from broadsheet.api.resource import resource
from broadsheet.api.v1.shapes import EventShape, EventsShape, answer
from broadsheet.model.events import EVENT_KINDS
from broadsheet.services.reading import ReadingService


def routes(reading: ReadingService) -> APIRouter:
    """Return the resource's routes."""
    router = resource("events")

    @router.get("/events", response_model=EventsShape, summary="What happened to papers")
    def get_events(
        after: Annotated[
            int, Query(ge=0, le=2**62, description="The `last` of the answer before.")
        ] = 0,
        kind: Annotated[list[str] | None, Query(description=", ".join(EVENT_KINDS))] = None,
        paper: Annotated[str | None, Query(description="A paper's id; of it alone.")] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="How many at most.")] = 100,
    ) -> Response:
        """Events learned after one of a number, oldest first; ask again with `after=last`."""
        found = reading.events(after=after, kinds=tuple(kind or ()), paper=paper, limit=limit)
        shapes = [EventShape.of(event) for event in found]
        return answer(EventsShape(last=found[-1].number if found else after, events=shapes))

    return router
