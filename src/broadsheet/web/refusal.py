"""What a request is told that gets no further than the door."""

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope


def refusal(scope: Scope, sentence: str, *, status: int) -> Response:
    """Return a sentence as the API says it to who asks the API, and as text to others."""
    if scope["path"].startswith("/api/"):
        return JSONResponse({"error": sentence}, status_code=status)
    return PlainTextResponse(f"{sentence}\n", status_code=status)
