"""`/healthz` and `/readyz`: what supervisors and load balancers ask."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from broadsheet.api.door import Door
from broadsheet.services.operations import OperationsService

_FRESH = {"Cache-Control": "no-store"}


class HealthShape(BaseModel):
    """How it is."""

    status: str


class ReadyShape(BaseModel):
    """Whether requests are answered as they should be, and if not, why."""

    ready: bool
    reasons: list[str] = Field(description="Sentences that begin with what is off.")


def routes(operations: OperationsService, door: Door) -> APIRouter:
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
    def get_ready(request: Request) -> Response:
        """200 when database, schema and indexes are as they should be, else 503 with reasons.

        Those whom `metrics_from` does not name are told what is off, not how.
        """
        reasons = operations.unready()
        if not door.is_near(request):
            reasons = [reason.partition(":")[0] for reason in reasons]
        return JSONResponse(
            {"ready": not reasons, "reasons": reasons},
            status_code=503 if reasons else 200,
            headers=_FRESH,
        )

    return router
