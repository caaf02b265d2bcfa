"""Prose with TeX as plain text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.services.prose.plain import to_plain


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


_HOSTILE = r"""$ $$ \( \) \[ \] { } \emph{ \href{ \url{ \cite{ \footnote{ \begin{equation} ~ ` ``
'' -- \\ \" \' \v{ \c _{ ^{ <script> </a> & < > " onclick= https:// javascript: word A 5"""
PARTS = st.sampled_from([*_HOSTILE.split(), " ", "\0", "\ud800", "\n\n", "王", "\\"])


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, max_size=60).map("".join) | st.text(max_size=300))
def test_any_prose_has_a_plain_form_on_one_line(text):
    plain = to_plain(text)
    assert plain == " ".join(plain.split())
