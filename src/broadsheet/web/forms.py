"""What a form sends: read in bounds, handed to a page as plain values."""

from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from broadsheet.model.errors import InvalidValueError

MOST_BYTES = 65_536
_MOST_FIELDS = 500
_KIND = "application/x-www-form-urlencoded"

Form = dict[str, list[str]]
"""Each field with all its values."""


def posted(page: Callable[[Request, Form], Response]) -> Callable[..., object]:
    """Let a page receive what a form sends.

    The body is held to 64 KB (413) and to the one kind that forms of this site send (415).
    """

    async def answer(request: Request) -> Response:
        form = await _read(request)
        return await run_in_threadpool(page, request, form)

    return answer


def one(form: Form, name: str, default: str = "") -> str:
    """Return the first value of a field, without blanks around it."""
    return (form.get(name) or [default])[0].strip()


def number(form: Form, name: str, default: int) -> int:
    """Return a field as a whole number.

    Raises:
        InvalidValueError: it is none.
    """
    text = one(form, name, str(default))
    try:
        return int(text) if len(text) < 10 else int("x")
    except ValueError as e:
        raise InvalidValueError(f"{name} must be a whole number; got {text[:40]!r}.") from e


def checked(form: Form, name: str) -> bool:
    """Whether a box is ticked."""
    return one(form, name) in ("1", "on", "true", "yes")


def back_to(path: str) -> Response:
    """Send the reader to a page of this site after a change."""
    return RedirectResponse(path, status_code=303)


async def _read(request: Request) -> Form:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    if body and kind != _KIND:
        raise HTTPException(415)
    form: Form = {}
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS
        )
    except ValueError as e:
        raise InvalidValueError("This form cannot be read.") from e
    for name, value in pairs:
        form.setdefault(name, []).append(value.replace("\0", " "))
    return form
