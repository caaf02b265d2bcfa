"""XML as it comes from outside: no document type, no entities, no network, no great depth."""

import contextlib
import re
from collections.abc import Mapping, Sequence

from lxml import etree

from broadsheet.model.errors import SourceError

Children = Mapping[str, Sequence[etree._Element]]
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PROLOGUE_BYTES = 65_536
_ENTRY = re.compile(rb"<(?:[\w.-]+:)?(?:entry|item)[\s/>]")


def parse_xml(data: bytes) -> etree._Element:
    """Return the root of a document.

    Raises:
        SourceError: not well-formed, with a document type, or nested over 256 deep.
    """
    if _DOCTYPE.search(data, 0, _PROLOGUE_BYTES):
        raise SourceError("XML with a document type is not read")
    try:
        root = etree.fromstring(data, _parser())
    except (etree.XMLSyntaxError, ValueError) as e:
        raise SourceError(f"XML that is not well-formed{_where(e)}") from e
    if root.getroottree().docinfo.doctype:
        raise SourceError("XML with a document type is not read")
    return root


def root_name(head: bytes) -> str:
    """Return the name of the first element of a beginning, as `{namespace}name`; "" for none."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"<"):
        return ""
    pull = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False
    )
    with contextlib.suppress(etree.XMLSyntaxError):
        pull.feed(start[:_PROLOGUE_BYTES])
    with contextlib.suppress(etree.XMLSyntaxError):
        for _, element in pull.read_events():
            return str(element.tag)
    return ""


def before_entries(head: bytes) -> bytes:
    """Return what stands in a feed before its first entry or item: what it says of itself."""
    first = _ENTRY.search(head)
    return head[: first.start()] if first else head


def text_of(element: etree._Element | None) -> str:
    """Return all text in an element, marks of mark-up left out; "" for None."""
    if element is None:
        return ""
    if len(element) == 0:
        return element.text or ""
    return "".join(map(str, element.itertext()))


def children_of(element: etree._Element | None) -> Children:
    """Return the children of an element by their names, in one walk; none for None."""
    found: dict[str, list[etree._Element]] = {}
    for child in () if element is None else element:
        tag = child.tag
        if tag in found:
            found[tag].append(child)
        else:
            found[tag] = [child]
    return found


def text_in(children: Children, name: str) -> str:
    """Return all text in the first child of a name; "" where there is none."""
    return text_of(children[name][0]) if name in children else ""


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _where(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    return f" (line {line})" if line else ""
