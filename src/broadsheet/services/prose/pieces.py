"""Prose with TeX in it, read into runs of one kind each.

Formulas stand in `$…$`, `$$…$$`, `\\(…\\)`, `\\[…\\]` or an equation environment; a lone dollar is
money. Outside them the macros of prose are understood (`\\emph{}`, ``quotes'', `--`, accents) and a
bare `\\alpha` or `10^{-5}` is taken for the formula that was meant. What is not understood is kept
as its source. Nothing raises, and the time is linear in the text.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from broadsheet.services.prose.texmath import MAX_TEX, formula

MAX_RICH = 20_000
_MAX_DEPTH = 6

Kind = Literal["text", "math", "display", "em", "strong", "code", "sc", "sup", "sub", "link", "raw"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of prose of one kind. `text` is the source of a formula or the address of a link."""

    kind: Kind
    text: str
    inner: tuple["Piece", ...] = ()


# `[\\${~]|``?|''?|---?|https?://`, its first letters in one class: so it is found twice as fast.
_SIGNS = r"[\\${~`'h-](?:(?<=[\\${~])|(?<=`)`?|(?<=')'?|(?<=-)--?|(?<=h)ttps?://)"
_SPECIAL = re.compile(_SIGNS)
# A word before a script is looked for where there are scripts: it takes as long as all the rest.
_SPECIAL_OR_SCRIPTED = re.compile(rf"{_SIGNS}|(?<![A-Za-z0-9])[A-Za-z0-9]{{1,8}}(?=[_^]\{{)")
_MACRO = re.compile(r"\\(?:([a-zA-Z]+)\*?[ \t]*|(.))", re.DOTALL)
_URL = re.compile(r"https?://(?:[^\s<>\"{}\\^`$|]|\\[_%#&~])+")
_SCRIPTS = re.compile(r"[ ]?[_^](?=\{)|[_^][A-Za-z0-9](?![A-Za-z0-9])")
_WORD_GROUP = re.compile(r"(?=[\w.+-]*[A-Z])[\w.+-]++\Z")
_DECLARATION = re.compile(r"\s*\\([a-zA-Z]+)(?![a-zA-Z])\s*")
_MONEY = re.compile(r"\d[\d.,]*(?:[^\\]*(?<![\\\w])[a-zA-Z]{2,}|.*\s\Z)", re.DOTALL)
_PROSE_MACRO = re.compile(r"\\(?:emph|cite|url|href|footnote)(?![a-zA-Z])")
_SINGLE_QUOTES = re.compile(r"(?<!`)`(?!`)[^`']{1,80}'(?![\w'])")
_LAYOUT = re.compile(r"\\(?:begin|end)\{(?:itemize|enumerate|center|quote|abstract)\*?\}")
_COMMAND = re.compile(r"\\(?:[a-zA-Z]+|.)", re.DOTALL)
_UNSEEN = re.compile(r"[{}^_&\s]")
_ENVIRONMENT = re.compile(r"\{((?:equation|align|gather|eqnarray|multline|displaymath|math)\*?)\}")

