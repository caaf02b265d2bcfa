"""BibTeX entries: kind, key, capitals, escapes."""

from typing import Any

import bibtexparser
import pytest
from bibtexparser import middlewares
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.broadsheet.services.export.examples import ANY_PAPER, BARE, JOURNAL, PAPER, named

from broadsheet.model.paper import Imprint
from broadsheet.services.export.bibtex import bibtex
from broadsheet.services.export.cite_keys import CiteKeys, cite_key


def test_a_preprint_is_misc_with_its_eprint():
    assert bibtex(PAPER) == (
        "@misc{vaswani2017attention,\n"
        "  title = {Attention Is All You Need},\n"
        "  author = {Ashish Vaswani and Noam Shazeer},\n"
        "  year = {2017},\n"
        "  month = jun,\n"
        "  eprint = {1706.03762},\n"
        "  archivePrefix = {arXiv},\n"
        "  primaryClass = {cs.CL},\n"
        "  url = {https://arxiv.org/abs/1706.03762},\n"
        "}\n"
    )


def test_a_venue_makes_it_proceedings_of_the_venues_year():
    entry = bibtex(replace(PAPER, venue="NeurIPS 2018"))
    assert entry.startswith("@inproceedings{vaswani2018attention,")
    assert "  booktitle = {NeurIPS 2018},\n  year = {2018},\n" in entry


def test_a_journal_makes_it_an_article():
    entry = bibtex(replace(PAPER, journal_ref="Phys. Rev. D & E", doi="10.1000/a%b"))
    assert entry.startswith("@article{")
    assert r"  journal = {Phys. Rev. D \& E}," in entry
    assert r"  doi = {10.1000/a\%b}," in entry


@pytest.mark.parametrize(
    ("author", "title", "key"),
    [
        ("José Ørsted", "On the Origin", "orsted2017origin"),
        ("van der Berg, Jan", "A 3D View", "vanderberg20173d"),
        ("王小明", "深度学习", "anonymous2017"),
        ("Łukasz Kaiser", "50 ways to $\\alpha$", "kaiser2017ways"),
        ("Sammy Davis Jr.", "Songs", "davis2017songs"),
        ("Martin Luther King, Jr.", "Letters", "king2017letters"),
    ],
)
def test_keys_are_ascii_and_telling(author, title, key):
    assert cite_key(replace(PAPER, authors=named(author), title=title)) == key


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Scaling BERT with t-SNE and GPT-4", "Scaling {BERT} with {t-SNE} and {GPT-4}"),
        (
            "A note on the fundamental theorem of Bayesian things",
            "A note on the fundamental theorem of {Bayesian} things",
        ),
        ("50% of $ & # in a_b", r"50\% of \$ \& \# in a\_b"),
        (r"Decay of $\alpha_{1}$ states", r"Decay of $\alpha_{1}$ states"),
        ("Sets {a, b} and }", r"Sets \textbraceleft{}a, b\textbraceright{} and \textbraceright{}"),
    ],
)
def test_titles_keep_capitals_and_formulas_and_escape_the_rest(title, written):
    assert f"  title = {{{written}}},\n" in bibtex(replace(PAPER, title=title))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("van der Berg, Jan", "van der Berg, Jan"),
        ("Jan van der Berg", "Jan van der Berg"),
        ("Martin Luther King, Jr.", "King, Jr., Martin Luther"),
        ("ATLAS Collaboration", "{ATLAS Collaboration}"),
        ("Simon and Garfunkel", "{Simon and Garfunkel}"),
        ("others", "{others}"),
        ("...", "{...}"),
        ("王小明", "王小明"),
        ("王 小明", "王, 小明"),
        ("Plato", "Plato"),
    ],
)
def test_names_are_written_so_that_bibtex_splits_them_right(name, written):
    assert f"  author = {{{written}}},\n" in bibtex(replace(PAPER, authors=named(name)))


def test_an_imprint_is_said_in_full():
    assert bibtex(JOURNAL) == (
        "@article{vaswani2018attention,\n"
        "  title = {Attention Is All You Need},\n"
        "  author = {Ashish Vaswani and Noam Shazeer},\n"
        "  journal = {Journal of Things},\n"
        "  volume = {12},\n"
        "  number = {3},\n"
        "  pages = {101--120},\n"
        "  publisher = {Things \\& Sons},\n"
        "  year = {2018},\n"
        "  eprint = {1706.03762},\n"
        "  archivePrefix = {arXiv},\n"
        "  primaryClass = {cs.CL},\n"
        "  doi = {10.1000/a--b_(c)},\n"
        "  url = {https://arxiv.org/abs/1706.03762},\n"
        "  note = {Retracted},\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("kind", "entry", "fields"),
    [
        ("book", "book", {"publisher": "P"}),
        ("chapter", "incollection", {"booktitle": "Nature 2018", "publisher": "P"}),
        ("thesis", "phdthesis", {"school": "P"}),
        ("report", "techreport", {"institution": "P"}),
        ("paper-conference", "inproceedings", {"booktitle": "Nature 2018", "publisher": "P"}),
        ("article-journal", "article", {"journal": "Nature", "publisher": "P"}),
        ("dataset", "inproceedings", {"booktitle": "Nature 2018", "publisher": "P"}),
    ],
)
def test_the_kind_decides_the_entry_and_its_fields(kind, entry, fields):
    written = bibtex(replace(PAPER, venue="Nature 2018", imprint=Imprint(kind=kind, publisher="P")))
    assert written.startswith(f"@{entry}{{")
    for name, value in fields.items():
        assert f"  {name} = {{{value}}},\n" in written


