"""A formula's tree in the nearest letters: `α_i ≤ 10^-5`, `(a + b)/c`."""

import re
import unicodedata
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from broadsheet.services.prose.texmath import SCRIPTED, CannotShowError, checked_tag, text_of

_ALONE = re.compile(r"-?\w+′*\Z|.?\Z|\([^()]*\)\Z|\[[^\[\]]*\]\Z")
"""What needs no brackets where it stands as an index or in a fraction."""
_RELATIONS = frozenset("=<>≤≥≠∉≮≯≢≈≡∼≃≅≪≫≲≳∈∉⊂⊆⊃⊇→←↦⇒⇔∝≔≺≻⪯⪰∣⊢⊨")
_SIGNS = frozenset("+-±∓×÷∪∩⊗⊕∧∨∘")
_ASCII = str.maketrans("−∗", "-*")
_ACCENTS = {
    **{"^": "\u0302", "~": "\u0303", "¯": "\u0304", "―": "\u0304", "→": "\u20d7", "˙": "\u0307"},
    **{"¨": "\u0308", "ˇ": "\u030c", "˘": "\u0306", "´": "\u0301", "`": "\u0300", "∼": "\u0303"},
}
_BARS = frozenset("_―⏟⏞⎵⎴←↔")
_NEGATION = "⧸"
_GREAT = frozenset("∑∏∐∫∮⋂⋃⨁⨂")
_STYLES = frozenset(("script", "fraktur", "double-struck"))
"""Those that mean something of their own; bold and italic letters are plain ones here."""
_LETTERS = ("mi", "mn", "mo", "mtext")
_INDICES = {"msub": "_", "munder": "_", "msup": "^", "mover": "^"}


def letters(root: Element) -> str:
    """Return a formula as plain text.

    Raises:
        CannotShowError: it holds what has no sensible form.
    """
    return " ".join(_row(root).split())


def _row(row: Iterable[Element], *, is_tight: bool = False) -> str:
    """Return elements after each other, with blanks around relations, signs and names."""
    said = ""
    was_name = is_negated = False
    for element in row:
        part = _said(element)
        if element.tag == "mspace" or not part:
            said += part
            continue
        if part == _NEGATION:
            is_negated = True
            continue
        if is_negated:
            part, is_negated = unicodedata.normalize("NFC", f"{part}\u0338"), False
        is_name = _is_name(element, part)
        if _is_between(element, part, said, is_tight):
            said = f"{said.rstrip()} {part} "
        elif part in (",", ";"):
            said = f"{said.rstrip()}{part}" + ("" if is_tight else " ")
        else:
            needs_blank = (was_name and part[0].isalnum()) or (is_name and said[-1:].isalnum())
            said += f" {part}" if needs_blank else part
        was_name = is_name
    return said + _NEGATION if is_negated else said


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
    if element.tag in ("mi", "mo") and len(part) > 1 and part[:2].isalpha():
        return True
    is_scripted = element.tag in SCRIPTED and len(element) > 0
    return is_scripted and _is_name(element[0], text_of(element[0]) or " ")


def _said(element: Element) -> str:
    tag = checked_tag(element)
    if tag in _LETTERS:
        return text_of(element, _STYLES).translate(_ASCII) + _row(element)
    if tag == "mspace":
        return "" if element.get("width", "").startswith("-") else " "
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
    if tag in (*SCRIPTED, "mfrac", "mroot"):
        raise CannotShowError(tag)
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
