"""Prose with TeX as plain text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.services.prose.plain import plain_formula, to_plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"On $L^p$ and $\alpha$-decay of \emph{BERT}", "On L^p and α-decay of BERT"),
        (r"broken $\frac{1}{$", r"broken \frac{1}{"),
        ("a\n  b", "a b"),
    ],
)
def test_plain_text_reads_on(text, plain):
    assert to_plain(text) == plain


@pytest.mark.parametrize(
    ("formula", "plain"),
    [
        (r"x_{ij}^{n+1} \le 10^{-5}", "x_ij^(n+1) ≤ 10^-5"),
        (r"\frac{a+b}{c}", "(a + b)/c"),
        (r"\frac{k\log k}{\epsilon^2}", "(k log k)/(ϵ^2)"),
        (r"\sum_{i=1}^n i", "∑_(i=1)^n i"),
        (r"\max_x \dim(A), -5", "max_x dim(A), -5"),
        (r"\hat{x}, \overline{AB}, f'", "x̂, AB, f′"),
        (r"\mathcal{O}(\sqrt{n}), \mathbb{R}, \mathbf{2}, \textit{so}", "𝒪(√n), ℝ, 2, so"),
        (r"\sqrt[3]{x+1}", "3√(x + 1)"),
        (r"\binom{n}{k}", "(n over k)"),
        (r"a \not= b", "a ≠ b"),
        (r"\begin{pmatrix}a&b\\c&d\end{pmatrix}", "(a b; c d)"),
        (r"\text{for } 95\%", "for 95%"),
        (r"\frac" * 390, r"\frac" * 390),
        (r"\sqrt" * 390 + "x", r"\sqrt" * 390 + "x"),
        (r"\unknown{x}", r"\unknown{x}"),
        (r"\frac{x}", r"\frac{x}"),
    ],
)
def test_formulas_are_said_in_the_nearest_letters(formula, plain):
    assert plain_formula(formula) == plain


_HOSTILE = r"""$ $$ \( \) \[ \] { } \emph{ \href{ \url{ \cite{ \footnote{ \begin{equation} ~ ` ``
'' -- \\ \" \' \v{ \c _{ ^{ <script> </a> & < > " onclick= https:// javascript: word A 5"""
PARTS = st.sampled_from([*_HOSTILE.split(), " ", "\0", "\ud800", "\n\n", "王", "\\"])


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, max_size=60).map("".join) | st.text(max_size=300))
def test_any_prose_has_a_plain_form_on_one_line(text):
    plain = to_plain(text)
    assert plain == " ".join(plain.split())
