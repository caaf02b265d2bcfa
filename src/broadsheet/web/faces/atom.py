"""A list as Atom 1.0 (RFC 4287), its pages joined as RFC 5005 says."""

from datetime import UTC, datetime

from lxml import etree

from broadsheet.web.faces.feed import Entry, Feed

_ATOM = "http://www.w3.org/2005/Atom"
_TYPE = "application/atom+xml"


def to_atom(feed: Feed) -> bytes:
    """Return the document. Texts are of type `text`: what looks like markup in them is none."""
    root = etree.Element(_name("feed"), nsmap={None: _ATOM})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "subtitle", feed.description)
    _text(root, "updated", _moment(feed.updated))
    # Where an entry names no author, the one who publishes stands for it.
    _text(etree.SubElement(root, _name("author")), "name", feed.publisher)
    _text(root, "generator", "Broadsheet")
    _link(root, "alternate", feed.base + feed.page, "text/html")
    for rel in ("here", "first", "previous", "next", "last"):
        if address := getattr(feed, rel):
            _link(root, "self" if rel == "here" else rel, feed.base + address, _TYPE)
    for entry in feed.entries:
        _entry(root, entry, feed.base)
    body: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return body


def _entry(root: etree._Element, entry: Entry, base: str) -> None:
    node = etree.SubElement(root, _name("entry"))
    _text(node, "id", entry.id)
    _text(node, "title", entry.title)
    _text(node, "updated", _moment(entry.updated))
    if entry.published:
        _text(node, "published", f"{entry.published}T00:00:00Z")
    for name, address in entry.authors:
        author = etree.SubElement(node, _name("author"))
        _text(author, "name", name)
        if address:
            _text(author, "uri", base + address)
    _link(node, "alternate", base + entry.address, "text/html")
    for address in entry.elsewhere:
        _link(node, "related", address)
    for term, label in entry.categories:
        etree.SubElement(node, _name("category"), term=term, label=label)
    if said := [part for part in (entry.note, entry.text) if part]:
        _text(node, "summary", "\n\n".join(said))


def _name(tag: str) -> str:
    return f"{{{_ATOM}}}{tag}"


def _text(parent: etree._Element, tag: str, text: str) -> None:
    etree.SubElement(parent, _name(tag)).text = text


def _link(parent: etree._Element, rel: str, address: str, media_type: str = "") -> None:
    link = etree.SubElement(parent, _name("link"), rel=rel, href=address)
    if media_type:
        link.set("type", media_type)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
