"""`/feeds/SECRET.atom`: what a saved query brings, for whoever has the address; `/feeds.opml`."""

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.model.readers import Reader
from broadsheet.services.fields import category_name
from broadsheet.web.addresses import (
    author_address,
    category_address,
    face_address,
    search_address,
    topic_address,
    trending_address,
)
from broadsheet.web.faces import ATOM
from broadsheet.web.listed import listed
from broadsheet.web.listing import Shown
from broadsheet.web.pages.watching import listing_of
from broadsheet.web.site import Site, nothing_else, site_of
from broadsheet.web.visitor import reader_of


def private_feed(request: Request) -> Shown:
    """The latest papers of a saved query; its address is all that opens it."""
    nothing_else(request)
    secret = request.path_params["secret"]
    query, brought = site_of(request).services.alerts.feed(secret)
    listing = listing_of(query, brought, address=f"/feeds/{secret}")
    return Shown(listing=listing, template="", values=dict)


def opml(request: Request) -> Response:
    """The feeds of whom and what a reader follows, as a list that feed readers take in."""
    nothing_else(request)
    site, reader = site_of(request), reader_of(request)
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = site.title
    body = etree.SubElement(root, "body")
    base = str(request.base_url).rstrip("/")
    for name, address in _feeds_of(site, reader):
        etree.SubElement(
            body,
            "outline",
            type="rss",
            text=name,
            xmlUrl=base + face_address(address, ATOM.ending),
            htmlUrl=base + address,
        )
    return Response(
        etree.tostring(root, xml_declaration=True, encoding="utf-8"),
        media_type="text/x-opml; charset=utf-8",
        headers={
            "Cache-Control": "private, no-store",
            "Content-Disposition": 'attachment; filename="feeds.opml"',
        },
    )


def _feeds_of(site: Site, reader: Reader) -> list[tuple[str, str]]:
    """Return names and addresses: the paper's own, then what is followed, then saved searches."""
    alerts = site.services.alerts
    found = [(site.title, "/"), (f"{site.title}: trending", trending_address())]
    for kind, value in alerts.followed(reader):
        if kind == "category":
            found.append((category_name(value), category_address(value)))
        elif kind == "author":
            found.append((value, author_address(value)))
        else:
            found.append((value, topic_address(value)))
    return found + [
        (query.name, search_address(query.query))
        for query in alerts.of(reader)
        if query.kind == "search"
    ]


ROUTES = [
    *listed("/feeds/{secret}", private_feed, has_html=False, are_faces_kept=False),
    Route("/feeds.opml", opml),
]
