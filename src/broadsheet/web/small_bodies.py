"""What is sent to us is small: forms, and what the API takes."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broadsheet.web.refusal import refusal

FORM_BYTES = 256 * 1024
"""The longest note takes 180 kB of it, where each sign of it is nine bytes."""

API_BYTES = 1024 * 1024
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SmallBodies:
    """Reads what a request carries before anything else looks at it, up to a bound.

    Args:
        api_path: beginning of the paths that may be sent more than a form holds.
    """

    def __init__(self, app: ASGIApp, *, api_path: str = "/api/") -> None:
        self.app = app
        self.api_path = api_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the wrapped application, or 413."""
        if scope["type"] != "http" or scope["method"] in _SAFE:
            await self.app(scope, receive, send)
            return
        most = API_BYTES if scope["path"].startswith(self.api_path) else FORM_BYTES
        body = await _read(receive, most)
        if body is None:
            sentence = f"More than {most // 1024} kB were sent; this takes no more."
            await refusal(scope, sentence, status=413)(scope, receive, send)
            return
        await self.app(scope, _again(body, receive), send)


async def _read(receive: Receive, most: int) -> bytes | None:
    """Return the body; None where it is longer than that, or breaks off."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give
