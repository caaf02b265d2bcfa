"""Prose with TeX as plain text, formulas in the nearest letters."""

from collections.abc import Sequence
from functools import lru_cache

from broadsheet.services.prose.letters import letters
from broadsheet.services.prose.pieces import Piece, read_prose
from broadsheet.services.prose.texmath import CannotShowError


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


@lru_cache(maxsize=4096)
def plain_formula(tex: str) -> str:
    """Return a formula in the nearest letters, or its source where it is broken."""
    try:
        return letters(tex)
    except (CannotShowError, RecursionError):
        return tex


def _plain(found: Sequence[Piece]) -> str:
    return "".join(plain_piece(piece) for piece in found)