_STYLES: dict[str, Kind] = {
    **dict.fromkeys(("emph", "textit", "textsl", "em", "it", "sl"), "em"),
    **dict.fromkeys(("textbf", "bf", "bfseries"), "strong"),
    **dict.fromkeys(("texttt", "tt", "ttfamily"), "code"),
    **dict.fromkeys(("textsc", "sc", "scshape"), "sc"),
    "textsuperscript": "sup",
    "textsubscript": "sub",
}
_KEPT_NAMES = """textrm textsf textup textnormal text mbox hbox fbox underline uline title rm sf
normalfont small large footnotesize mathrm"""
_DROPPED_NAMES = "label color vspace hspace vskip thanks index phantom"
_CITED_NAMES = "cite citep citet citealt citeauthor parencite textcite ref eqref autoref cref"
_KEPT, _DROPPED, _CITED = (
    frozenset(names.split()) for names in (_KEPT_NAMES, _DROPPED_NAMES, _CITED_NAMES)
)
_CHARACTERS = {
    **{c: c for c in "%&_#${}"},
    **{"\\": " ", " ": " ", "\n": " ", ",": "\u2009", ";": " ", ":": " ", "/": "", "-": "\u00ad"},
    **{"!": "", "@": "", "|": "‖", "quad": " ", "qquad": " ", "noindent": "", "par": " "},
    **{"newline": " ", "linebreak": " ", "bigskip": " ", "medskip": " ", "smallskip": " "},
    **{"ldots": "…", "dots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—"},
    **{"textquoteright": "’", "textquoteleft": "‘", "textasciitilde": "~", "textbackslash": "\\"},
    **{"ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å"},
    **{"AA": "Å", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "S": "§", "P": "¶", "dag": "†"},
    **{"copyright": "©", "pounds": "£", "euro": "€", "deg": "°", "degree": "°", "LaTeX": "LaTeX"},
    **{"TeX": "TeX", "textregistered": "®", "texttrademark": "™", "textdegree": "°", "xspace": ""},
    **{"eg": "e.g.", "ie": "i.e.", "etal": "et al.", "textless": "<", "textgreater": ">"},
    **{"lq": "‘", "rq": "’", "guillemotleft": "«", "guillemotright": "»", "item": " •"},
    **dict.fromkeys(("textit", "textbf", "emph", "texttt", "textsc", "textrm", "bf", "tt"), ""),
    **{"centering": "", "displaystyle": "", "protect": "", "maketitle": "", "it": "", "em": ""},
}
_ACCENTS = {
    **{"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304"},
    **{".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328"},
    **{"r": "\u030a", "d": "\u0323", "b": "\u0331"},
}
_ACCENTED = re.compile(r"[ ]?(?:\{\s*\\?([A-Za-zıȷ]?)\s*\}|\\([ij])(?![a-zA-Z])|([A-Za-z]))")


@lru_cache(maxsize=1024)
def read_prose(text: str) -> tuple[Piece, ...]:
    """Return the runs of a text. What comes after `MAX_RICH` characters is taken as it stands."""
    clean = _clean(text)
    rich, rest = clean[:MAX_RICH], clean[MAX_RICH:]
    parsed = _Parser(rich).parse(0, len(rich), 0)
    return tuple(parsed) + ((Piece("text", rest),) if rest else ())


def read_beginning(text: str, n_letters: int) -> list[Piece]:
    """Return the first runs of a text, together longer than so many letters if it is so long."""
    rich = _clean(text)[:MAX_RICH]
    return _Parser(rich).parse(0, len(rich), 0, enough=n_letters)


def about_length(piece: Piece) -> int:
    """Return about how many letters a piece takes; exact but for formulas, which are not read."""
    if piece.kind in ("math", "display"):
        return len(_UNSEEN.sub("", _COMMAND.sub("x", piece.text)))
    own = len(piece.text) if piece.kind in ("text", "raw") else 0
    return own + sum(map(about_length, piece.inner))


def _clean(text: str) -> str:
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


