"""What a typed query asks for."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broadsheet.model.language import as_words
from broadsheet.model.language.reading import MAX_CHARACTERS
from broadsheet.search.analysis import plain, read_query, terms_of, title_name


def _typed(text: str) -> list[str]:
    return [word.typed for word in read_query(text).words]


def test_terms_have_no_case_accents_or_endings() -> None:
    assert terms_of("Schrödinger's EQUATIONS") == ["schroding", "s", "equat"]


def test_words_stay_as_they_were_typed_and_come_once() -> None:
    assert _typed("Folding proteins, folded Protein") == ["Folding", "proteins"]


def test_a_word_that_comes_twice_counts_twice() -> None:
    assert [(word.term, word.times) for word in read_query("graphs of graph nets").words] == [
        ("graph", 2),
        ("net", 1),
    ]


def test_stop_words_are_left_out() -> None:
    assert _typed("what is the attention of a model") == ["attention", "model"]


def test_stop_words_alone_are_looked_for() -> None:
    assert _typed("to be or not to be") == ["to", "be", "or", "not"]


def test_signs_of_a_text_that_is_no_search_are_none() -> None:
    text = 'title:graphs AND NOT (nets) "+x* ~2^3 -y'
    assert _typed(as_words(text)) == ["title", "graphs", "nets", "x", "2", "3", "y"]


def test_words_count_by_their_weights_and_those_against_stand_apart() -> None:
    asked = read_query("graphs^2 of graph nets^-1")
    assert [(word.term, word.times) for word in asked.words] == [("graph", 3.0)]
    assert [(word.term, word.times) for word in asked.against] == [("net", 1.0)]
    assert asked.text == "graphs of graph"


def test_phrases_stand_between_quotation_marks_of_any_kind() -> None:
    asked = read_query("a “graph networks” b \"one\" 'x y'")
    assert asked.phrases == (("graph", "network"), ("one",))
    assert '"' not in asked.text
    assert "“" not in asked.text


@pytest.mark.parametrize("text", ["", " ", "!?…", "\0", "😀 ¶", "\ud800"])
def test_without_letters_or_digits_there_are_no_words(text: str) -> None:
    assert read_query(text).words == ()


def test_scripts_without_blanks_are_words_by_character() -> None:
    assert plain("量子 x") == " 量  子  x"
    assert _typed("量子計算") == ["量", "子", "計", "算"]
    assert _typed("квантовый компьютер") == ["квантовый", "компьютер"]


def test_ids_are_known_in_all_their_forms() -> None:
    for text in ("2301.00001v2", "arXiv:2301.00001", "https://arxiv.org/pdf/2301.00001.pdf"):
        asked = read_query(text)
        assert asked.names[0] == "2301.00001"
        assert asked.is_only_names
    assert read_query("https://doi.org/10.1145/ABC.1").names[0] == "10.1145/abc.1"
    assert not read_query("compare 2301.00001 with others").is_only_names


def test_a_whole_title_is_a_name() -> None:
    assert title_name("Graph $\\alpha$-Networks") in read_query("graph networks").names


def test_of_ten_thousand_characters_as_many_are_words_as_a_search_may_have() -> None:
    asked = read_query(as_words("word" * 2_500))
    assert len(asked.text) == MAX_CHARACTERS
    assert asked.words == ()  # no word is so long
    assert len(read_query(as_words("ab " * 3_334)).text) <= MAX_CHARACTERS


@given(st.text(alphabet=st.characters(), max_size=200))
@example("\x08-0")
@example("a：-b −c")
@example("Saved: x saved:y")
def test_of_any_text_there_is_a_search_for_its_words(text: str) -> None:
    asked = read_query(as_words(text))
    assert asked.phrases == ()
    assert asked.condition is None
    assert asked.softs == ()
    asked.text.encode("utf-8")
    assert len({word.term for word in asked.words}) == len(asked.words)
