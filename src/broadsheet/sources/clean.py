"""Text as it is to be read: no control characters, hard line ends or TeX accents.

Mathematics (`$...$`, `\\(...\\)`, `\\[...\\]`) stays as it came: the pages typeset it.
"""

import re
import unicodedata

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\uffff"
    "\ud800-\udfff]"
)
_ASCII = bytes(range(32, 127))  # what can be seen of it
_FORMULA = "\0"  # stands for one while the text around it is made plain
_LONGEST_FORMULA = 2_000
# Each way begins with a letter of its own, so that all that can begin none is passed over at once.
_MATHS = re.compile(
    r"(\$\$.{1,2000}?\$\$|\$(?<!\\\$)(?:[^$\\]|\\.){0,2000}\$|\\\(.{1,600}?\\\)|\\\[.{1,600}?\\\])",
    re.DOTALL,
)
_COMBINING = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    "u": "\u0306",
    ".": "\u0307",
    '"': "\u0308",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
    "b": "\u0331",
}
_LETTERS = {
    "ss": "ß",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "i": "i",
    "j": "j",
    "dh": "ð",
    "th": "þ",
    "textendash": "–",
    "textemdash": "—",
    "textquoteleft": "‘",
    "textquoteright": "’",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textless": "<",
    "textgreater": ">",
    "textasciitilde": "~",
    "textunderscore": "_",
    "ldots": "…",
}
_ACCENT = re.compile(
    r"\\([`'^~\"=.])\s*(?:\{\s*(?:\\([ij])|([A-Za-z]))\s*\}|\\([ij])(?![A-Za-z])|([A-Za-z]))"
    r"|\\([uvHckrdb])(?:\s*\{\s*(?:\\([ij])|([A-Za-z]))\s*\}|\s+([A-Za-z]))"
)
_LETTER = re.compile(
    r"\\(ss|ae|AE|oe|OE|aa|AA|dh|th|[oOlLij]|text(?:endash|emdash|less|greater|asciitilde|underscore"
    r"|quote(?:left|right|dblleft|dblright))|ldots)(?![A-Za-z])(?:\{\}|\s+)?"
)
_ONE_IN_BRACES = re.compile(r"\{(\w)\}")
_WRAPPED = re.compile(
    r"\\(?:emph|text(?:it|bf|tt|sc|rm|sf|sl)?|mbox|underline|url)\s*\{([^{}]{0,2000})\}"
    r"|\{\\(?:it|bf|em|sc|rm|tt|sl|sf)\b\s*([^{}]{0,2000})\}"
)
_FONT = re.compile(
    r"\\(?:emph|text(?:it|bf|tt|sc|rm|sf|sl|up)|mbox|underline|url|it|bf|em|sc|rm|tt|sl|sf)"
    r"(?![A-Za-z])\s*"
)
_BRACE = re.compile(r"\\?[{}]")
_ESCAPED = re.compile(r"\\([%&_#])")
_TIE = re.compile(r"~(?<=[^\s/]~)(?=\S)")


def clean_text(text: str) -> str:
    """Return a title, abstract or comment on one line, with TeX outside mathematics as letters."""
    if _has_tex(text):
        parts, mark = _around_maths(text)
        outside = _FORMULA.join(parts[::2])
        if _has_tex(outside):
            parts[::2] = _plain(outside).split(_FORMULA)
            text = mark.join(parts)
    return one_line(text)


def clean_bibtex(text: str) -> str:
    """Return a value out of BibTeX: as `clean_text`, without the braces that protect letters."""
    parts, mark = _around_maths(text)
    plain = _plain(_FORMULA.join(parts[::2]))
    parts[::2] = _BRACE.sub("", _FONT.sub("", plain)).split(_FORMULA)
    return one_line(mark.join(parts))


def clean_name(name: str) -> str:
    """Return a person's name with TeX accents as letters and no braces."""
    if "\\" in name or "{" in name or "~" in name:
        name = _plain(name).replace("{", "").replace("}", "").replace("~", " ").replace("\\", "")
    return one_line(name)


def one_line(text: str) -> str:
    """Return text with every run of blanks as one, and nothing that cannot be seen or stored."""
    text = text.strip().replace("\n", " ")
    if "  " not in text and _is_printable(text):
        return text
    text = " ".join(text.split())
    return text if text.isprintable() else " ".join(_UNPRINTABLE.sub("", text).split())


def _is_printable(text: str) -> bool:
    # Bytes are looked up in a table, which is three times as fast as to ask for each letter.
    return not text.encode().translate(None, _ASCII) if text.isascii() else text.isprintable()


def _has_tex(text: str) -> bool:
    return "\\" in text or "~" in text or "`" in text


def _around_maths(text: str) -> tuple[list[str], str]:
    """Return the texts around formulas and the formulas by turns, and what joins them again."""
    text = text.replace(_FORMULA, "")
    if "\\(" not in text and "\\[" not in text:
        if "$" not in text:
            return [text], ""
        if "$$" not in text and "\\$" not in text:  # then each second dollar closes
            parts = text.split("$")
            if len(parts) % 2 and max(map(len, parts)) <= _LONGEST_FORMULA:
                return parts, "$"
    return _MATHS.split(text), ""


def _plain(text: str) -> str:
    if "\\" in text:
        text = _ACCENT.sub(_accented, text)
        text = _LETTER.sub(lambda match: _LETTERS[match[1]], text)
        if "{" in text:
            text = _ONE_IN_BRACES.sub(r"\1", text)
            for _ in range(2):  # one may stand in another
                text, n = _WRAPPED.subn(lambda match: match[1] or match[2] or "", text)
                if not n:
                    break
        text = _ESCAPED.sub(r"\1", text)
    if "``" in text:
        text = text.replace("``", "“").replace("''", "”")
    return _TIE.sub(" ", text) if "~" in text else text


def _accented(match: re.Match[str]) -> str:
    accent = match[1] or match[6]
    letter = next(part for part in (*match.groups()[1:5], *match.groups()[6:]) if part)
    return unicodedata.normalize("NFC", letter + _COMBINING[accent])
