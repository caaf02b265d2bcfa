"""`/new-password` and `/account/address/confirm`: where the links of letters and commands lead.

What a link does is done by the button behind it: mail programs follow links by themselves.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import InvalidValueError
from broadsheet.services.passwords import SHORTEST
from broadsheet.web.forms import Form, posted
from broadsheet.web.site import given, site_of


def new_password(request: Request) -> Response:
    """The form for a new password."""
    return _password_form(request, _token(request))


@posted
def set_password(request: Request, form: Form) -> Response:
    """Set it, end all sessions, and let its reader sign in with it."""
    token = form.text("token", most=4_000)
    try:
        site_of(request).services.profile.reset(token, form.text("password", most=2_000))
    except InvalidValueError as e:
        return _password_form(request, token, trouble=str(e), status=422)
    return RedirectResponse("/sign-in?done=password", status_code=303)


def address(request: Request) -> Response:
    """The question whether an address is a reader's."""
    return _address_form(request, _token(request))


@posted
def confirm_address(request: Request, form: Form) -> Response:
    """Keep that it is."""
    token = form.text("token", most=4_000)
    site_of(request).services.profile.confirm_address(token)
    return _address_form(request, token, done=True)


def _token(request: Request) -> str:
    return "".join(given(request).get("token", [])[:1])


def _password_form(
    request: Request, token: str, *, trouble: str = "", status: int = 200
) -> Response:
    site = site_of(request)
    return site.press.page(
        request,
        "new_password.html",
        status=status,
        keep=False,
        reader=site.services.profile.reader_to_reset(token),
        token=token,
        shortest=SHORTEST,
        trouble=trouble,
    )


def _address_form(request: Request, token: str, *, done: bool = False) -> Response:
    site = site_of(request)
    reader, proposed = site.services.profile.address_of(token)
    return site.press.page(
        request,
        "address.html",
        keep=False,
        reader=reader,
        address=proposed,
        token=token,
        done=done,
    )


ROUTES = [
    Route("/new-password", new_password, methods=["GET"]),
    Route("/new-password", set_password, methods=["POST"]),
    Route("/account/address/confirm", address, methods=["GET"]),
    Route("/account/address/confirm", confirm_address, methods=["POST"]),
]
