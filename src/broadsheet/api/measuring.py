"""Counts requests and measures their time, by route, method and status.

Labels are routes as they are written in the code, `/api/v1/papers/{id}`, never addresses: neither
what readers look at nor what they search for is in them, and there are no more than a few hundred.
"""

import os
import time

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COUNTS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder in which worker processes keep their counts together."""

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Requests:
    """What has been counted, of this process or, with COUNTS_FOLDER set, of all workers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "broadsheet_request_duration_seconds",
            "Time to answer requests.",
            ("route", "method", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def gathered(self) -> CollectorRegistry:
        """Return a registry with the counts of all workers."""
        if COUNTS_FOLDER not in os.environ:
            return self.registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return registry


class Measured:
    """Stands around an application and measures what it answers.

    Args:
        prefix: of the API's routes, which FastAPI's own names lack.
    """

    def __init__(self, app: ASGIApp, *, requests: Requests, prefix: str) -> None:
        self.app = app
        self.requests = requests
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the wrapped application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), "500"

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, send_seen)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            seconds = self.requests.seconds.labels(self._route(scope), method, status)
            seconds.observe(time.perf_counter() - began)

    def _route(self, scope: Scope) -> str:
        """Return the route that answered, as it is written; the routers leave it in the scope."""
        path = str(getattr(scope.get("route"), "path", "")) or "none"
        if scope["path"].startswith(f"{self.prefix}/") and not path.startswith(self.prefix):
            return self.prefix + path
        return path