def test_a_title_alone_is_an_entry():
    assert bibtex(BARE) == "@misc{anonymoustitle,\n  title = {A title alone},\n}\n"


def test_keys_of_one_file_differ():
    keys = CiteKeys()
    taken = [keys.take(PAPER) for _ in range(28)]
    assert taken[:3] == [
        "vaswani2017attention",
        "vaswani2017attentiona",
        "vaswani2017attentionb",
    ]
    assert taken[-2:] == ["vaswani2017attentionz", "vaswani2017attentionaa"]


def test_a_key_that_looks_like_one_with_a_letter_is_not_given_twice():
    keys = CiteKeys()
    short = replace(PAPER, title="1 2 3")
    titles = [short, replace(PAPER, title="aa"), *[short] * 27]
    taken = [keys.take(paper) for paper in titles]
    assert len(set(taken)) == len(taken)
    assert "vaswani2017aa" in taken


def parsed(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The only entry as another program reads it: its fields as they stand, and as text."""
    raw = bibtexparser.parse_string(text)
    split = [middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    read = bibtexparser.parse_string(
        text, append_middleware=[*split, middlewares.LatexDecodingMiddleware()]
    )
    assert raw.failed_blocks == []
    (entry,), (plain,) = raw.entries, read.entries
    return (
        {f.key: f.value for f in entry.fields},
        {f.key: f.value for f in plain.fields},
    )


@pytest.mark.parametrize(
    "title",
    [
        "Scaling BERT with t-SNE & GPT-4 at 50%",
        "Sets {a, b}, a_b, #1, $5 and ~x^2",
        "Übergrößen naïver Şeyler",
        "深度学习 と 注意",
        "مقدمة في التعلم و עברית",
        'He said "no" @ all',
    ],
)
def test_titles_come_back_from_another_parser(title):
    _, plain = parsed(bibtex(replace(PAPER, title=title)))
    assert _without_braces(plain["title"]) == _without_braces(title)


def _without_braces(text: str) -> str:
    """bibtexparser drops the braces that TeX writes by name, and turns `^` into its accent."""
    return text.replace("{", "").replace("}", "").replace("ˆ", "^")


def test_formulas_come_back_as_tex():
    raw, _ = parsed(bibtex(replace(PAPER, title=r"On $\ell_p^{2}$ norms & more")))
    assert raw["title"] == r"On $\ell_p^{2}$ norms \& more"


def test_braces_of_formulas_are_named_so_that_all_readers_count_alike():
    title = r"On $\{x \\ y\}$ and $\{B}$"
    raw, _ = parsed(bibtex(replace(PAPER, title=title)))
    assert raw["title"].startswith(r"On $\lbrace x \\ y\rbrace$ and ")
    assert raw["title"].endswith(r"\textbackslash{}\textbraceleft{}B\textbraceright{}")


def test_authors_year_and_identifiers_come_back():
    names = ("van der Berg, Jan", "José Ørsted", "King, Jr., Martin", "ATLAS Collaboration")
    raw, plain = parsed(bibtex(replace(PAPER, authors=named(*names), doi="10.1000/a%b_c")))
    people = [(a.first, a.von, a.last, a.jr) for a in plain["author"]]
    assert people == [
        (["Jan"], ["van", "der"], ["Berg"], []),
        (["José"], [], ["Ørsted"], []),
        (["Martin"], [], ["King"], ["Jr."]),
        ([], [], ["{ATLAS Collaboration}"], []),
    ]
    assert (raw["year"], raw["eprint"]) == ("2017", "1706.03762")
    assert plain["doi"] == "10.1000/a%b_c"


@settings(max_examples=150, deadline=None)
@given(ANY_PAPER)
def test_any_paper_is_one_entry_that_another_program_reads(paper):
    text = bibtex(paper).encode("utf-8", "replace").decode()
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == []
    assert len(library.entries) == len(library.blocks) == 1
    assert library.entries[0].fields[0].key == "title"


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=80),
    st.text(max_size=30),
    st.lists(st.sampled_from(["$", "{", "}", "\\", "%", "$x$", "a", " ", "\\alpha"])).map("".join),
)
def test_braces_are_balanced_whatever_a_paper_holds(title, venue, more):
    entry = bibtex(replace(PAPER, title=title + more, venue=venue, authors=named(more or "x")))
    depth = 0
    for character in entry:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
