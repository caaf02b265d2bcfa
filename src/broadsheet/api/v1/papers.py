"""`/api/v1/papers/{id}`: one paper, and those nearest to it. Ids may hold a slash."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from broadsheet.api.v1.shapes import HitShape, PaperShape, answer
from broadsheet.api.who import Who
from broadsheet.model.readers import Reader
from broadsheet.services.marks import MarkService
from broadsheet.services.reading import ReadingService
from broadsheet.services.search import SearchService

_Id = Annotated[str, Path(description="Its id, arXiv id in any form, or DOI; slashes stay.")]


def routes(
    who: Who, reading: ReadingService, search: SearchService, marks: MarkService
) -> APIRouter:
    """Return the resource's routes."""
    router = APIRouter(tags=["papers"])
    Visiting = Annotated[Reader | None, Depends(who.visitor)]

    @router.get(
        "/papers/{id:path}/similar",
        response_model=list[HitShape],
        summary="Papers nearest in meaning",
    )
    def get_similar(
        visitor: Visiting,
        id: _Id,
        k: Annotated[int, Query(ge=1, le=100, description="How many.")] = 10,
    ) -> Response:
        """The k nearest papers, the paper itself left out."""
        near = search.similar(reading.paper(id), k=k, not_in=marks.never(visitor))
        return answer([HitShape.of(hit) for hit in near])

    @router.get("/papers/{id:path}", response_model=PaperShape, summary="One paper")
    def get_paper(id: _Id) -> Response:
        """A paper by its id, its arXiv id in any form, or its DOI."""
        return answer(PaperShape.of(reading.paper(id)))

    return router
