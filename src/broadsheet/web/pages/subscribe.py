"""`/subscribe`, `/confirm/TOKEN`, `/u/TOKEN`: mail, asked for, confirmed, ended.

What a letter links to changes nothing when it is only looked at: scanners of mail follow links.
"""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.letters import EVERY_DAY, Subscription
from broadsheet.model.zones import zones_to_choose
from broadsheet.services.subscribing import CONFIRM, STOP, SubscribingService, Wish
from broadsheet.web.forms import Form, posted
from broadsheet.web.site import nothing_else, site_of
from broadsheet.web.visitor import visitor_of

ONE_CLICK = "/u/"
_N_CATEGORIES = 40
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def form_page(request: Request) -> Response:
    """The form, with what a reader has chosen before."""
    nothing_else(request)
    return _form(request)


def ask(request: Request, form: Form) -> Response:
    """Ask for mail; the answer is the same whatever is known of the address."""
    site, visitor = site_of(request), visitor_of(request)
    address = form.text("address")
    wish = Wish(
        zone=form.text("zone"),
        weekday=form.number("weekday"),
        hour=form.number("hour"),
        sections=tuple(form.many("section")),
        when_empty=form.ticked("when_empty"),
    )
    service = site.services.subscribing
    made = service.ask(address, wish, reader=visitor)
    if made is not None and made.confirmed:
        return RedirectResponse("/subscribe", status_code=303)
    return site.press.page(request, "subscribe_said.html", address=address)


def end_own(request: Request, form: Form) -> Response:
    """End the reader's own subscription."""
    service, visitor = _service(request), visitor_of(request)
    mine = service.of(visitor) if visitor else None
    if mine is not None:
        service.end(mine)
    return RedirectResponse("/subscribe", status_code=303)


def look_to_confirm(request: Request) -> Response:
    """Ask whether mail is wanted; only the button begins it."""
    return _letter_page(request, _service(request).look(_token(request), CONFIRM), "confirm")


def confirm(request: Request, form: Form) -> Response:
    """Begin."""
    return _letter_page(request, _service(request).confirm(_token(request)), "confirmed")


def look_to_stop(request: Request) -> Response:
    """Ask whether mail is to end; only the button ends it."""
    found = _service(request).look(_token(request), STOP)
    return _letter_page(request, found, "stopped" if found.ended_at else "stop")


async def stop(request: Request) -> Response:
    """End, at once: by the page's button, or by a mail program's one click (RFC 8058)."""
    body = (await request.body())[:200]
    token = _token(request)
    if b"resume=1" in body:
        return _letter_page(request, _service(request).resume(token), "confirmed")
    found = _service(request).stop(token, why="asked")
    if b"List-Unsubscribe=One-Click" in body:
        return PlainTextResponse("Unsubscribed.\n")
    return _letter_page(request, found, "stopped")


def _form(request: Request) -> Response:
    site, visitor = site_of(request), visitor_of(request)
    service = site.services.subscribing
    mine = service.of(visitor) if visitor and service.is_open else None
    shown = mine or Subscription(key=0, id="", address=visitor.email if visitor else "")
    return site.press.page(
        request,
        "subscribe.html",
        is_open=service.is_open,
        subscription=mine,
        shown=shown,
        weekdays=((EVERY_DAY, "Every day"), *enumerate(_WEEKDAYS)),
        categories=site.reading.categories()[:_N_CATEGORIES],
        zones=zones_to_choose(),
    )


def _letter_page(request: Request, found: Subscription, state: str) -> Response:
    response = site_of(request).press.page(
        request, "subscription.html", state=state, shown=found, address=_hidden(found.address)
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _hidden(address: str) -> str:
    """Return enough of an address to know one's own by."""
    local, _, domain = address.partition("@")
    return f"{local[:2]}…@{domain}"


def _token(request: Request) -> str:
    return str(request.path_params["token"])


def _service(request: Request) -> SubscribingService:
    return site_of(request).services.subscribing


ROUTES = [
    Route("/subscribe", form_page),
    Route("/subscribe", posted(ask), methods=["POST"]),
    Route("/subscribe/end", posted(end_own), methods=["POST"]),
    Route("/confirm/{token}", look_to_confirm),
    Route("/confirm/{token}", posted(confirm), methods=["POST"]),
    Route("/u/{token}", look_to_stop),
    Route("/u/{token}", stop, methods=["POST"]),
]
