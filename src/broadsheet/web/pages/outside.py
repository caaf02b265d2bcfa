"""`/sign-in/outside`: to a provider that vouches, and back from it."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import NotAllowedError
from broadsheet.web.entrance import let_in
from broadsheet.web.next_page import local_path
from broadsheet.web.site import given, site_of
from broadsheet.web.visitor import origin_of_request, visitor_of

_BACK = "/sign-in/outside/back"
_COOKIE = "broadsheet-outside"
_LASTS_S = 600
_LONGEST = 4_000


def go(request: Request) -> Response:
    """Send the browser to the provider.

    By a link and not by a form: what a form is answered with may lead to this site alone.
    """
    services = site_of(request).services
    services.accounts.refuse_in_single()
    origin = origin_of_request(request)
    address, cookie = services.outside.begin(
        back=f"{origin.base}{_BACK}",
        then=local_path(_one(request, "next") or "/"),
        invitation=_one(request, "invitation"),
        reader=visitor_of(request),
    )
    response = RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        _name(secure=origin.is_secure),
        cookie,
        max_age=_LASTS_S,
        path="/",
        secure=origin.is_secure,
        httponly=True,
        samesite="lax",
    )
    return response


def back(request: Request) -> Response:
    """Let in who comes back with a code."""
    services = site_of(request).services
    services.accounts.refuse_in_single()
    origin = origin_of_request(request)
    name = _name(secure=origin.is_secure)
    if _one(request, "error"):
        raise NotAllowedError(f"{services.outside.name} did not vouch for you; begin anew.")
    visitor = visitor_of(request)
    came = services.outside.finish(
        cookie=request.cookies.get(name, ""),
        state=_one(request, "state"),
        code=_one(request, "code"),
        back=f"{origin.base}{_BACK}",
        reader=visitor,
        client=origin.client,
    )
    response: Response = RedirectResponse(came.then, status_code=303)
    if visitor is None or visitor.key != came.reader.key:
        response = let_in(request, response, came.reader)
    response.delete_cookie(name, path="/", secure=origin.is_secure, httponly=True, samesite="lax")
    return response


def _one(request: Request, name: str) -> str:
    return "".join(given(request).get(name, [])[:1])[:_LONGEST]


def _name(*, secure: bool) -> str:
    return f"__Host-{_COOKIE}" if secure else _COOKIE


ROUTES = [Route("/sign-in/outside", go), Route(_BACK, back)]
