"""A list as JSON Feed 1.1; under `_paper` each item has the paper as the API has it."""

import json
from typing import Any

from broadsheet.web.faces.feed import Entry, Feed

_VERSION = "https://jsonfeed.org/version/1.1"


def to_json_feed(feed: Feed) -> bytes:
    """Return the document; what is not known is left out."""
    listing = feed.listing
    said = {
        "version": _VERSION,
        "title": feed.title,
        "home_page_url": feed.base + feed.page,
        "feed_url": feed.base + feed.here,
        "next_url": feed.base + feed.next if feed.next else None,
        "description": feed.description,
        "language": "en",
        "authors": [{"name": feed.publisher, "url": f"{feed.base}/"}],
        "_list": _known({"total": listing.total, "page": listing.page, "pages": listing.n_pages}),
        "items": [_item(entry, feed) for entry in feed.entries],
    }
    text = json.dumps(_known(said), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _item(entry: Entry, feed: Feed) -> dict[str, Any]:
    said = {
        "id": entry.id,
        "url": feed.base + entry.address,
        "external_url": next(iter(entry.elsewhere), None),
        "title": entry.title,
        "content_text": entry.text,
        "summary": entry.note or None,
        "date_published": f"{entry.published}T00:00:00Z" if entry.published else None,
        "date_modified": entry.updated.isoformat(),
        "authors": [_author(name, address, feed.base) for name, address in entry.authors] or None,
        "tags": [term for term, _ in entry.categories] or None,
        "_paper": feed.shape(entry.paper) if entry.paper else None,
    }
    return _known(said)


def _author(name: str, address: str, base: str) -> dict[str, str]:
    return {"name": name, "url": base + address} if address else {"name": name}


def _known(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}