class _Parser:
    """Reads one text from left to right; groups are found beforehand in one pass."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.closing = _matching_braces(text) if "{" in text else {}
        self.quotes: dict[int, str] = {}
        for match in _SINGLE_QUOTES.finditer(text) if "`" in text else ():
            self.quotes |= {match.start(): "‘", match.end() - 1: "’"}
        has_scripts = "_{" in text or "^{" in text
        self.special = _SPECIAL_OR_SCRIPTED if has_scripts else _SPECIAL

    def parse(self, start: int, end: int, depth: int, enough: int = MAX_RICH) -> list[Piece]:
        """Return the pieces of text[start:end], or of its beginning if that is long enough."""
        found: list[Piece] = []
        at = start
        while at < end:
            if at > enough and sum(map(about_length, found)) > enough:
                return found
            match = self.special.search(self.text, at, end)
            if match is None:
                break
            _add_text(found, self.text[at : match.start()])
            at, piece = self._special(match[0], match.start(), end, depth)
            if piece.kind == "text" and not piece.inner:
                _add_text(found, piece.text)
            elif piece.kind == "text":
                for inner in piece.inner:
                    _add_piece(found, inner)
            else:
                found.append(piece)
        _add_text(found, self.text[at:end] if at < end else "")
        return found

    def _special(self, mark: str, at: int, end: int, depth: int) -> tuple[int, Piece]:
        if mark == "$":
            return self._dollar(at, end)
        if mark == "\\":
            return self._backslash(at, end, depth)
        if mark == "{":
            return self._group(at, end, depth)
        if mark == "~":
            return at + 1, Piece("text", self._tie(at, end))
        if mark.startswith("http"):
            return self._address(at, end)
        if mark in ("`", "'"):
            return at + 1, Piece("text", self.quotes.get(at, mark))
        if mark[0] in "`'-":
            return at + len(mark), Piece("text", _MARKS[mark])
        return self._formula_run(at, at + len(mark), end) or (
            at + len(mark),
            Piece("text", mark),
        )

    def _dollar(self, at: int, end: int) -> tuple[int, Piece]:
        if self.text.startswith("$$", at):
            close = self.text.find("$$", at + 2, min(end, at + MAX_TEX))
            if close > at + 2:
                return close + 2, Piece("display", self.text[at + 2 : close])
            return at + 2, Piece("text", "$$")
        last = self._closing_dollar(at + 1, end)
        if last is None:
            return at + 1, Piece("text", "$")
        return last + 1, Piece("math", self.text[at + 1 : last])

    def _closing_dollar(self, start: int, end: int) -> int | None:
        """Where a formula that may start here ends; None when the dollar is money."""
        close = self.text.find("$", start, min(end, start + MAX_TEX))
        while close > 0 and self.text[close - 1] == "\\":
            close = self.text.find("$", close + 1, min(end, start + MAX_TEX))
        if close <= start:
            return None
        inside, after = self.text[start:close], self.text[close + 1 : min(close + 2, end)]
        if not inside.strip() or "\n\n" in inside or _MONEY.match(inside):
            return None
        if _PROSE_MACRO.search(inside):
            return None
        telling = any(c in inside for c in "\\^_{}=<>") or len(inside.strip()) == 1
        hugged = not inside[0].isspace() and not inside[-1].isspace() and not after.isdigit()
        return close if telling or hugged else None

    def _backslash(self, at: int, end: int, depth: int) -> tuple[int, Piece]:
        match = _MACRO.match(self.text, at, end)
        if match is None:
            return at + 1, Piece("text", "\\")
        if layout := _LAYOUT.match(self.text, at, end):
            return layout.end(), Piece("text", " ")
        word, sign = match[1] or "", match[2] or ""
        if sign in ("(", "["):
            return self._bracketed(sign, at, end)
        if word == "begin" and (environment := _ENVIRONMENT.match(self.text, match.end(), end)):
            return self._environment(environment[1], at, environment.end(), end)
        name = word or sign
        if name in _ACCENTS and (accented := self._accented(name, match.end(), end)):
            return accented
        group = match.end() if self._is_group(match.end(), end) else None
        if group is not None and (taken := self._with_argument(name, group, end, depth)):
            return taken
        if name in _CHARACTERS:
            after = match.end() if not word else at + 1 + len(word)
            return self._after_word(after, end), Piece("text", _CHARACTERS[name])
        run = self._formula_run(at, at, end) if word else None
        return run or (match.end(), Piece("raw", match[0].rstrip()))

    def _bracketed(self, sign: str, at: int, end: int) -> tuple[int, Piece]:
        close = self.text.find("\\" + {"(": ")", "[": "]"}[sign], at + 2, min(end, at + MAX_TEX))
        if close < 0:
            return at + 2, Piece("text", sign)
        return close + 2, Piece("math" if sign == "(" else "display", self.text[at + 2 : close])

    def _environment(self, name: str, at: int, start: int, end: int) -> tuple[int, Piece]:
        last = f"\\end{{{name}}}"
        close = self.text.find(last, start, min(end, start + MAX_TEX))
        if close < 0:
            return start, Piece("raw", self.text[at:start])
        inside = self.text[start:close]
        if not name.startswith(("equation", "displaymath", "math")):
            inside = f"\\begin{{aligned}}{inside}\\end{{aligned}}"
        return close + len(last), Piece("display", inside)

    def _accented(self, name: str, at: int, end: int) -> tuple[int, Piece] | None:
        match = _ACCENTED.match(self.text, at, end)
        if match is None:
            return None
        letter = match[1] or match[2] or match[3] or ""
        if not letter or (name.isalpha() and match[3] and self.text[at - 1] != " "):
            return None
        letter = {"ı": "i", "ȷ": "j"}.get(letter, letter)
        return match.end(), Piece("text", unicodedata.normalize("NFC", letter + _ACCENTS[name]))

    def _with_argument(self, name: str, at: int, end: int, depth: int) -> tuple[int, Piece] | None:
        """A macro with its group, which opens at `at`; None for a macro that is not known."""
        close = self.closing[at]
        inside = self.text[at + 1 : close]
        if name in _STYLES:
            return close + 1, Piece(_STYLES[name], "", self._inner(at, close, depth))
        if name in _KEPT:
            return close + 1, Piece("text", "", self._inner(at, close, depth))
        if name in _DROPPED:
            return close + 1, Piece("text", "")
        if name in _CITED:
            return close + 1, Piece("text", f"[{inside}]")
        if name == "footnote":
            inner = (Piece("text", " ("), *self._inner(at, close, depth), Piece("text", ")"))
            return close + 1, Piece("text", "", inner)
        if name == "url":
            return close + 1, Piece("link", inside.strip(), (Piece("text", inside.strip()),))
        if name in ("href", "textcolor") and self._is_group(close + 1, end):
            last = self.closing[close + 1]
            inner = self._inner(close + 1, last, depth)
            return last + 1, Piece("link" if name == "href" else "text", inside.strip(), inner)
        return (close + 1, Piece("math", inside)) if name == "ensuremath" else None

    def _inner(self, opening: int, close: int, depth: int) -> tuple[Piece, ...]:
        if depth >= _MAX_DEPTH:
            return (Piece("text", self.text[opening + 1 : close]),)
        return tuple(self.parse(opening + 1, close, depth + 1)) or (Piece("text", ""),)

    def _group(self, at: int, end: int, depth: int) -> tuple[int, Piece]:
        """`{\\em so}` and the braces that keep a capital; other braces are meant as written."""
        close = self.closing.get(at, end)
        if close >= end or depth >= _MAX_DEPTH:
            return at + 1, Piece("text", "{")
        declared = _DECLARATION.match(self.text, at + 1, close)
        if declared and declared[1] in _STYLES:
            inner = tuple(self.parse(declared.end(), close, depth + 1))
            return close + 1, Piece(_STYLES[declared[1]], "", inner)
        if declared or _WORD_GROUP.match(self.text, at + 1, close):
            return close + 1, Piece("text", "", self._inner(at, close, depth))
        return at + 1, Piece("text", "{")

    def _tie(self, at: int, end: int) -> str:
        """A tie between two words; a tilde before a number is `about`."""
        before = self.text[at - 1] if at else " "
        after = self.text[at + 1] if at + 1 < end else " "
        return "~" if before.isspace() or after.isspace() or before in "(/[" else "\u00a0"

    def _address(self, at: int, end: int) -> tuple[int, Piece]:
        match = _URL.match(self.text, at, end)
        if match is None:
            return at + 4, Piece("text", self.text[at : at + 4])
        url = match[0].rstrip(".,;:!?'*")
        if url.endswith(")") and "(" not in url:
            url = url[: url.index(")")]
        shown = re.sub(r"\\([_%#&~])", r"\1", url)
        return at + len(url), Piece("link", shown, (Piece("text", shown),))

    def _formula_run(self, at: int, scripts: int, end: int) -> tuple[int, Piece] | None:
        """A formula without its dollars: a macro with its groups, or a word with `_{}`, `^{}`."""
        if scripts == at:
            match = _MACRO.match(self.text, at, end)
            scripts = at + 1 + len(match[1] or "") if match else at
            while self._is_group(scripts, end):
                scripts = self.closing[scripts] + 1
        while (match := _SCRIPTS.match(self.text, scripts, end)) is not None:
            if not self._is_group(match.end(), end):
                if self.text[match.end() - 1] in "_^":
                    break
                scripts = match.end()
                continue
            scripts = self.closing[match.end()] + 1
        source = self.text[at:scripts]
        return (scripts, Piece("math", source)) if formula(source) else None

    def _is_group(self, at: int, end: int) -> bool:
        return at < end and self.text[at] == "{" and self.closing.get(at, end) < end

    def _after_word(self, at: int, end: int) -> int:
        """Past the `{}` that ends a macro's name."""
        return at + 2 if self.text.startswith("{}", at, end) else at


_MARKS = {"``": "“", "''": "”", "--": "–", "---": "—"}


def _matching_braces(text: str) -> dict[int, int]:
    closing: dict[int, int] = {}
    stack: list[int] = []
    for match in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if match[0] == "{":
            stack.append(match.start())
        elif match[0] == "}" and stack:
            closing[stack.pop()] = match.start()
    return closing


def _add_text(found: list[Piece], text: str) -> None:
    if not text:
        return
    if found and found[-1].kind == "text":
        text = found.pop().text + text
    found.append(Piece("text", text))


def _add_piece(found: list[Piece], piece: Piece) -> None:
    if piece.kind == "text" and not piece.inner:
        _add_text(found, piece.text)
    else:
        found.append(piece)
