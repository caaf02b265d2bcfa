"""Answers of servers that speak JSON: read, refused, or broken."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from broadsheet.model.errors import RestartError, RetryError, SourceError
from broadsheet.model.harvest import Answer, Request
from broadsheet.sources.json_documents import parse_json, text_at

_REFUSED = 400
_ESCAPED_NUL = re.compile(rb"(?<!\\)(\\+)u0000")


def json_answer(answer: Answer, server: str, *, place: str = "") -> Any:
    """Return the value of an answer that is no error.

    Args:
        server: its name for messages.
        place: what the server calls the place at which the request goes on, as `cursor`; empty
            for a request that begins.

    Raises:
        RetryError: it is no JSON, or cut off.
        RestartError: it is an error that speaks of the place.
        SourceError: it is another error.
    """
    try:
        # One such character in one record must not stop all that come after it.
        value = parse_json(_ESCAPED_NUL.sub(_without, answer.body))
    except SourceError as e:
        if answer.status >= _REFUSED:
            raise SourceError(f"{server} refuses with status {answer.status}.") from e
        raise RetryError(f"{server}'s answer is broken: {e}.") from e
    said = error_in(value)
    if said is None and answer.status < _REFUSED:
        return value
    if said and place and place in said.lower():
        raise RestartError(f"{server} no longer knows the place: {said}")
    raise SourceError(f"{server} refuses with status {answer.status}: {said or 'no reason given'}")


def error_in(value: Any) -> str | None:
    """Return what a value that is an error says, 200 characters at most; None for another."""
    if not isinstance(value, dict):
        return None
    named = [value.get(key) for key in ("error", "errors", "message")]
    parts = [item for part in named for item in (part if isinstance(part, list) else [part])]
    texts = [text_at(part, "message") if isinstance(part, dict) else part for part in parts]
    said = "; ".join(" ".join(text.split()) for text in texts if isinstance(text, str))
    return said[:200] or None


def asked(request: Request, name: str) -> str:
    """Return what a request asks under a name of its query; "" where it does not."""
    try:
        return parse_qs(urlsplit(request.url).query).get(name, [""])[0]
    except ValueError:  # no address at all, or thousands of names
        return ""


def _without(match: re.Match[bytes]) -> bytes:
    """Return the escaped backslashes before a NUL, and nothing of it."""
    return match[1][: len(match[1]) // 2 * 2]
