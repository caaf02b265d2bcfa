"""The entries of any feed, RSS, RDF or Atom, in one vocabulary: feedparser's.

Its time grows with the square of what stands in one element, and of how many there are (200 kB in
the wrong place hold it for minutes). So it is given a copy of a feed: of each entry only the
elements that are read, each a bounded plain text. What it is given is bytes, so it opens nothing.
"""

import io
from collections.abc import Mapping
from itertools import islice
from typing import Any

import feedparser
from lxml import etree

from broadsheet.model.errors import SourceError
from broadsheet.model.identifiers import doi
from broadsheet.sources.clean import one_line
from broadsheet.sources.feed_markup import without_markup
from broadsheet.sources.xml_documents import root_name, text_of

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS_1 = ("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/")
_ATOM = ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
_PRISM = "http://prismstandard.org/namespaces/"  # a version follows
_SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "prism": f"{_PRISM}1.2/basic/",
}
_KNOWN_SPACES = frozenset(("", *_RSS_1, *_ATOM, *_SPACES.values()))
ROOTS = ("rss", f"{{{_RDF}}}RDF", *(f"{{{space}}}feed" for space in _ATOM))
_ENTRIES = tuple(f"{{{space}}}{n}" for space in ("", *_RSS_1, *_ATOM) for n in ("item", "entry"))
_LONGEST = {
    "description summary content encoded": 400_000,
    "title creator author": 20_000,
    "link guid id identifier doi publicationname": 2_000,
    "pubdate published updated issued modified date publicationdate": 100,
    "volume number startingpage endingpage": 400,
}
_READ = {name: most for names, most in _LONGEST.items() for name in names.split()}
_MARKED_UP = ("title", "description", "summary", "content", "encoded", "publicationname")
_ATTRIBUTES = ("href", "rel", "type", "isPermaLink")
_MOST_ENTRIES = 5_000
_MOST_ELEMENTS = 5_000  # of one entry
_LONGEST_WORD = 100  # of a name


def is_feed(head: bytes) -> bool:
    """Whether a beginning is that of a feed; RDF of other things is none."""
    root = root_name(head)
    is_rdf = root == ROOTS[1]
    return root in ROOTS and (not is_rdf or any(space.encode() in head for space in _RSS_1))


def entries_of(root: etree._Element) -> list[Mapping[str, Any]]:
    """Return the entries of a feed, with feedparser's keys and `is_atom`.

    Raises:
        SourceError: there are over 5,000 of them, or feedparser cannot read them.
    """
    copy = _copy(root)
    try:
        found = feedparser.parse(io.BytesIO(copy), sanitize_html=False, resolve_relative_uris=False)
    except Exception as e:  # it promises nothing of what it raises
        raise SourceError("a feed that cannot be read") from e
    if found["bozo"]:
        raise SourceError("a feed that cannot be read")
    is_atom = root.tag in ROOTS[2:]
    # Plain dictionaries: its own ones take one date for another where that is missing.
    return [{**dict(entry.items()), "is_atom": is_atom} for entry in found["entries"]]


def _copy(root: etree._Element) -> bytes:
    """Return a feed with only what is read of each entry."""
    copy = etree.Element(root.tag, nsmap=_SPACES)
    for number, entry in enumerate(root.iter(*_ENTRIES)):
        if number == _MOST_ENTRIES:
            raise SourceError(f"over {_MOST_ENTRIES:,} entries")
        copied = etree.SubElement(copy, entry.tag)
        about = entry.get(f"{{{_RDF}}}about")
        if about:
            copied.set(f"{{{_RDF}}}about", about[: _READ["id"]])
        for element in islice(entry, _MOST_ELEMENTS):
            _copy_element(element, copied)
    return bytes(etree.tostring(copy, encoding="utf-8"))


def _copy_element(element: etree._Element, entry: etree._Element) -> None:
    name = etree.QName(element)
    space = name.namespace or ""
    space = _SPACES["prism"] if space.startswith(_PRISM) else space
    kind = name.localname.lower()
    if kind not in _READ or space not in _KNOWN_SPACES:
        return
    text = _person(element) if kind in ("author", "creator") else _words(element, kind)
    if kind == "identifier" and doi(text) is None:
        return  # of several the last would be taken
    copied = etree.SubElement(entry, f"{{{space}}}{name.localname}")
    copied.text = text[: _READ[kind]]
    if kind in ("link", "guid"):
        for key in _ATTRIBUTES:
            if key in element.attrib:
                copied.set(key, element.attrib[key][: _READ[kind]])


def _words(element: etree._Element, kind: str) -> str:
    """Return what is read in an element, whether its mark-up is escaped or stands in it."""
    if kind not in _MARKED_UP:
        return text_of(element).strip()
    text = element.text or ""
    if len(element):
        whole = str(etree.tostring(element, encoding="unicode", with_tail=False))
        text = whole[whole.index(">") + 1 : whole.rindex("<")]
    return one_line(without_markup(text[: _READ[kind]]))


def _person(element: etree._Element) -> str:
    """Return the names in an element, without addresses of e-mail."""
    name = element.find("{*}name")
    text = text_of(element if name is None else name)
    words = (word for word in text.split() if "@" not in word and len(word) <= _LONGEST_WORD)
    said = " ".join(words)
    return said[1:-1] if said.startswith("(") and said.endswith(")") else said
