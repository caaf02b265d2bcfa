"""Notes in Markdown, to HTML that holds nothing but text and links to the web."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

_WEB = re.compile(r"https?://[^\s<>\"'\\]+\Z", re.IGNORECASE)
_OFF = ("image", "html_block", "html_inline", "heading", "lheading", "hr")


@lru_cache(maxsize=2048)
def markdown_html(text: str) -> str:
    """Return CommonMark as HTML that is safe wherever paragraphs may stand.

    Markup in it is text; links lead to http and https alone, and tell nothing to where they lead.
    Pictures and headings are not made: a note stands below the headings of its page.
    """
    html: str = _markdown.render(text)
    return html


def _is_web(address: str) -> bool:
    return bool(_WEB.match(address))


class _Renderer(RendererHTML):
    """Says of every link that it is not this paper's word."""

    def link_open(self, tokens: Sequence[Token], i: int, options: Any, env: Any) -> str:
        """Return the beginning of a link."""
        tokens[i].attrSet("rel", "nofollow noopener noreferrer")
        return self.renderToken(tokens, i, options, env)


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 8}, renderer_cls=_Renderer)
    made.disable(list(_OFF))
    made.validateLink = _is_web  # type: ignore[assignment,method-assign]
    return made


_markdown = _made()
