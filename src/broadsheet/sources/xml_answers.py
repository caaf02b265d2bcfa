"""Answers over HTTP that are XML: the document that one holds, or why it holds none."""

from collections.abc import Collection

from lxml import etree

from broadsheet.model.errors import RetryError, SourceError
from broadsheet.model.harvest import Answer
from broadsheet.sources.xml_documents import parse_xml

_REFUSED = 400


def answered_xml(answer: Answer, *, who: str, roots: Collection[str]) -> etree._Element:
    """Return the root of an answer, whatever its status.

    Args:
        who: the server's name, for the message.
        roots: the names that its root may have.

    Raises:
        RetryError: it is broken, cut off, or something else.
        SourceError: the same, and its status says that the server refuses.
    """
    try:
        root = parse_xml(answer.body)
        if root.tag not in roots:
            raise SourceError("it is something else")
    except SourceError as e:
        if answer.status >= _REFUSED:
            raise refused(answer, who=who) from e
        raise RetryError(f"{who}'s answer is broken: {e}.") from e
    return root


def refused(answer: Answer, *, who: str, said: str = "") -> SourceError:
    """Return the error of a server that refuses, with its own words where it has any."""
    words = " ".join(said.split())[:200]
    return SourceError(f"{who} refuses with HTTP {answer.status}{words and ': '}{words}.")
