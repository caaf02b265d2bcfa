"""`/account`: who you are, how you come in, what programs of yours may do, what is kept of you."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from broadsheet.model.credentials import SCOPES
from broadsheet.model.errors import QueryError
from broadsheet.model.zones import zones_to_choose
from broadsheet.services.passwords import SHORTEST
from broadsheet.services.tokens import LASTS_DAYS
from broadsheet.web.site import given, site_of
from broadsheet.web.visitor import origin_of_request, reader_of, session_of

_DONE = {
    "name": "Your name is changed.",
    "address": "Your mail address is kept. It is not confirmed: this paper sends no mail yet.",
    "letter": "A letter is on its way to that address. Follow the link in it to confirm that it "
    "is yours.",
    "no-address": "Your mail address is forgotten.",
    "zone": "Your time zone is changed.",
    "password": "Your password is changed, and your other sessions have ended.",
    "session": "That session has ended.",
    "sessions": "All your other sessions have ended.",
    "passkey": "The passkey is kept. You can sign in with it from now on.",
    "no-passkey": "The passkey opens nothing any more.",
    "no-token": "The token opens nothing any more.",
    "no-invitation": "The invitation is withdrawn.",
}


def account(request: Request) -> Response:
    """The page, with a word on what has just been done."""
    for name in given(request):
        if name != "done":
            raise QueryError(f"This page takes no {name[:40]!r}.")
    return account_page(request, done=_DONE.get(request.query_params.get("done", ""), ""))


def account_page(
    request: Request,
    *,
    done: str = "",
    trouble: tuple[str, str] = ("", ""),
    token: str = "",
    invitation: str = "",
    status: int = 200,
) -> Response:
    """Return the account page of who asks.

    Args:
        trouble: the part of the page in which something is wrong, and the sentence.
        token: a token that has just been made, shown this once.
        invitation: the address of an invitation that has just been made, the same.
    """
    reader, site, origin = reader_of(request), site_of(request), origin_of_request(request)
    services = site.services
    return site.press.page(
        request,
        "account.html",
        status=status,
        keep=False,
        reader=reader,
        done=done,
        trouble=dict([trouble]),
        has_password=services.profile.has_password(reader),
        shortest=SHORTEST,
        zones=zones_to_choose(),
        outside=services.outside.name,
        is_known_outside=bool(services.outside.name) and services.outside.is_known(reader),
        has_name=origin.has_name,
        passkeys=services.passkeys.of(reader),
        sessions=services.sessions.of(reader),
        current=services.sessions.current(session_of(request)),
        tokens=services.tokens.of(reader),
        token=token,
        scopes=[scope for scope in SCOPES if scope != "admin" or reader.is_admin],
        days=LASTS_DAYS,
        invitations=services.readership.open_invitations() if reader.is_admin else [],
        invitation=invitation,
    )


def data(request: Request) -> Response:
    """All that is kept of who asks, as a file."""
    reader = reader_of(request)
    headers = {
        "Content-Disposition": 'attachment; filename="broadsheet-account.json"',
        "Cache-Control": "no-store",
    }
    return JSONResponse(site_of(request).services.profile.everything(reader), headers=headers)


ROUTES = [
    Route("/account", account, methods=["GET"]),
    Route("/account/data", data, methods=["GET"]),
]
