"""Where to go after signing in: a page of this site, whatever was asked for."""

from urllib.parse import quote, urlsplit

from starlette.requests import Request

_LONGEST = 2_000
_FRONT = "/"


def local_path(text: str) -> str:
    """Return a path of this site; the front page for what leads elsewhere or nowhere.

    Browsers take `//evil` and `/\\evil` for hosts and drop tabs and line ends from addresses.
    """
    if not text.startswith("/") or text.startswith("//") or len(text) > _LONGEST:
        return _FRONT
    if "\\" in text or any(ord(c) <= 32 or ord(c) == 127 for c in text):
        return _FRONT
    try:
        parts = urlsplit(text)
    except ValueError:
        return _FRONT
    if parts.scheme or parts.netloc or parts.path.startswith("/sign-"):
        return _FRONT
    return text


def here(request: Request) -> str:
    """Return the path of the page that was asked for, with its question, quoted for a `next`."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return quote(local_path(path), safe="")


def came_from(request: Request) -> str:
    """Return the page of this site on which a form stood, quoted for a `next`."""
    try:
        parts = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return quote(_FRONT, safe="")
    if parts.netloc != request.headers.get("host", ""):
        return quote(_FRONT, safe="")
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return quote(local_path(path), safe="")
