"""Words out of mark-up: HTML as feeds have it, JATS as publishers have it."""

import html
import re
from functools import lru_cache

_TAG = re.compile(r"<(/?)(?:[A-Za-z][\w.-]*:)?([A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?/?>|<![^<>]*>")
_HIDDEN = ("script", "style")
_INLINE = re.compile(
    r"a|abbr|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|img|ins|italic|kbd|m(?:ark|ath|frac|i|n|o|row"
    r"|sub|sup|subsup|text)|q|s|samp|small|span|strike|strong|su[bp]|tt|u|var"
)
_BLOCK = re.compile(
    r"article|aside|blockquote|body|br|caption|center|content|d[dlt]|div|fig(?:caption|ure)|footer"
    r"|h[1-6r]|head|header|html|li|list|main|nav|ol|p|pre|sec|section|summary|table|tbody|t[dhr]"
    r"|tfoot|thead|title|ul"
)


def without_markup(text: str) -> str:
    """Return the words of HTML or JATS: no tags, no scripts, entities as the letters they mean.

    What no page has as a tag stays, as `a <b` of a formula.
    """
    kept: list[str] = []
    hidden = ""
    at = 0
    for tag in _TAG.finditer(text):
        name = (tag[2] or "").lower()
        if hidden:
            hidden = "" if tag[1] and name == hidden else hidden
        else:
            stands_for = _in_place_of(name)
            kept += (text[at : tag.start()], tag[0] if stands_for is None else stands_for)
            hidden = name if name in _HIDDEN and not tag[1] else ""
        at = tag.end()
    return html.unescape("".join(kept) + ("" if hidden else text[at:]))


@lru_cache(maxsize=1_024)
def _in_place_of(name: str) -> str | None:
    """Return what a tag is to its reader: a blank, or nothing; None for what is no tag."""
    if _BLOCK.fullmatch(name):
        return " "
    return "" if not name or name in _HIDDEN or _INLINE.fullmatch(name) else None
