"""`/api/v1/trending`: what readers and sources lift, each paper with the terms of its score."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from broadsheet.api.resource import resource
from broadsheet.api.v1.shapes import TrendingShape, answer
from broadsheet.model.query import MAX_PAGE, MAX_PER_PAGE, PER_PAGE
from broadsheet.model.trend_settings import FORMULAS
from broadsheet.services.trend_ranking import Window
from broadsheet.services.trending import TrendingService


def routes(trending: TrendingService) -> APIRouter:
    """Return the resource's routes."""
    router = resource("trending")

    @router.get("/trending", response_model=TrendingShape, summary="What trends")
    def get_trending(
        category: Annotated[str, Query(description="Category; `cs` takes all of `cs.*`.")] = "",
        window: Annotated[
            Window, Query(description="Papers of the last 1, 5 or 21 announcements, or all.")
        ] = "all",
        formula: Annotated[
            str, Query(description=f"In place of the one in force: {', '.join(FORMULAS)}.")
        ] = "",
        page: Annotated[int, Query(ge=1, le=MAX_PAGE, description="From 1.")] = 1,
        per_page: Annotated[int, Query(ge=1, le=MAX_PER_PAGE, description="Papers.")] = PER_PAGE,
    ) -> Response:
        """Papers by how far they are above what is normal for their field, best first."""
        found = trending.page(
            category=category, window=window, formula=formula, page=page, per_page=per_page
        )
        return answer(TrendingShape.of(found))

    return router
