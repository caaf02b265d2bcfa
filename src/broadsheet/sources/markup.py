"""Mark-up inside a text: HTML and JATS, once or twice escaped, made plain."""

import html
import re

_TIMES_ESCAPED = 3
_HEADING = re.compile(r"<(?:jats:)?title>\s*(?:Abstract|Summary)\s*</(?:jats:)?title>", re.I)
_TAG = re.compile(
    r"</?(?:(?:jats|mml):[a-z-]{1,30}|i|b|u|em|strong|sub|sup|sc|scp|span|tt|a|p|br|div|title|sec"
    r"|italic|bold|list|list-item|li|ul|ol)(?:\s[^<>=]{1,60}=[^<>]{0,500})?\s{0,3}/?>",
    re.IGNORECASE,
)
_BREAKING = re.compile(r"</?(?:jats:)?(?:p|br|div|title|sec|list-item|li)\b", re.IGNORECASE)


def plain(text: str) -> str:
    """Return a text without tags and character references; what is no tag stays."""
    for _ in range(_TIMES_ESCAPED):
        if "&" not in text:
            break
        text = html.unescape(text)
    if "<" not in text:
        return text
    text = _HEADING.sub(" ", text)
    return _TAG.sub(lambda tag: " " if _BREAKING.match(tag[0]) else "", text)
