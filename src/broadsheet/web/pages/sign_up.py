"""`/sign-up`: a new reader, by invitation or for everyone."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import InvalidValueError, NotAllowedError
from broadsheet.services.passwords import SHORTEST
from broadsheet.web.entrance import let_in
from broadsheet.web.forms import Form, posted
from broadsheet.web.next_page import local_path
from broadsheet.web.site import given, site_of
from broadsheet.web.visitor import origin_of_request, visitor_of


def sign_up(request: Request) -> Response:
    """The form, or who to ask for an invitation."""
    asked = given(request)
    site_of(request).services.accounts.refuse_in_single()
    invitation = "".join(asked.get("invitation", [])[:1])
    if visitor_of(request) is not None and not invitation:
        return RedirectResponse("/account", status_code=303)
    then = local_path("".join(asked.get("next", ["/"])[:1]))
    return _form(request, invitation=invitation, then=then)


@posted
def signed_up(request: Request, form: Form) -> Response:
    """Make a reader and let the browser in, or show the form with a sentence."""
    services, invitation, kept = site_of(request).services, "", {"name": "", "email": ""}
    then = local_path(form.text("next", most=2_000))
    try:
        invitation = form.text("invitation")
        kept["name"], kept["email"] = form.text("name"), form.text("email")
        reader = services.accounts.sign_up(
            name=kept["name"],
            password=form.text("password", most=2_000),
            email=kept["email"],
            invitation=invitation,
            client=origin_of_request(request).client,
        )
    except (InvalidValueError, NotAllowedError) as e:
        status = 403 if isinstance(e, NotAllowedError) else 422
        return _form(
            request, invitation=invitation, then=then, trouble=str(e), status=status, **kept
        )
    if kept["email"]:
        services.profile.propose_address(reader, kept["email"])
    return let_in(request, RedirectResponse(then, status_code=303), reader)


def _form(
    request: Request,
    *,
    invitation: str,
    then: str,
    name: str = "",
    email: str = "",
    trouble: str = "",
    status: int = 200,
) -> Response:
    services = site_of(request).services
    accounts = services.accounts
    needed = accounts.needs_invitation()
    return site_of(request).press.page(
        request,
        "sign_up.html",
        status=status,
        keep=False,
        invitation=invitation,
        closed=needed and not accounts.is_invitation(invitation),
        outside=services.outside.name,
        is_new=accounts.is_new(),
        shortest=SHORTEST,
        then=then,
        name=name,
        email=email,
        trouble=trouble,
    )


ROUTES = [
    Route("/sign-up", sign_up, methods=["GET"]),
    Route("/sign-up", signed_up, methods=["POST"]),
]
