"""Changes come from this site's own pages, or from programs that show a token.

A browser says where a request began (`Sec-Fetch-Site`, `Origin`), and a page elsewhere cannot
make it say otherwise; so no form needs a secret of its own, and a page can be kept for all.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from broadsheet.web.refusal import refusal

_SENTENCE = "This change did not come from a page of this site. Programs need a token: see /api."
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOrigin:
    """Refuses requests that change something and do not come from this site's own pages.

    Args:
        open_paths: beginnings of paths that anyone may post to, because what they need is in
            the address: one-click unsubscribe (RFC 8058).
    """

    def __init__(self, app: ASGIApp, *, open_paths: tuple[str, ...] = ()) -> None:
        self.app = app
        self.open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the wrapped application, or 403."""
        if scope["type"] != "http" or self._passes(scope):
            await self.app(scope, receive, send)
            return
        await refusal(scope, _SENTENCE, status=403)(scope, receive, send)

    def _passes(self, scope: Scope) -> bool:
        if scope["method"] in _SAFE or scope["path"].startswith(self.open_paths or ("\0",)):
            return True
        headers = Headers(scope=scope)
        if headers.get("authorization", "").lower().startswith("bearer "):
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = headers.get("origin", "")
        return bool(origin) and urlsplit(origin).netloc == headers.get("host", "")
