"""Text with marks of JATS, MathML or HTML in it, as publishers deposit it."""

import re
from html import unescape

_NAMES = (
    r"(?:jats|mml):[\w-]+|[bipqsu]|em|strong|italic|bold|su[bp]|scp?|tt|br|span|div|h[1-6]|[uod]l"
    r"|li|title|sec|list|list-item|(?:inline|disp)-formula|alternatives|tex-math|math|m[inos]"
    r"|mrow|msu[bp]|msubsup|mfrac|mtext|abstract|ext-link|xref|named-content|sans-serif|monospace"
)
_TAG = re.compile(rf"(</?(?:{_NAMES})(?:\s[^<>]{{0,2000}})?/?>)", re.IGNORECASE)
_ESCAPED_TAG = re.compile(rf"&(?:amp;)?lt;/?(?:{_NAMES})(?:\s|/?&(?:amp;)?gt;)", re.IGNORECASE)
_NAME = re.compile(r"</?(?:\w+:)?([\w-]+)")
_BLOCKS = {"p", "br", "div", "sec", "list", "list-item", "li", "ul", "ol", "dl", "disp-formula"}
_LONGEST = 500_000  # refused by every field for its length, with mark-up or without
_HEADING = re.compile(r"(?:abstract|summary)[:.]?\s*\Z", re.IGNORECASE)


def plain(text: str) -> str:
    """Return text without mark-up: formulas as TeX where there is TeX, section titles with a colon.

    Text that was escaped twice is read all the same; `a < b` stays as it is.
    """
    if ("<" not in text and "&" not in text) or len(text) > _LONGEST:
        return text
    for _ in range(2):
        if _TAG.search(text) or not _ESCAPED_TAG.search(text):
            break
        text = unescape(text)
    parts = _TAG.split(text)
    if len(parts) > 1:
        text = _joined(parts)
    return unescape(unescape(text)) if "&" in text else text


def _joined(parts: list[str]) -> str:
    """Return what stands between tags; parts are texts and tags by turns."""
    has_tex = any(_name(tag) == "tex-math" for tag in parts[1::2])
    kept: list[str] = [parts[0]]
    in_math = in_title = in_tex = False
    for tag, text in zip(parts[1::2], parts[2::2], strict=True):
        name, ends = _name(tag), tag.startswith("</")
        if name == "math":
            in_math = not ends and has_tex and not tag.endswith("/>")
        if name == "tex-math":
            in_tex = not ends
        if name == "title":
            in_title = not ends
            kept.append(_colon(kept) if ends else " ")
        elif name in _BLOCKS or name[0] == "h":
            kept.append(" ")
        if in_math or (in_title and _HEADING.match(text)):
            continue
        kept.append(_formula(text) if in_tex else text)
    return "".join(kept)


def _name(tag: str) -> str:
    match = _NAME.match(tag)
    return match[1].lower() if match else ""


def _colon(kept: list[str]) -> str:
    title = kept[-1].rstrip() if kept else ""
    return ": " if title and title[-1].isalnum() else " "


def _formula(text: str) -> str:
    """Return a formula without the document that some publishers put around each."""
    inner = text.partition(r"\begin{document}")[2].partition(r"\end{document}")[0]
    return inner.strip() or text
