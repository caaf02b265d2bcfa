"""Where the API's resources lie, and what any of them may answer."""

from typing import Any

from fastapi import APIRouter

from broadsheet.api.v1.shapes import ErrorShape

PREFIX = "/api/v1"

# Of the model each route would make its own for each status; one of them brings the schema in.
_SAID = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorShape"}}}
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": said,
        **({"model": ErrorShape} if status == 404 else {"content": _SAID}),
    }
    for status, said in {
        400: "What was sent is no JSON.",
        401: "Nobody is signed in, or the token is none.",
        403: "Not for this reader, or this token.",
        404: "No such thing.",
        410: "Its sources have all deleted it.",
        413: "More was sent than this takes.",
        422: "A parameter breaks a rule.",
        429: "Too often; see Retry-After.",
        503: "Busy; ask again.",
    }.items()
}


def resource(tag: str) -> APIRouter:
    """Return a router for one resource; its routes are whole, and are put into the app as such."""
    return APIRouter(prefix=PREFIX, tags=[tag], responses=_ERRORS)
