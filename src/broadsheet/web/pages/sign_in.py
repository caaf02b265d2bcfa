"""`/sign-in` and `/sign-out`: by name and password; what a device does is in `passkeys`."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import InvalidValueError
from broadsheet.web.entrance import let_in, let_out
from broadsheet.web.forms import Form, posted
from broadsheet.web.next_page import local_path
from broadsheet.web.site import given, site_of
from broadsheet.web.visitor import origin_of_request, visitor_of


def sign_in(request: Request) -> Response:
    """The form; who is in already is sent on."""
    then = local_path("".join(given(request).get("next", ["/"])[:1]))
    site_of(request).services.accounts.refuse_in_single()
    if visitor_of(request) is not None:
        return RedirectResponse(then, status_code=303)
    return _form(request, then=then)


@posted
def signed_in(request: Request, form: Form) -> Response:
    """Let the browser in, or show the form with a sentence."""
    then, name = local_path(form.text("next", most=2_000)), ""
    try:
        name = form.text("name")
        reader = site_of(request).services.accounts.sign_in(
            name=name,
            password=form.text("password", most=2_000),
            client=origin_of_request(request).client,
        )
    except InvalidValueError as e:
        return _form(request, then=then, name=name, trouble=str(e), status=422)
    return let_in(request, RedirectResponse(then, status_code=303), reader)


@posted
def sign_out(request: Request, form: Form) -> Response:
    """End this browser's session."""
    return let_out(request, RedirectResponse("/", status_code=303))


def _form(
    request: Request, *, then: str, name: str = "", trouble: str = "", status: int = 200
) -> Response:
    return site_of(request).press.page(
        request,
        "sign_in.html",
        status=status,
        keep=False,
        then=then,
        name=name,
        trouble=trouble,
        outside=site_of(request).services.outside.name,
        passkeys=origin_of_request(request).has_name,
        done=request.query_params.get("done") == "password",
    )


ROUTES = [
    Route("/sign-in", sign_in, methods=["GET"]),
    Route("/sign-in", signed_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
]
