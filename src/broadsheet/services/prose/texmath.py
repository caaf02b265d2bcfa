"""One TeX formula to MathML, safe whatever the formula holds.

math-core converts; nothing of its output is trusted. Each tag is written anew from a short list of
elements and attributes, every attribute's value is matched against a pattern, and text has no sign
in it that begins a tag, so that no input can make markup. What cannot be shown is None.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from math_core import LatexError, LatexToMathML

MAX_TEX = 2_000
_MAX_DEPTH = 40
_MAX_OPEN = 10
"""math-core looks for the partner of each bracket, and where there is none takes twice as long for
each that is open: a tenth of a millisecond for so many. Two formulas in 9,000 have more."""
_FORBIDDEN = re.compile(
    r"\\(?:[a-z]*def|let|(?:re)?new\w*|provide\w*|Declare\w*|input|include|csname|href|style|class"
    r"|cssId|html\w*|require|unicode|verb|tag|label|ref|eqref)(?![a-z])"
)
_OPEN = re.compile(
    r"[(\[⌈⌊⌜⌞⎰❲⟅⟦⟨⟪⟬⟮⦃⦅⦇⦉⦋⦍⦏⦑⦓⦕⦗⧘⧚⧼]|\\(?:\{|ulcorner|l(?:Angle|Brace|Vert|ang|brac[ek]|ceil|floor"
    r"|group|langle|lbracket|lcorner|lparenthesis|moustache|paren|vert))"
)
_PERCENT = re.compile(r"(?<!\\)((?:\\\\)*)%")
_ELEMENT_NAMES = """math mrow mi mo mn mtext mspace msub msup msubsup mfrac msqrt mroot munder mover
munderover mtable mtr mtd mstyle mpadded mphantom menclose b i code"""
_ELEMENTS = frozenset(_ELEMENT_NAMES.split())
_LEFT_OUT = frozenset(("span",))
"""What dresses text by classes and styles, which pages do not have."""
_OPENING, _CLOSING = frozenset("([{⟨⌊⌈"), frozenset(")]}⟩⌋⌉")
_BREAKING = frozenset((*"+−-=≤≥≠≈≡∼≃≅≪≫∈∉⊂⊆→←↦⇒⇔∝±∪∩×⊗⊕", "&lt;", "&gt;"))
_LONG, _WIDE = 9, 32
_TAG = re.compile(r"(<[^>]*>?)")
_PARTS = re.compile(r"<(/?)([a-z]+)((?: [a-z-]+=\"[^\"]*\")*)(/?)>")
_ATTRIBUTE = re.compile(r" ([a-z-]+)=\"([^\"]*)\"")
_TRUTH = re.compile(r"(?:true|false)\Z")
_LENGTH = re.compile(r"-?(?:\d|1\d|20)?(?:\.\d{1,8})?(?:r?em|ex)\Z|0\Z")
_ATTRIBUTES = {
    "display": re.compile(r"(?:inline|block)\Z"),
    "displaystyle": _TRUTH,
    "form": re.compile(r"(?:in|pre|post)fix\Z"),
    "linethickness": _LENGTH,
    "lspace": _LENGTH,
    "mathvariant": re.compile(r"normal\Z"),
    "maxsize": _LENGTH,
    "minsize": _LENGTH,
    "movablelimits": _TRUTH,
    "notation": re.compile(r"[a-z]{1,20}\Z"),
    "rspace": _LENGTH,
    "scriptlevel": re.compile(r"[+-]?[0-3]\Z"),
    "stretchy": _TRUTH,
    "symmetric": _TRUTH,
    "width": _LENGTH,
}
_ACCENTS = {
    **dict.fromkeys("\u0302ˆ", "^"),
    **dict.fromkeys("\u0303˜", "~"),
    **{"\u0332": "‾", "\u20d7": "→"},
}
"""Only fonts for mathematics put a mark that combines, or an `accent`, where it belongs."""
_MACROS = {
    **{name: rf"\mathbb{{{name[0]}}}" for letter in "CNQRZ" for name in (letter, 2 * letter)},
    **dict.fromkeys(("mbox", "hbox"), r"\text{#1}"),
    **dict.fromkeys(("dotsb", "dotsi", "dotsm"), r"\cdots"),
    **{"dotsc": r"\ldots", "eps": r"\varepsilon", "mathds": r"\mathbb{#1}", "slash": "/"},
    **{"pmb": r"\boldsymbol{#1}", "smash": "#1", "widetilde": r"\tilde{#1}"},
}
"""What nearly all authors define alike, and what math-core does not know."""
_converter = LatexToMathML(macros=_MACROS, fancy_error=False)


class CannotShowError(Exception):
    """The formula holds what has no safe or no sensible form."""


@lru_cache(maxsize=8192)
def formula(tex: str, *, display: bool = False) -> str | None:
    """Return a formula as MathML, or None when it is broken, unknown, too long or too deep.

    Never raises. The source is what stands between the dollars.
    """
    try:
        found = _tokens(tex, display=display)
    except CannotShowError:
        return None
    if display:
        # A wide one scrolls: who has only keys must be able to get to it.
        return f'<span class="display" tabindex="0">{"".join(found)}</span>'
    return "<wbr>".join(map(_fitting, _split(found)))


def mathml(tex: str) -> str:
    """Return a formula as MathML in one piece.

    Raises:
        CannotShowError: it is broken, unknown, too long or too deep, or may not stand on a page.
    """
    return "".join(_tokens(tex, display=False))


def _tokens(tex: str, *, display: bool) -> list[str]:
    """Return the MathML of a formula as text, tag, text, …, tag, text.

    Raises:
        CannotShowError: it is broken, unknown, too long or too deep, or may not stand on a page.
    """
    if not tex.strip() or len(tex) > MAX_TEX or _FORBIDDEN.search(tex) or _depth(tex) > _MAX_DEPTH:
        raise CannotShowError(tex)
    if len(_OPEN.findall(tex)) > _MAX_OPEN:
        raise CannotShowError(tex)
    plain = _PERCENT.sub(r"\1\\%", tex.replace("\0", " ").replace("\n", " "))
    try:
        made = _converter.convert_with_local_state(plain, displaystyle=display)
    except (LatexError, UnicodeEncodeError) as e:
        raise CannotShowError(tex) from e
    found = _TAG.split(made)
    found[1::2] = map(_checked, found[1::2])
    found[::2] = [_ACCENTS.get(text, text) for text in found[::2]]
    return found


def _depth(tex: str) -> int:
    """The deepest nesting of braces."""
    depth = deepest = 0
    for character in tex:
        depth += (character == "{") - (character == "}")
        deepest = max(deepest, depth)
    return deepest


@lru_cache(maxsize=1024)
def _checked(tag: str) -> str:
    """A tag by the lists above; an element that is not on them fails, an attribute is left out."""
    parts = _PARTS.fullmatch(tag)
    if parts is None or parts[2] not in _ELEMENTS | _LEFT_OUT:
        raise CannotShowError(tag)
    end, name, said, is_empty = parts.groups()
    if name in _LEFT_OUT:
        return ""
    kept = "".join(
        f' {key}="{value}"'
        for key, value in _ATTRIBUTE.findall(said)
        if key in _ATTRIBUTES and _ATTRIBUTES[key].match(value)
    )
    return f"<{end}{name}{kept}>" + (f"</{name}>" if is_empty else "")


def _split(found: list[str]) -> Iterator[list[str]]:
    """A formula in the parts between which a line may end: before signs outside of brackets."""
    cuts: list[int] = []
    depth = inside = n_children = 0
    for i in range(1, len(found), 2):
        tag, text = found[i], found[i + 1]
        if tag.startswith("</"):
            depth -= 1
            continue
        n_children += depth == 1 and bool(tag)
        if depth == 1 and tag.startswith(("<mo>", "<mo ")):
            inside += (text in _OPENING) - (text in _CLOSING)
            # A sign of one number, such as the minus of -1, has no space before it.
            is_between = n_children > 1 and 'lspace="0"' not in tag
            if is_between and inside <= 0 and text in _BREAKING:
                cuts.append(i)
        depth += bool(tag) and "</" not in tag
    if n_children < _LONG or not cuts:
        yield found
        return
    yield [*found[: cuts[0]], "</math>"]
    for start, end in zip(cuts, [*cuts[1:], len(found)], strict=True):
        sign = found[start]
        infix = sign if " form=" in sign else sign.replace("<mo", '<mo form="infix"', 1)
        ending = ["</math>"] if end < len(found) else []
        yield ["<math>", infix, *found[start + 1 : end], *ending]


def _fitting(part: Sequence[str]) -> str:
    """A part that may be wider than a small screen can be moved in its own window."""
    html = "".join(part)
    n_elements = html.count("<") - html.count("</")
    return f'<span class="wide">{html}</span>' if n_elements > _WIDE else html
