"""What a form or a script sends, taken apart; the page's work then runs beside other requests."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import parse_qs

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.model.errors import InvalidValueError

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100


class Form:
    """The fields of a form that was sent."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self.fields = fields

    def text(self, name: str, *, most: int = 500) -> str:
        """Return a field's value; an empty text where it was not sent.

        Raises:
            InvalidValueError: it was sent twice, is too long, or holds what no line holds.
        """
        values = self.fields.get(name, [])
        if len(values) > 1:
            raise InvalidValueError(f"{name!r} may be given once.")
        value = values[0] if values else ""
        if len(value) > most:
            raise InvalidValueError(f"{name!r} has at most {most:,} characters.")
        if any(ord(c) < 32 or ord(c) == 127 for c in value):
            raise InvalidValueError(f"{name!r} is one line of text.")
        return value

    def lines(self, name: str, *, most: int = 50_000) -> str:
        """Return a field's value, which may have several lines.

        Raises:
            InvalidValueError: it is too long.
        """
        value = self.fields.get(name, [""])[0].replace("\0", "")
        if len(value) > most:
            raise InvalidValueError(f"{name!r} has at most {most:,} characters.")
        return value

    def has(self, name: str) -> bool:
        """Whether a field was sent."""
        return name in self.fields

    def many(self, name: str) -> list[str]:
        """Return all values of a field."""
        return self.fields.get(name, [])

    def number(self, name: str) -> int:
        """Return a whole number.

        Raises:
            InvalidValueError: it is none.
        """
        value = self.text(name, most=9)
        if not value.isascii() or not value.removeprefix("-").isdigit():
            raise InvalidValueError(f"{name!r} must be a number; got {value!r}.")
        return int(value)

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.text(name) in ("1", "on")


Page = Callable[[Request], Awaitable[Response]]


def posted(page: Callable[[Request, Form], Response]) -> Page:
    """Let a page be given the form that was sent to it.

    Raises, from the page:
        InvalidValueError: what was sent is no form.
    """

    @wraps(page)
    async def answer(request: Request) -> Response:
        form = _form(request.headers.get("content-type", ""), await request.body())
        return await run_in_threadpool(page, request, form)

    return answer


def posted_json(page: Callable[[Request, dict[str, Any]], Response]) -> Page:
    """Let a page be given the JSON object that a script of ours has sent to it.

    Raises, from the page:
        InvalidValueError: what was sent is none.
    """

    @wraps(page)
    async def answer(request: Request) -> Response:
        said = _object(request.headers.get("content-type", ""), await request.body())
        return await run_in_threadpool(page, request, said)

    return answer


def _form(kind: str, body: bytes) -> Form:
    if body and kind.partition(";")[0].strip().lower() != _FORM:
        raise InvalidValueError(f"A form is sent as {_FORM}.")
    try:
        text = body.decode("ascii")
        return Form(parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as e:
        raise InvalidValueError("The form could not be read.") from e


def _object(kind: str, body: bytes) -> dict[str, Any]:
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise InvalidValueError("This takes JSON.")
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as e:
        raise InvalidValueError("This is no JSON object.") from e
