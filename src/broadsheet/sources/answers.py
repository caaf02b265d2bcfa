"""Answers over HTTP: the document that one holds, or why it holds none."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from lxml import etree

from broadsheet.model.errors import RetryError, SourceError
from broadsheet.model.harvest import Answer
from broadsheet.sources.json_documents import parse_json
from broadsheet.sources.xml_documents import parse_xml

_Document = TypeVar("_Document")


def answered_xml(answer: Answer, *, who: str, roots: Collection[str]) -> etree._Element:
    """Return the root of an answer, whatever its status.

    Args:
        who: the server's name, for the message.
        roots: the names that its root may have.

    Raises:
        RetryError: it is broken, cut off, or something else.
        SourceError: the same, and its status says that the server refuses.
    """

    def read(body: bytes) -> etree._Element:
        root = parse_xml(body)
        if root.tag not in roots:
            raise SourceError("it is something else")
        return root

    return _read(read, answer, who)


def answered_json(answer: Answer, *, who: str) -> Any:
    """Return the value of an answer, whatever its status; raises as `answered_xml` does."""
    return _read(parse_json, answer, who)


def refused(answer: Answer, *, who: str, said: str = "") -> SourceError:
    """Return the error of a server that refuses, with its own words where it has any."""
    words = " ".join(said.split())[:200]
    return SourceError(f"{who} refuses with HTTP {answer.status}{words and ': '}{words}.")


def _read(read: Callable[[bytes], _Document], answer: Answer, who: str) -> _Document:
    try:
        return read(answer.body)
    except SourceError as e:
        if answer.status >= 400:
            raise refused(answer, who=who) from e
        raise RetryError(f"{who}'s answer is broken: {e}.") from e
