"""`POST /account/…`: each form of the account page."""

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import InvalidValueError, NotAllowedError
from broadsheet.services.bundle import Services
from broadsheet.web.entrance import let_out
from broadsheet.web.forms import Form, posted
from broadsheet.web.pages.account import account_page
from broadsheet.web.site import site_of
from broadsheet.web.visitor import admin_of, origin_of_request, reader_of, session_of

_Change = Callable[[Request, Form, Services], Response]


def _change(part: str) -> Callable[[_Change], Callable[[Request], Awaitable[Response]]]:
    """Let what is wrong with a form be said in its part of the page."""

    def wrapped(change: _Change) -> Callable[[Request], Awaitable[Response]]:
        @wraps(change)
        def answer(request: Request, form: Form) -> Response:
            reader_of(request)
            try:
                return change(request, form, site_of(request).services)
            except (InvalidValueError, NotAllowedError) as e:
                status = 403 if isinstance(e, NotAllowedError) else 422
                return account_page(request, trouble=(part, str(e)), status=status)

        return posted(answer)

    return wrapped


@_change("name")
def rename(request: Request, form: Form, services: Services) -> Response:
    """Another name."""
    services.profile.rename(reader_of(request), form.text("name"))
    return _done("name")


@_change("address")
def set_address(request: Request, form: Form, services: Services) -> Response:
    """A mail address, or none."""
    text = form.text("email")
    sent = services.profile.propose_address(reader_of(request), text)
    return _done("letter" if sent else "address" if text.strip() else "no-address")


@_change("zone")
def set_zone(request: Request, form: Form, services: Services) -> Response:
    """Another time zone."""
    services.profile.set_zone(reader_of(request), form.text("zone"))
    return _done("zone")


@_change("password")
def change_password(request: Request, form: Form, services: Services) -> Response:
    """Another password."""
    services.profile.change_password(
        reader_of(request),
        old=form.text("old", most=2_000),
        new=form.text("new", most=2_000),
        session=session_of(request),
    )
    return _done("password", part="password")


@_change("sessions")
def end_session(request: Request, form: Form, services: Services) -> Response:
    """End one session, this one too."""
    reader, id = reader_of(request), form.text("id")
    current = services.sessions.current(session_of(request))
    services.sessions.end_by_id(reader, id)
    if current is not None and current.id == id:
        return let_out(request, RedirectResponse("/", status_code=303))
    return _done("session", part="sessions")


@_change("sessions")
def end_others(request: Request, form: Form, services: Services) -> Response:
    """End all sessions but this one."""
    services.sessions.end_others(reader_of(request), session_of(request))
    return _done("sessions", part="sessions")


@_change("passkeys")
def remove_passkey(request: Request, form: Form, services: Services) -> Response:
    """Forget a device."""
    services.passkeys.remove(reader_of(request), form.text("id", most=2_000))
    return _done("no-passkey", part="passkeys")


@_change("tokens")
def make_token(request: Request, form: Form, services: Services) -> Response:
    """A new token, shown on the page that answers and never again."""
    token = services.tokens.make(
        reader_of(request),
        name=form.text("name"),
        scopes=form.many("scope"),
        days=form.number("days"),
    )
    return account_page(request, token=token)


@_change("tokens")
def revoke_token(request: Request, form: Form, services: Services) -> Response:
    """Take a token back."""
    services.tokens.revoke(reader_of(request), form.text("id"))
    return _done("no-token", part="tokens")


@_change("invitations")
def invite(request: Request, form: Form, services: Services) -> Response:
    """A new invitation, whose address is shown on the page that answers and never again."""
    secret = services.readership.invite(admin_of(request), note=form.text("note"))
    asked = urlencode({"invitation": secret})
    base = origin_of_request(request).base
    return account_page(request, invitation=f"{base}/sign-up?{asked}")


@_change("invitations")
def withdraw(request: Request, form: Form, services: Services) -> Response:
    """Take an invitation back."""
    admin_of(request)
    services.readership.withdraw(form.text("id"))
    return _done("no-invitation", part="invitations")


@_change("leave")
def leave(request: Request, form: Form, services: Services) -> Response:
    """Forget a reader and everything of theirs."""
    reader = reader_of(request)
    password, name = form.text("password", most=2_000), form.text("name")
    services.profile.leave(reader, password=password, name=name)
    return let_out(request, RedirectResponse("/", status_code=303))


def _done(what: str, *, part: str = "main") -> Response:
    return RedirectResponse(f"/account?done={what}#{part}", status_code=303)


_CHANGES = {
    "name": rename,
    "address": set_address,
    "zone": set_zone,
    "password": change_password,
    "sessions/end": end_session,
    "sessions/end-others": end_others,
    "passkeys/remove": remove_passkey,
    "tokens": make_token,
    "tokens/revoke": revoke_token,
    "invitations": invite,
    "invitations/withdraw": withdraw,
    "leave": leave,
}
ROUTES = [Route(f"/account/{path}", page, methods=["POST"]) for path, page in _CHANGES.items()]
