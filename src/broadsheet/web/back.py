"""The way back to the page on which a form stood."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from broadsheet.web.forms import Form
from broadsheet.web.next_page import local_path
from broadsheet.web.site import DID

_LONGEST = 2_000


def page_of(form: Form) -> str:
    """Return the address of the page of this site on which a form stood (`back`)."""
    return local_path(form.lines("back", most=_LONGEST) or "/")


def back_to(form: Form, *, did: str = "", at: str = "") -> Response:
    """Send the browser back to the page on which a form stood.

    Args:
        did: the act that the page is to offer to undo.
        at: the id of the element to come back to.
    """
    parts = urlsplit(page_of(form))
    asked = [(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if n != DID]
    asked += [(DID, did)] if did else []
    address = f"{parts.path}?{urlencode(asked)}" if asked else parts.path
    return RedirectResponse(f"{address}#{at}" if at else address, status_code=303)
