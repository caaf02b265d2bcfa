"""Whatever a paper is called, its Markdown shows that and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.web.faces.feed import fit
from broadsheet.web.faces.markdown import escaped

markdown_it = pytest.importorskip("markdown_it")
READER = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKS = st.text(st.sampled_from(list("\\`*_[]<>~|&;#+-=.)(!: \n1ab\"'$@/")), max_size=40)


def shown(markdown: str) -> str:
    """Return the text of what must be one paragraph of nothing but text."""
    opening, inline, closing = READER.parse(markdown)
    assert (opening.type, closing.type) == ("paragraph_open", "paragraph_close")
    kinds = {child.type for child in inline.children}
    assert kinds <= {"text", "text_special"}, markdown
    return "".join(child.content for child in inline.children)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "![x](javascript:alert(1))",
        "[x](https://example.org)",
        "<https://example.org>",
        "# Heading",
        "- item",
        "+ item",
        "1. item",
        "2) item",
        "---",
        "===",
        "```sh",
        "~~~",
        "> quote",
        "*a* _b_ __c__ ~~d~~ `e`",
        "| a | b | --- |",
        "&lt;b&gt; &#60; & AT&T",
        "\\<b>",
        "[a]: https://example.org",
        "a\n\n# b\r\n    code",
    ],
)
def test_what_could_be_markup_is_text(text):
    assert shown(escaped(text)) == fit(text)


@given(MARKS)
def test_any_text_is_shown_as_it_is(text):
    if fit(text):
        assert shown(escaped(text)) == fit(text)


@pytest.mark.parametrize("text", ["snake_case_name", "10.1000/x_y", "a - b", "C++ & C#", "2.5 %"])
def test_what_is_no_markup_stays_as_it_is(text):
    assert escaped(text) == text


def test_marks_that_turn_text_around_and_control_characters_go():
    assert fit("a\u202eb\u2066c\x00d\x0be\ufffef\x85g\u2028h") == "abcdef g h"
    assert fit("שלום עולם") == "שלום עולם"
