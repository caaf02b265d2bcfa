"""What forms send, and the way back to the page that they stood on."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from broadsheet.model.errors import InvalidValueError
from broadsheet.web.site import DID

_TYPE = "application/x-www-form-urlencoded"
_MOST_BYTES = 400_000
_MOST_FIELDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of a form, each with its values."""

    fields: dict[str, list[str]]

    def one(self, name: str, default: str = "") -> str:
        """Return the first value of a field; the default where the form has no such field."""
        return self.fields.get(name, [default])[0].replace("\0", "")

    def has(self, name: str) -> bool:
        """Whether the form has a field."""
        return name in self.fields


def posted(
    change: Callable[[Request, Form], Response],
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Let a function answer a form: its fields are read first, then it runs beside the loop."""

    async def answer(request: Request) -> Response:
        form = await _form(request)
        return await run_in_threadpool(change, request, form)

    return answer


def local_path(text: str) -> str:
    """Return an address of this site, `/` for anything that leads elsewhere."""
    is_plain = all(" " < c != "\\" for c in text)
    parts = urlsplit(text) if is_plain and text.startswith("/") else None
    if parts is None or text.startswith("//") or parts.scheme or parts.netloc:
        return "/"
    return text


def back_to(form: Form, *, did: str = "", at: str = "") -> Response:
    """Send the browser back to the page on which a form stood (`back`).

    Args:
        did: the act that the page is to offer to undo.
        at: the id of the element to come back to.
    """
    parts = urlsplit(local_path(form.one("back", "/")))
    asked = [(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if n != DID]
    asked += [(DID, did)] if did else []
    address = f"{parts.path}?{urlencode(asked)}" if asked else parts.path
    return RedirectResponse(f"{address}#{at}" if at else address, status_code=303)


async def _form(request: Request) -> Form:
    """Read a form.

    Raises:
        InvalidValueError: it is too large, or none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise InvalidValueError("This form is too large.")
    if body and kind != _TYPE:
        raise InvalidValueError(f"A form is sent as {_TYPE}.")
    try:
        text = body.decode("ascii")
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as e:
        raise InvalidValueError("This form cannot be read.") from e
    return Form(fields=fields)
