"""`/api/v1/papers/{id}`: one paper, and those nearest to it. Ids may hold a slash."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from broadsheet.api.asking import asking_visitor
from broadsheet.api.resource import resource
from broadsheet.api.v1.shapes import HitShape, WholePaperShape, answer
from broadsheet.model.readers import Reader
from broadsheet.services.marks import MarkService
from broadsheet.services.reading import ReadingService
from broadsheet.services.search import SearchService

_Id = Annotated[str, Path(description="Its id, arXiv id in any form, or DOI; slashes stay.")]


def routes(reading: ReadingService, search: SearchService, marks: MarkService) -> APIRouter:
    """Return the resource's routes."""
    router = resource("papers")
    Visiting = Annotated[Reader | None, Depends(asking_visitor)]

    @router.get(
        "/papers/{id:path}/similar",
        response_model=list[HitShape],
        summary="Papers nearest in meaning",
    )
    def get_similar(
        request: Request,
        visitor: Visiting,
        id: _Id,
        k: Annotated[int, Query(ge=1, le=100, description="How many.")] = 10,
    ) -> Response:
        """The k nearest papers, the paper itself left out."""
        paper = reading.paper(id)
        if reading.is_forward(id, paper):
            return _forwarded(request, "get_similar", paper.id)
        return answer(
            [HitShape.of(hit) for hit in search.similar(paper, k=k, not_in=marks.never(visitor))]
        )

    @router.get("/papers/{id:path}", response_model=WholePaperShape, summary="One paper")
    def get_paper(request: Request, id: _Id) -> Response:
        """A paper by its id, its arXiv id in any form, or its DOI.

        The id of a paper that was joined to another leads there (308).
        """
        paper = reading.paper(id)
        if reading.is_forward(id, paper):
            return _forwarded(request, "get_paper", paper.id)
        return answer(WholePaperShape.whole(paper, reading.tallies(paper), search.likely(paper)))

    return router


def _forwarded(request: Request, name: str, id: str) -> Response:
    """Return the answer at the address of a paper that was joined to another."""
    address = request.url.replace(path=request.app.url_path_for(name, id=id))
    # Asked for again each time: who takes the papers apart gives the address back.
    headers = {"Location": quote(f"{address.path}?{address.query}".rstrip("?"), safe="/?=&%")}
    return Response(status_code=308, headers={**headers, "Cache-Control": "no-cache"})
