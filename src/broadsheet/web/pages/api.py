"""`/api`: the programs' interface, described from the same OpenAPI document that they read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.web.site import nothing_else, site_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked, and the names of what it takes with their meanings."""

    method: str
    path: str
    title: str
    text: str
    parameters: tuple[tuple[str, str, str], ...]


def api(request: Request) -> Response:
    """A page of all operations with their parameters."""
    site = site_of(request)
    nothing_else(request)
    return site.press.page(request, "api.html", operations=tuple(_operations(site.describe())))


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document.get("paths", {}).items():
        for method, said in methods.items():
            yield Operation(
                method=method.upper(),
                path=path,
                title=said["summary"],
                text=said["description"].replace("`", ""),
                parameters=tuple(
                    (p["name"], _kind(p["schema"]), p.get("description", "").replace("`", ""))
                    for p in said.get("parameters", ())
                ),
            )


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if "anyOf" in schema:
        return _kind(schema["anyOf"][0])
    if schema.get("type") == "array":
        return "may be repeated"
    if "maximum" in schema:
        return f"{schema.get('minimum', 0)} to {schema['maximum']:,}"
    return {"string": "text", "integer": "number"}.get(schema.get("type", ""), "")


def usual_address(request: Request) -> Response:
    """Lead from where other services keep it to where it is here."""
    return RedirectResponse(_USUAL[request.url.path])


_USUAL = {
    "/docs": "/api",
    "/api/docs": "/api",
    "/openapi.json": "/api/v1/openapi.json",
    "/api/openapi.json": "/api/v1/openapi.json",
}
ROUTES = [Route("/api", api), *(Route(address, usual_address) for address in _USUAL)]
