"""Prose with TeX as plain text, formulas in the nearest letters."""

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from broadsheet.services.prose.pieces import Piece, read_prose
from broadsheet.services.prose.texmath import formula

_COMMAND = re.compile(r"\\(?:[a-zA-Z]+|.)", re.DOTALL)
_UNSEEN = re.compile(r"[{}^_&\s]")


@lru_cache(maxsize=4096)
def to_plain(text: str) -> str:
    """Return prose with TeX as text, formulas in the nearest letters: `$\\alpha$` is `α`."""
    return " ".join(_plain(read_prose(text)).split())


def plain_piece(piece: Piece) -> str:
    """Return one piece as text."""
    if piece.kind in ("math", "display"):
        return plain_formula(piece.text)
    if piece.kind == "raw":
        return piece.text
    if piece.kind == "text":
        return piece.text + _plain(piece.inner)
    return _plain(piece.inner)


def about_length(piece: Piece) -> int:
    """Return about how many letters a piece takes; exact but for formulas, which are not read."""
    if piece.kind in ("math", "display"):
        return len(_UNSEEN.sub("", _COMMAND.sub("x", piece.text)))
    return len(plain_piece(piece))


@lru_cache(maxsize=4096)
def plain_formula(tex: str) -> str:
    """Return a formula in the nearest letters, or its source where it is broken."""
    if formula(tex) is None:
        return tex
    try:
        return _reader()(f"${tex}$").strip()
    except Exception:  # a formula is never worth a page
        return tex


@cache
def _reader() -> Callable[[str], str]:
    """Return what reads TeX; made once, with its tables of macros, for the first formula."""
    # Most commands never meet a formula, and this takes longer to import than they to run.
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import get_default_latex_context_db

    macros, reader = get_default_latex_context_db(), LatexNodes2Text(math_mode="text")
    return lambda tex: str(reader.latex_to_text(tex, latex_context=macros))


def _plain(found: Sequence[Piece]) -> str:
    return "".join(plain_piece(piece) for piece in found)
