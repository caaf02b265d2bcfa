"""`/api/v1/me`: whose token it is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from broadsheet.api.asking import needs
from broadsheet.api.resource import resource
from broadsheet.api.v1.shapes import MeShape, answer
from broadsheet.model.credentials import Asker


def routes() -> APIRouter:
    """Return the resource's routes."""
    router = resource("readers")

    @router.get("/me", response_model=MeShape, summary="Who asks")
    def get_me(asker: Annotated[Asker, Depends(needs("read"))]) -> Response:
        """The reader whose token or session this is, and its scopes."""
        said = answer(MeShape.of(asker))
        said.headers["Cache-Control"] = "private, no-store"
        return said

    return router
