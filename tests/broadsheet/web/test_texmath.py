"""A formula becomes MathML, or None; nothing it holds becomes markup."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.services.prose.texmath import MAX_TEX, formula


def letters(html: str | None) -> str:
    return re.sub(r"<[^>]*>", "", html or "")


def test_a_formula_is_mathml():
    inside = "<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>"
    assert formula("x_1^2") == f"<math>{inside}</math>"


def test_a_displayed_formula_says_so():
    assert 'display="block"' in (formula(r"\sum_i x_i", display=True) or "")


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"\alpha", "α"),
        (r"\mathbb{R}", "ℝ"),
        (r"a \le b", "a≤b"),
        (r"\mathbf{xy}", "𝐱𝐲"),
        (r"\R^d", "ℝd"),
        (r"\eps>0", "ε&gt;0"),
        (r"\mbox{if } 95%", "if\xa095%"),
        (r"\widetilde{x}", "x~"),
        (r"a\dotsb b", "a⋯b"),
        (r"\textrm{so}", "so"),
    ],
)
def test_symbols_become_characters(tex, shown):
    assert letters(formula(tex)) == shown


def test_a_line_may_end_before_a_sign_outside_of_brackets():
    parts = (formula("a + f(b + c) = d") or "").replace("<wbr>", "|")
    assert letters(parts) == "a|+f(b+c)|=d"
    assert '<wbr><math><mo form="infix">=</mo>' in (formula("a + f(b + c) = d") or "")
    signs = (formula("a + f(b + c) = -d") or "").replace("<wbr>", "|")
    assert letters(signs) == "a|+f(b+c)|=−d"
    assert "<wbr>" not in (formula("a + b = c") or "")


def test_a_long_part_has_a_window_of_its_own():
    assert '<span class="wide">' in (formula(r"\frac{" + "x_i " * 20 + "}{2}") or "")
    assert '<span class="display" tabindex="0">' in (formula("x", display=True) or "")


def test_names_of_functions_stand_apart():
    html = formula(r"n \log n") or ""
    assert '<mspace width="0.1667em"></mspace><mrow>' in html
    assert '<mo lspace="0.1667em">&ApplyFunction;</mo><mi>n</mi>' in html


@pytest.mark.parametrize(
    "tex",
    [
        "",
        "   ",
        r"\frac{1}{",
        r"\unknown{x}",
        r"x_1_2",
        r"\left( x",
        r"\def\a{\a\a}\a",
        r"\newcommand{\a}{b}\a",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(//evil)}{x}",
        r"\class{x}{y}",
        r"\verb|<b>|",
        r"a \label{x}",
        "x" * (MAX_TEX + 1),
        "{" * 60 + "}" * 60,
    ],
)
def test_what_cannot_be_shown_is_none(tex):
    assert formula(tex) is None


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<img src=x onerror=alert(1)>}",
        r"\mbox{<script>alert(1)</script>}",
        r"\textcolor{red\" onclick=\"alert(1)}{x}",
        r"\color{expression(alert(1))}{x}",
        "&#x3c;script&#x3e;",
        r"\hspace{999em\" onclick=\"x}",
        r"\rule{9999em}{9999em}",
        r"\operatorname{<b>}",
        "</math><script>",
        r"\begin{array}{c\" onclick=\"x}a\end{array}",
    ],
)
def test_hostile_formulas_are_harmless(is_safe, tex):
    html = formula(tex)
    assert html is None or is_safe(html)
    assert "<script" not in (html or "")
    assert "<img" not in (html or "")


def test_a_length_that_would_break_the_page_is_left_out():
    assert "9999" not in (formula(r"a\hspace{9999em}b") or "")


_HOSTILE = r"""\frac \sqrt \left( \right) \text{ \href{ \begin{matrix} \end{matrix} \\ & ^ _ { }
[ ] $ # % ~ ' < > " onclick= &#x3c; \over \mathbb \hspace{ \color{ \limits \genfrac \substack{"""
PARTS = st.sampled_from([*_HOSTILE.split(), "x", "1", " ", "é", "\0", "\ud800", "王", "\\"])


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, max_size=40).map("".join) | st.text(max_size=200))
def test_any_input_gives_safe_mathml_or_none(is_safe, tex):
    html = formula(tex)
    assert html is None or is_safe(html)


_OPENING_NAMES = r"""( [ \{ \lAngle \lBrace \lVert \lang \langle \lbrace \lbrack \lceil \lfloor
\lgroup \llangle \llbracket \llcorner \llparenthesis \lmoustache \lparen \lvert \ulcorner
⌈ ⌊ ⌜ ⌞ ⎰ ❲ ⟅ ⟦ ⟨ ⟪ ⟬ ⟮ ⦃ ⦅ ⦇ ⦉ ⦋ ⦍ ⦏ ⦑ ⦓ ⦕ ⦗ ⧘ ⧚ ⧼"""
REPEATED = [
    "{",
    "}",
    "x_",
    "x^{",
    r"\frac",
    r"\left(",
    r"\sqrt{",
    r"\begin{matrix}",
    "'",
    "&",
    "\\\\",
]
REPEATED += ["x[", "{(}", r"\big(", r"\mathopen{(}", r"\\[", r"\sum_{["]
OPENING = _OPENING_NAMES.split()
"""What math-core takes for the beginning of a pair; many without an end take it forever."""


@pytest.mark.parametrize(
    "unit",
    [*OPENING, *REPEATED],
)
def test_long_repetitions_take_bounded_time(unit):
    started = time.perf_counter()
    formula((unit * MAX_TEX)[:MAX_TEX])
    formula(f"{unit} " * 40)
    assert time.perf_counter() - started < 2.0
