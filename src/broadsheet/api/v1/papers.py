"""`/api/v1/papers/{id}`: one paper, and those nearest to it. Ids may hold a slash."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from broadsheet.api.v1.shapes import HitShape, PaperShape, answer
from broadsheet.services.reading import ReadingService
from broadsheet.services.search import SearchService

_Id = Annotated[str, Path(description="Its id, arXiv id in any form, or DOI; slashes stay.")]


def routes(reading: ReadingService, search: SearchService) -> APIRouter:
    """Return the resource's routes."""
    router = APIRouter(tags=["papers"])

    @router.get(
        "/papers/{id:path}/similar",
        response_model=list[HitShape],
        summary="Papers nearest in meaning",
    )
    def get_similar(
        id: _Id, k: Annotated[int, Query(ge=1, le=100, description="How many.")] = 10
    ) -> Response:
        """The k nearest papers, the paper itself left out."""
        return answer([HitShape.of(hit) for hit in search.similar(reading.paper(id), k=k)])

    @router.get("/papers/{id:path}", response_model=PaperShape, summary="One paper")
    def get_paper(id: _Id) -> Response:
        """A paper by its id, its arXiv id in any form, or its DOI."""
        return answer(PaperShape.of(reading.paper(id)))

    return router
