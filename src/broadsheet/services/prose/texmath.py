"""One TeX formula to MathML, safe whatever the formula holds.

latex2mathml parses; nothing of its output is trusted. Its element tree is written anew from a
short list of elements and attributes, every attribute's value is matched against a pattern, and
every text is escaped, so that no input can make markup. What cannot be shown is None.
"""

import re
import unicodedata
from collections.abc import Container
from functools import lru_cache
from html import escape
from xml.etree.ElementTree import Element

from latex2mathml.converter import Converter

MAX_TEX = 2_000
_MAX_DEPTH = 40
_FORBIDDEN = re.compile(
    r"\\(?:[a-z]*def|let|(?:re)?new\w*|provide\w*|Declare\w*|input|include|csname|href|style|class"
    r"|cssId|html\w*|require|unicode|verb|tag)(?![a-z])"
)
_ELEMENT_NAMES = """math mrow mi mo mn mtext mspace msub msup msubsup mfrac msqrt mroot munder mover
munderover mtable mtr mtd mstyle mpadded mphantom menclose"""
_ELEMENTS = frozenset(_ELEMENT_NAMES.split())
SCRIPTED = frozenset(("msub", "msup", "msubsup", "munder", "mover", "munderover"))
_FUNCTION_NAMES = """arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf
ker lg lim liminf limsup ln log max min Pr sec sin sinh sup tan tanh"""
_NAMES = frozenset(_FUNCTION_NAMES.split())
_NUMBERS = re.compile(r"\\([CNQRZ])\1?(?![a-zA-Z])")
_EPSILON = re.compile(r"\\eps(?![a-zA-Z])")
_OPENING, _CLOSING = frozenset("([{⟨⌊⌈"), frozenset(")]}⟩⌋⌉")
_BREAKING = frozenset("+−-=<>≤≥≠≈≡∼≃≅≪≫∈∉⊂⊆→←↦⇒⇔∝±∪∩×⊗⊕")
_LONG, _WIDE = 9, 32
_TRUTH = re.compile(r"(?:true|false)\Z")
_LENGTH = re.compile(r"-?(?:\d|1\d|20)?(?:\.\d{1,4})?(?:em|ex)\Z")
_ATTRIBUTES = {
    "display": re.compile(r"(?:inline|block)\Z"),
    "displaystyle": _TRUTH,
    "fence": _TRUTH,
    "form": re.compile(r"infix\Z"),
    "largeop": _TRUTH,
    "linethickness": _LENGTH,
    "lspace": _LENGTH,
    "mathvariant": re.compile(r"normal\Z"),
    "maxsize": _LENGTH,
    "minsize": _LENGTH,
    "movablelimits": _TRUTH,
    "notation": re.compile(r"[a-z]{1,20}\Z"),
    "rspace": _LENGTH,
    "scriptlevel": re.compile(r"[+-]?[0-3]\Z"),
    "separator": _TRUTH,
    "stretchy": _TRUTH,
    "symmetric": _TRUTH,
    "width": _LENGTH,
}
_ENTITY = re.compile(r"&#x([0-9A-Fa-f]{2,6});")
_VARIANTS = {
    "bold": ("MATHEMATICAL BOLD",),
    "italic": ("MATHEMATICAL ITALIC",),
    "bold-italic": ("MATHEMATICAL BOLD ITALIC",),
    "script": ("MATHEMATICAL SCRIPT", "SCRIPT"),
    "fraktur": ("MATHEMATICAL FRAKTUR", "BLACK-LETTER"),
    "double-struck": ("MATHEMATICAL DOUBLE-STRUCK", "DOUBLE-STRUCK"),
    "sans-serif": ("MATHEMATICAL SANS-SERIF",),
    "monospace": ("MATHEMATICAL MONOSPACE",),
}
STYLES = frozenset(_VARIANTS)


class CannotShowError(Exception):
    """The formula holds what has no safe or no sensible form."""


@lru_cache(maxsize=8192)
def formula(tex: str, *, display: bool = False) -> str | None:
    """Return a formula as MathML, or None when it is broken, unknown, too long or too deep.

    Never raises. The source is what stands between the dollars.
    """
    try:
        root = tree(tex, display=display)
        if display:
            # A wide one scrolls: who has only keys must be able to get to it.
            return f'<span class="display" tabindex="0">{_written(root)}</span>'
        return "<wbr>".join(_fitting(part) for part in _split(root))
    except (CannotShowError, RecursionError):
        return None


