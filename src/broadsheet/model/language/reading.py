"""Text to tree. Every text is a search or an error that names a place in it."""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NoReturn

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken, VisitError

from broadsheet.model.errors import QuerySyntaxError
from broadsheet.model.language.making import Maker, place, wrong
from broadsheet.model.language.tree import Tree

GRAMMAR = r"""
start: any?
any: all (_OR all)*
all: item+
item: WORDS | NOT? (WORD | PHRASE | field | group) WEIGHT?
field: FIELD (VALUE | PHRASE) | BARE
group: OPEN any CLOSE

_OR.4: /OR(?![^\s()"^])|\|/
NOT.4: /-(?=[^\s-])|NOT(?=\s)/
OPEN: "("
CLOSE: ")"
BARE.4: /saved:(?![^\s()])/i
FIELD.3: /(?!https?:\/\/|doi:|arxiv:)[a-z]{2,}:(?=[^\s()^])/i
WEIGHT: /\^[^\s()]*/
PHRASE: /"[^"]*"/
VALUE.5: /[^\s()"^]+/
WORDS.2: /(?:(?!(?:OR|AND|NOT)(?![^\s()"^]))[^\s()"^:|-][^\s()"^:|]*(?![^\s()])\s*)+/
WORD.1: /(?!(?:OR|AND|NOT)(?![^\s()"^]))[^\s()"^|-][^\s()"^]*/
%ignore /(?:\s|-+(?![^\s()])|AND(?![^\s()"^]))+/
"""

MAX_CHARACTERS = 4_000
MAX_PARTS = 64
"""So many parts may a search have; words that stand side by side are one."""

MAX_DEPTH = 20

SAME_SIGNS = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″＂", '"'),
        **dict.fromkeys("−‒–—﹣－", "-"),
        **{"（": "(", "）": ")", "：": ":", "＾": "^", "｜": "|"},
        **dict.fromkeys([chr(c) for c in range(32)] + ["\x7f"], " "),
    }
)
"""What is read as the same: signs of other keyboards, and what no eye sees as blanks."""


@lru_cache(maxsize=1024)
def read(text: str) -> Tree:
    """Return the tree of a text; blank is the empty search.

    Raises:
        QuerySyntaxError: it is none; the error has the place.
    """
    try:
        return _read(text.translate(SAME_SIGNS))
    except QuerySyntaxError as e:
        e.text = text
        raise


def _read(text: str) -> Tree:
    if len(text) > MAX_CHARACTERS:
        wrong(f"A search has {MAX_CHARACTERS:,} characters at most.", MAX_CHARACTERS, len(text))
    if not text.strip():
        return Tree()
    _check_pairs(text)
    try:
        tree = _parser().parse(text)
    except VisitError as e:
        raise e.orig_exc from None
    except UnexpectedToken as e:
        _unexpected(e.token, text)
    except UnexpectedCharacters as e:
        _unreadable(e.pos_in_stream or 0, text)
    assert isinstance(tree, Tree)  # noqa: S101 (what the maker returns)
    return tree


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", transformer=Maker(), postlex=_Counted())


class _Counted:
    """Stops at too many parts, before they are parsed."""

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        n_parts = 0
        for token in stream:
            n_parts += token.type not in ("OPEN", "CLOSE", "_OR", "VALUE")
            if n_parts > MAX_PARTS:
                wrong(f"A search has {MAX_PARTS} parts at most.", *place(token))
            yield token


def _check_pairs(text: str) -> None:
    """Find what is opened and not closed, and what stands too deep, in one walk."""
    opened: list[int] = []
    quoted = -1
    for at, c in enumerate(text):
        if c == '"':
            quoted = -1 if quoted >= 0 else at
        elif quoted >= 0:
            continue
        elif c == "(":
            opened.append(at)
            if len(opened) > MAX_DEPTH:
                wrong(f"Parentheses may stand {MAX_DEPTH} deep.", at)
        elif c == ")":
            if not opened:
                wrong("This parenthesis closes nothing.", at)
            opened.pop()
    if quoted >= 0:
        wrong("This quotation mark is not closed.", quoted)
    if opened:
        wrong("This parenthesis is not closed.", opened[-1])


def _unexpected(token: Token, text: str) -> NoReturn:
    at, until = place(token)
    if token.type == "$END":
        end = len(text.rstrip())
        wrong("Something is missing at the end.", end, end)
    for start, (length, message) in _MISPLACED.items():
        if token.startswith(start):
            wrong(message, at, at + length if length else until)
    wrong("This cannot stand here.", at, until)


_MISPLACED = {
    "OR": (2, "OR stands between two parts."),
    "|": (1, "OR stands between two parts."),
    ")": (1, "There is nothing between these parentheses."),
    "^": (0, "A weight stands right behind what it weighs, as word^2."),
    "-": (1, "One minus sign says not."),
}


def _unreadable(at: int, text: str) -> NoReturn:
    is_behind_colon = text[at - 1 : at] == ":"
    wrong(
        "There is nothing behind the colon." if is_behind_colon else "This cannot stand here.", at
    )
