"""`/healthz` and `/readyz`: what supervisors and load balancers ask."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from broadsheet.services.operations import OperationsService

_FRESH = {"Cache-Control": "no-store"}


class HealthShape(BaseModel):
    """How it is."""

    status: str


class ReadyShape(BaseModel):
    """Whether requests are answered as they should be, and if not, why."""

    ready: bool
    reasons: list[str] = Field(description="Sentences that begin with what is off.")


def routes(operations: OperationsService) -> APIRouter:
    """Return both routes."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", response_model=HealthShape, summary="Does the process answer")
    async def get_health() -> Response:
        """Always 200 while the process answers; nothing else is looked at."""
        return JSONResponse({"status": "ok"}, headers=_FRESH)

    @router.get(
        "/readyz",
        response_model=ReadyShape,
        summary="Can it serve",
        responses={503: {"model": ReadyShape, "description": "It cannot; the reasons say why."}},
    )
    def get_ready() -> Response:
        """200 when database, schema and indexes are as they should be, else 503 with reasons."""
        reasons = operations.unready()
        return JSONResponse(
            {"ready": not reasons, "reasons": reasons},
            status_code=503 if reasons else 200,
            headers=_FRESH,
        )

    return router