def tree(tex: str, *, display: bool = False) -> Element:
    """Return a formula as elements of MathML, none of them checked: see `checked_tag`, `text_of`.

    Raises:
        CannotShowError: it is broken, too long or too deep, or may not stand on a page.
    """
    if not tex.strip() or len(tex) > MAX_TEX or _FORBIDDEN.search(tex) or _depth(tex) > _MAX_DEPTH:
        raise CannotShowError(tex)
    try:
        mode = "block" if display else "inline"
        return Converter(display=mode).convert_to_element(_with_house_macros(tex))
    except Exception as e:  # it raises StopIteration, IndexError, RecursionError and its own
        raise CannotShowError(tex) from e


def checked_tag(element: Element) -> str:
    """Return the name of an element.

    Raises:
        CannotShowError: it is not one of those that are shown.
    """
    if element.tag not in _ELEMENTS:
        raise CannotShowError(element.tag)
    return element.tag


def text_of(element: Element, styles: Container[str] = STYLES) -> str:
    """Return the text that an element begins with, in the letters of its style if it is of these.

    Raises:
        CannotShowError: there is something unknown in it.
    """
    style = element.get("mathvariant", "")
    return _text(element.text or "", style if style in styles else "")


def _with_house_macros(tex: str) -> str:
    """The macros that nearly all authors define alike: `\\R` is the reals, `\\eps` an epsilon."""
    plain = tex.replace("\0", " ")
    return _EPSILON.sub(r"\\varepsilon ", _NUMBERS.sub(r"\\mathbb{\1}", plain))


def _depth(tex: str) -> int:
    """The deepest nesting of braces."""
    depth = deepest = 0
    for character in tex:
        depth += (character == "{") - (character == "}")
        deepest = max(deepest, depth)
    return deepest


def _split(root: Element) -> list[Element]:
    """A formula in the parts between which a line may end: before signs outside of brackets."""
    if len(root) != 1 or len(root[0]) < _LONG:
        return [root]
    rows, depth = [Element("mrow")], 0
    for child in root[0]:
        sign = _text(child.text or "", "") if child.tag == "mo" else ""
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth <= 0 and sign in _BREAKING and len(rows[-1]):
            child.set("form", "infix")
            rows.append(Element("mrow"))
        rows[-1].append(child)
    return [_part(root, row) for row in rows]


def _part(root: Element, row: Element) -> Element:
    part = Element("math", root.attrib)
    part.append(row)
    return part


def _fitting(part: Element) -> str:
    """A part that may be wider than a small screen can be moved in its own window."""
    html = _written(part)
    return f'<span class="wide">{html}</span>' if sum(1 for _ in part.iter()) > _WIDE else html


def _written(element: Element) -> str:
    """An element as HTML, by the lists above; what is not on them fails or is left out."""
    name = checked_tag(element)
    _space_names(element)
    attributes = "".join(
        f' {key}="{escape(value)}"'
        for key, value in element.attrib.items()
        if key in _ATTRIBUTES and _ATTRIBUTES[key].match(value)
    )
    text = text_of(element)
    inside = "".join(_written(child) + escape(_text(child.tail or "", "")) for child in element)
    tag = "mo" if (name, text) == ("mi", "∼") else name
    return f"<{tag}{attributes}>{escape(text)}{inside}</{tag}>"


def _space_names(row: Element) -> None:
    """Make operators of names such as `log`, with the thin spaces that TeX sets around them."""
    for i, child in enumerate(row):
        core = child[0] if child.tag in SCRIPTED and len(child) else child
        if core.tag != "mi" or core.text not in _NAMES:
            continue
        after = row[i + 1] if i + 1 < len(row) else None
        core.tag = "mo"
        core.attrib = {
            "lspace": "0.167em" if i and row[i - 1].tag not in ("mo", "mspace") else "0em",
            "rspace": "0em" if after is None or after.tag in ("mo", "mspace") else "0.167em",
        }


def _text(text: str, variant: str) -> str:
    """The text of an element: references become characters, a backslash is something unknown."""
    plain = _ENTITY.sub(lambda m: _character(int(m[1], 16)), text)
    if "\\" in plain:
        raise CannotShowError(plain)
    if plain == "~":
        return "∼"
    names = _VARIANTS.get(variant)
    return "".join(_styled(c, names) for c in plain) if names else plain


def _character(code: int) -> str:
    character = chr(code) if code < 0x110000 else "\ufffd"
    return "\ufffd" if unicodedata.category(character) in ("Cc", "Cs") else character


def _styled(letter: str, prefixes: tuple[str, ...]) -> str:
    """The mathematical letter of a style: browsers know no other way to write it."""
    if not (letter.isascii() and letter.isalnum()):
        return letter
    kind = "DIGIT" if letter.isdigit() else "CAPITAL" if letter.isupper() else "SMALL"
    name = unicodedata.name(letter).rsplit(" ", 1)[-1]
    for prefix in prefixes:
        try:
            return unicodedata.lookup(f"{prefix} {kind} {name}")
        except KeyError:
            continue
    return letter
