"""What `passkeys.js` asks for: options for a device, and what becomes of the device's answer."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import BroadsheetError, InvalidValueError
from broadsheet.services.passkeys import Party
from broadsheet.web.entrance import let_in
from broadsheet.web.errors import error_json
from broadsheet.web.forms import posted_json
from broadsheet.web.next_page import local_path
from broadsheet.web.site import site_of
from broadsheet.web.visitor import origin_of_request, reader_of

_Said = dict[str, Any]
_Page = Callable[[Request, _Said], Response]


def _for_script(page: _Page) -> _Page:
    """Let a script be told what is wrong, in the words of the service."""

    @wraps(page)
    def answer(request: Request, said: _Said) -> Response:
        try:
            return page(request, said)
        except BroadsheetError as e:
            return error_json(e)

    return answer


@posted_json
@_for_script
def offer(request: Request, said: _Said) -> Response:
    """Options for a new passkey of who asks."""
    reader = reader_of(request)
    return _answer(site_of(request).services.passkeys.offer(reader, _party(request)))


@posted_json
@_for_script
def register(request: Request, said: _Said) -> Response:
    """Keep a new passkey of who asks."""
    site_of(request).services.passkeys.register(
        reader_of(request),
        _party(request),
        state=_text(said, "state"),
        credential=_credential(said),
        name=_text(said, "name"),
    )
    return _answer({"next": "/account?done=passkey#passkeys"})


@posted_json
@_for_script
def ask(request: Request, said: _Said) -> Response:
    """Options for signing in with any passkey that this paper knows."""
    site_of(request).services.accounts.refuse_in_single()
    return _answer(site_of(request).services.passkeys.ask(_party(request)))


@posted_json
@_for_script
def signed_in(request: Request, said: _Said) -> Response:
    """Let the browser in."""
    reader = site_of(request).services.passkeys.sign_in(
        _party(request),
        state=_text(said, "state"),
        credential=_credential(said),
        client=origin_of_request(request).client,
    )
    return let_in(request, _answer({"next": local_path(_text(said, "next"))}), reader)


def _party(request: Request) -> Party:
    origin = origin_of_request(request)
    if not origin.has_name:
        raise InvalidValueError("Passkeys need a host with a name, as localhost, not a number.")
    return Party(id=origin.host, origin=origin.base)


def _text(said: _Said, name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str):
        raise InvalidValueError(f"{name!r} must be a text.")
    return value


def _credential(said: _Said) -> _Said:
    value = said.get("credential")
    if not isinstance(value, dict):
        raise InvalidValueError("'credential' must be an object.")
    return value


def _answer(said: _Said) -> Response:
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


ROUTES = [
    Route("/account/passkeys/offer", offer, methods=["POST"]),
    Route("/account/passkeys", register, methods=["POST"]),
    Route("/sign-in/passkey/ask", ask, methods=["POST"]),
    Route("/sign-in/passkey", signed_in, methods=["POST"]),
]
