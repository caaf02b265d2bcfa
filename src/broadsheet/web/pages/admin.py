"""`/admin`: sources, mail, readers, storage, troubles, what was done; for admins only."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.web.forms import Form, posted
from broadsheet.web.site import nothing_else, site_of
from broadsheet.web.visitor import admin_of


def admin(request: Request) -> Response:
    """How the paper is, in one page."""
    nothing_else(request)
    admin_of(request)
    site = site_of(request)
    return site.press.page(request, "admin.html", keep=False, desk=site.services.desk.state())


def letter(request: Request, form: Form) -> Response:
    """Try a dead letter again."""
    by = admin_of(request)
    site_of(request).services.desk.try_again(by, form.text("key"))
    return RedirectResponse("/admin#mail", status_code=303)


def reader(request: Request, form: Form) -> Response:
    """Change what a reader may."""
    by = admin_of(request)
    desk = site_of(request).services.desk
    desk.change_reader(by, form.text("reader"), do=form.text("do"))
    return RedirectResponse("/admin#readers", status_code=303)


ROUTES = [
    Route("/admin", admin),
    Route("/admin/letter", posted(letter), methods=["POST"]),
    Route("/admin/reader", posted(reader), methods=["POST"]),
]
