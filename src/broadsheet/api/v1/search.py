"""`/api/v1/search`: the same parameters as the page `/search`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from broadsheet.api.asking import asking_visitor
from broadsheet.api.resource import resource
from broadsheet.api.v1.shapes import HitShape, SearchShape, answer
from broadsheet.model.query import MAX_PAGE, MAX_PER_PAGE, PER_PAGE, Mode, Sort, parse_query
from broadsheet.model.readers import Reader
from broadsheet.services.marks import MarkService
from broadsheet.services.reading import ReadingService
from broadsheet.services.search import SearchService

_Many = Annotated[list[str] | None, Query()]


def routes(search: SearchService, marks: MarkService, reading: ReadingService) -> APIRouter:
    """Return the resource's routes."""
    router = resource("search")
    Visiting = Annotated[Reader | None, Depends(asking_visitor)]

    @router.get("/search", response_model=SearchShape, summary="Search papers")
    def get_search(
        request: Request,
        visitor: Visiting,
        q: Annotated[str, Query(description="A search, see the guide; empty lists by date.")] = "",
        cat: Annotated[_Many, Query(description="Category; `cs` takes all of `cs.*`.")] = None,
        since: Annotated[str, Query(alias="from", description="First day, month or year.")] = "",
        until: Annotated[str, Query(alias="to", description="Last day, month or year.")] = "",
        author: Annotated[_Many, Query(description="An author's name or key.")] = None,
        venue: Annotated[_Many, Query(description="`NeurIPS` takes `NeurIPS 2023` too.")] = None,
        source: Annotated[_Many, Query(description="Name of a source.")] = None,
        sort: Annotated[Sort, Query(description="`newest` orders the best by date.")] = "relevance",
        mode: Annotated[Mode, Query(description="Which of the two indexes answer.")] = "fused",
        page: Annotated[int, Query(ge=1, le=MAX_PAGE, description="From 1.")] = 1,
        per_page: Annotated[int, Query(ge=1, le=MAX_PER_PAGE, description="Hits.")] = PER_PAGE,
    ) -> Response:
        """Papers by words and by meaning, joined; each hit says why it is there."""
        names = request.query_params.keys()
        given = {name: request.query_params.getlist(name) for name in names}
        found = search.search(
            parse_query(given), not_in=marks.never(visitor), marked=marks.marked(visitor)
        )
        return answer(SearchShape.of(found))

    @router.get("/search/why", response_model=HitShape, summary="Why a search finds a paper")
    def get_why(
        visitor: Visiting,
        paper: Annotated[str, Query(description="A paper's id.")],
        q: Annotated[str, Query(description="The search.")],
        mode: Annotated[Mode, Query(description="Which of the indexes answered.")] = "fused",
    ) -> Response:
        """Every reason with its share and the sentence of the paper that is nearest to it."""
        query = parse_query({"q": [q], "mode": [mode]})
        marked = marks.marked(visitor)
        return answer(HitShape.of(search.why(query, reading.paper(paper), marked=marked)))

    return router
