"""The rules of tags, notes, names of collections, topics."""

import pytest

from broadsheet.model.choices import choice
from broadsheet.model.collections import VISIBILITIES, about_of, collection_name
from broadsheet.model.errors import InvalidValueError
from broadsheet.model.follows import topic_of
from broadsheet.model.marks import CHANGES, FIELDS, change_to, note_of, tag_of


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        (" To  Read ", "to read"),
        ("#NLP", "nlp"),
        ("Straße", "strasse"),
        ("ＡＢＣ", "abc"),
        ("中文 検索", "中文 検索"),
        ("हिन्दी", "हिन्दी"),
        ("<b>", "<b>"),
        ("x" * 30, "x" * 30),
    ],
)
def test_a_tag_is_put_straight(text: str, tag: str) -> None:
    assert tag_of(text) == tag


@pytest.mark.parametrize("text", ["", "  ", "#", "..", "x" * 31, "a/b", "a\\b", "a,b", "a\u202eb"])
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="A tag has"):
        tag_of(text)


def test_a_note_keeps_its_lines_and_has_an_end() -> None:
    assert note_of(" a\r\nb\0 ") == "a\nb"
    with pytest.raises(InvalidValueError, match="20,000"):
        note_of("x" * 20_001)


def test_names_of_collections() -> None:
    assert collection_name("  To   read ") == "To read"
    for text in ("", " ", "x" * 81, "a\u202eb"):
        with pytest.raises(InvalidValueError, match="name has"):
            collection_name(text)
    with pytest.raises(InvalidValueError, match="description"):
        about_of("x" * 2001)


@pytest.mark.parametrize("text", ["", "!?", "x" * 101])
def test_a_topic_is_words(text: str) -> None:
    assert topic_of(" seeds  of diffusion ") == "seeds of diffusion"
    with pytest.raises(InvalidValueError, match="A topic"):
        topic_of(text)


def test_a_choice_is_one_of_its_words() -> None:
    assert choice("public", VISIBILITIES, "visibility") == "public"
    with pytest.raises(InvalidValueError, match="no visibility 'open'; it is one of private"):
        choice("open", VISIBILITIES, "visibility")


def test_every_value_of_a_field_has_its_change() -> None:
    assert [change_to(*FIELDS[change]) for change in CHANGES] == list(CHANGES)
