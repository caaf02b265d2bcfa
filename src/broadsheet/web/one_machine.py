"""Where nobody signs in, nobody from elsewhere is let in.

A page elsewhere can let its own name stand for 127.0.0.1 (DNS rebinding) and would then be one of
ours to the browser; the `Host` that it sends gives it away. A server in front of us that listens
for others, or one that was told to listen to all, is given away by the other end of the connection.
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from broadsheet.services.origin import is_loopback

_REFUSAL = (
    "This paper has one reader and answers on its own machine alone, as http://127.0.0.1 or "
    "http://localhost. To let others in, set accounts to invited or open.\n"
)


class OneMachine:
    """Refuses requests that are not for a name of this machine, or do not come from it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the wrapped application, or 421."""
        if scope["type"] != "http" or self._passes(scope):
            await self.app(scope, receive, send)
            return
        await PlainTextResponse(_REFUSAL, status_code=421)(scope, receive, send)

    def _passes(self, scope: Scope) -> bool:
        peer = (scope.get("client") or ("",))[0]
        if _is_number(peer) and not is_loopback(peer):
            return False
        hosts = Headers(scope=scope).getlist("host")
        return len(hosts) == 1 and is_loopback(_name(hosts[0]))


def _is_number(peer: str) -> bool:
    """Whether it is an address; a connection over a file of this machine has none."""
    try:
        ipaddress.ip_address(peer)
    except ValueError:
        return False
    return True


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
