"""A formula's tree in the nearest letters: `α_i ≤ 10^-5`, `(a + b)/c`."""

import re
import unicodedata
from collections.abc import Iterable
from xml.etree.ElementTree import Element, ParseError, fromstring

from broadsheet.services.prose.texmath import CannotShowError, mathml

_ALONE = re.compile(r"-?\w+′*\Z|.?\Z|\([^()]*\)\Z|\[[^\[\]]*\]\Z")
"""What needs no brackets where it stands as an index or in a fraction."""
_RELATIONS = frozenset("=<>≤≥≠∉≮≯≢≈≡∼≃≅≪≫≲≳∈∉⊂⊆⊃⊇→←↦⇒⇔∝≔≺≻⪯⪰∣⊢⊨")
_SIGNS = frozenset("+-±∓×÷∪∩⊗⊕∧∨∘")
_APPLIED = "\u2061"
"""Stands between a function and what it is of."""
_TELLING = re.compile("SCRIPT|FRAKTUR|DOUBLE-STRUCK")
_DRESSED = [
    letter
    for letter in map(chr, range(0x1D400, 0x1D800))
    if not _TELLING.search(unicodedata.name(letter, ""))
]
"""Bold and italic letters, which are plain ones here; others have a meaning of their own."""
_PLAIN = str.maketrans(
    {letter: unicodedata.normalize("NFKC", letter) for letter in _DRESSED}
    | {"−": "-", "∗": "*", "⋅": "·"}
    | dict.fromkeys("\ufe00\ufe01\u2063", "")
)
_ACCENTS = {
    **{"^": "\u0302", "~": "\u0303", "¯": "\u0304", "˙": "\u0307", "¨": "\u0308", "ˇ": "\u030c"},
    **{"˘": "\u0306", "´": "\u0301", "`": "\u0300", "→": "\u20d7"},
    **{"‾": "\u0304", "\u20db": "\u20db"},
}
_BARS = frozenset("‾\u0305⏟⏞⎵⎴←↔")
_JOINING = frozenset("(/-")
_GREAT = frozenset("∑∏∐∫∮⋂⋃⨁⨂")
_SCRIPTED = frozenset(("msub", "msup", "msubsup", "munder", "mover", "munderover"))
_LETTERS = ("mi", "mn", "mo", "mtext")
_INDICES = {"msub": "_", "munder": "_", "msup": "^", "mover": "^"}


def letters(tex: str) -> str:
    """Return a formula as plain text.

    Raises:
        CannotShowError: it is broken, or holds what has no sensible form.
    """
    try:
        root = fromstring(mathml(tex).replace("&ApplyFunction;", _APPLIED))  # noqa: S314 our tags
    except ParseError as e:  # a letter or a name of one that XML does not know
        raise CannotShowError(tex) from e
    return " ".join(_row(root).split()).replace("...", "…")


def _row(row: Iterable[Element], *, is_tight: bool = False) -> str:
    """Return elements after each other, with blanks around relations, signs and names."""
    said = ""
    was_name = False
    for element in row:
        part = _said(element)
        if not part.strip():
            said += part if said[-1:] not in _JOINING else ""
            continue
        is_name = _is_name(element, part)
        if _is_between(element, part, said, is_tight):
            said = f"{said.rstrip()} {part} "
        elif part in (",", ";"):
            said = f"{said.rstrip()}{part}" + ("" if is_tight else " ")
        else:
            needs_blank = (was_name and part[0].isalnum()) or (is_name and said[-1:].isalnum())
            said += f" {part}" if needs_blank else part
        was_name = is_name
    return said


def _is_between(element: Element, part: str, before: str, is_tight: bool) -> bool:
    """Whether a sign stands between two things that it joins."""
    if is_tight or element.tag not in ("mo", "mi") or not before.strip():
        return False
    if part in _RELATIONS:
        return True
    return part in _SIGNS and before.rstrip()[-1] not in "([{,;=<>≤≥≈∼→∈+-±×/"


def _is_name(element: Element, part: str) -> bool:
    """Whether it is a word such as `log` or a great sign such as `∑`, or one with its indices."""
    if part[0] in _GREAT:
        return True
    while element.tag in _SCRIPTED:
        element = element[0]
    is_word = element.tag == "mi" or (len(element) == 2 and element[0].tag == "mspace")
    return is_word and len(part) > 1 and part[:2].isalpha()


def _said(element: Element) -> str:
    tag = element.tag
    if element.text == _APPLIED:
        return " " if "lspace" in element.attrib else ""
    if tag in _LETTERS:
        return "".join(element.itertext()).translate(_PLAIN)
    if tag == "mspace":
        return " " if "width" in element.attrib else ""
    if tag == "mphantom":
        return ""
    parts = list(element)
    if tag in _INDICES and len(parts) == 2:
        return _with_index(_INDICES[tag], *parts)
    if tag in ("msubsup", "munderover") and len(parts) == 3:
        below = _with_index("_", parts[0], parts[1])
        return _with_index("^", below, parts[2])
    if tag == "mfrac" and len(parts) == 2:
        joint = "/" if element.get("linethickness") != "0" else " over "
        return joint.join(_bracketed(_row([part])) for part in parts)
    if tag == "msqrt":
        return f"√{_bracketed(_row(parts))}"
    if tag == "mroot" and len(parts) == 2:
        return f"{_bracketed(_row([parts[1]]))}√{_bracketed(_row([parts[0]]))}"
    if tag == "mtable":
        return "; ".join(_row([line]).strip() for line in parts)
    if tag == "mtr":
        return " ".join(_row([cell]).strip() for cell in parts)
    return _row(parts)


def _with_index(sign: str, core: Element | str, index: Element) -> str:
    base = core if isinstance(core, str) else _row([core]).strip()
    said = _row(index if index.tag == "mrow" else [index], is_tight=True).strip()
    if sign == "^" and said in _ACCENTS:
        return unicodedata.normalize("NFC", base + _ACCENTS[said]) if len(base) == 1 else base
    if said in _BARS:
        return base
    if set(said) <= set("′″‴"):
        return base + said
    return base + sign + _bracketed(said)


def _bracketed(said: str) -> str:
    plain = said.strip()
    return plain if _ALONE.match(plain) else f"({plain})"
