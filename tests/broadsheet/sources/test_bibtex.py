"""BibTeX files."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.bibtex import BibTeX

ENTRY = r"""@string(jk = "Journal of " # {Knots})
% A line that belongs to nothing
@Comment{jabref-meta: databaseType:bibtex;}
@PREAMBLE{"\newcommand{\x}{y}"}

@article{thor2017knots,
  author    = {Thor, A. U. and M{\"u}ller, Jr., S{\o}ren and {The Knot Group, Inc.} and
               de la Cruz, Juan and others},
  title     = "On {K}nots in $\mathbb{R}^{3}$: {\'E}tudes, 1--2",
  journal   = jk # ", Series " # 2,
  year      = 2017,
  month     = "12~" # jun,
  volume    = 8,
  number    = {1},
  pages     = {12--23},
  publisher = {Knot \& Sons},
  doi       = {10.1000/knots\_8},
  url       = {https://example.org/~thor/{\%}20knots},
  eprint    = {math.GT/0309136v2},
  archivePrefix = {arXiv},
  primaryClass  = {math.GT},
  keywords  = {knots, braids},
  abstract  = {We tie ``knots'' with {\textless}i{\textgreater}care{\textless}/i{\textgreater}.},
  note      = {Reprinted},
  language  = {english},
  copyright = {CC BY 4.0},
}
"""


@pytest.fixture
def bibtex(clock: Callable[[], datetime], reader_of: type[Any]) -> Any:
    return reader_of(BibTeX(clock=clock))


def entry(**fields: str) -> bytes:
    said = {"title": "{T}"} | fields
    kind, key = said.pop("kind", "misc"), said.pop("key", "k")
    inner = ", ".join(f"{name} = {value}" for name, value in said.items())
    return f"@{kind}{{{key}, {inner}}}\n".encode()


def test_every_field_lands(bibtex: Any) -> None:
    record = bibtex.only(ENTRY.encode())
    assert record == Record(
        source="bibtex",
        source_id="10.1000/knots_8",
        title=r"On Knots in $\mathbb{R}^{3}$: Études, 1–2",
        abstract="We tie “knots” with care.",
        authors=("A. U. Thor", "Søren Müller Jr.", "The Knot Group, Inc.", "Juan de la Cruz"),
        categories=("math.GT",),
        submitted="2017-06-12",
        venue="Journal of Knots, Series 2",
        comment="Reprinted",
        licence="CC BY 4.0",
        url="https://example.org/~thor/%20knots",
        arxiv_id="math/0309136",
        doi="10.1000/knots_8",
        keywords=("knots", "braids"),
        imprint=Imprint(
            kind="article-journal",
            volume="8",
            issue="1",
            pages="12-23",
            publisher="Knot & Sons",
            language="en",
        ),
        raw_hash=record.raw_hash,
    )


def test_parentheses_may_enclose_an_entry(bibtex: Any) -> None:
    assert bibtex.only(b'@misc(k, title = {a) b}, note = "c)")').title == "a) b"


def test_several_entries_on_one_line(bibtex: Any) -> None:
    found = bibtex.items(b" @misc{a, title={One}} @misc{b, title={Two}}")
    assert [item.record.title for item in found] == ["One", "Two"]


def test_keys_and_fields_that_come_twice(bibtex: Any) -> None:
    found = bibtex.items(
        entry(title="{One}") + entry(title="{Two}") + b"@misc{k,TITLE={A},title={B}}"
    )
    assert [item.record.title for item in found] == ["One", "Two", "A"]


@pytest.mark.parametrize(
    ("value", "title"),
    [
        ('"a" # "b"', "ab"),
        ('{a} # " {"}b{"} " # {c}', 'a "b" c'),
        ("jan # { and } # feb", "january and february"),
        ("unknown # { x}", "unknown x"),
        ("2017", "2017"),
        (r'"a {\"o} b"', "a ö b"),
        ("{a {b {c}} d}", "a b c d"),
    ],
)
def test_values_are_joined(bibtex: Any, value: str, title: str) -> None:
    assert bibtex.only(entry(title=value)).title == title


def test_macros_are_found_whatever_their_case_and_the_last_one_counts(bibtex: Any) -> None:
    data = b'@string{ab = "One"}\n@STRING{AB = ab # " Two"}\n' + entry(title="Ab")
    assert bibtex.only(data).title == "One Two"


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ({"year": "2017"}, "2017"),
        ({"year": "{2017}", "month": "feb"}, "2017-02"),
        ({"year": "2017", "month": "2"}, "2017-02"),
        ({"year": "2017", "month": "{Feb.}", "day": "3"}, "2017-02-03"),
        ({"date": "{2017-02-03/2017-02-07}"}, "2017-02-03"),
        ({"year": "{in press}"}, None),
        ({"month": "feb"}, None),
    ],
)
def test_dates(bibtex: Any, fields: dict[str, str], day: str | None) -> None:
    assert bibtex.only(entry(**fields)).submitted == day


@pytest.mark.parametrize(
    "fields",
    [
        {"eprint": "{1706.03762}"},
        {"eprint": "{1706.03762}", "archivePrefix": "{arXiv}"},
        {"eprint": "{arXiv:1706.03762v3}", "eprinttype": "{arxiv}"},
        {"arxivId": "{1706.03762}"},
        {"journal": "{arXiv preprint arXiv:1706.03762}"},
        {"journal": "{CoRR}", "volume": "{abs/1706.03762}"},
        {"url": "{http://arxiv.org/abs/1706.03762}"},
        {"howpublished": r"{\url{https://arxiv.org/abs/1706.03762}}"},
        {"note": "{arXiv: 1706.03762 [cs.CL]}"},
        {"doi": "{10.48550/arXiv.1706.03762}"},
    ],
)
def test_an_arxiv_id_is_found_where_it_hides(bibtex: Any, fields: dict[str, str]) -> None:
    record = bibtex.only(entry(kind="article", **fields))
    assert (record.arxiv_id, record.doi, record.comment) == ("1706.03762", None, "")


def test_an_eprint_elsewhere_is_none_of_arxiv(bibtex: Any) -> None:
    record = bibtex.only(entry(eprint="{1234567}", eprinttype="{pubmed}"))
    assert (record.arxiv_id, record.twins) == (None, ("pubmed:1234567",))
    assert bibtex.only(entry(eprint="{1706.03762}", eprinttype="{jstor}")).arxiv_id is None


def test_a_key_of_dblp_is_an_identifier(bibtex: Any) -> None:
    assert bibtex.only(entry(key="DBLP:conf/nips/ThorX17")).twins == ("dblp:conf/nips/ThorX17",)


@pytest.mark.parametrize(
    ("kind", "csl"),
    [
        ("InProceedings", "paper-conference"),
        ("incollection", "chapter"),
        ("PhdThesis", "thesis"),
        ("techreport", "report"),
        ("misc", ""),
    ],
)
def test_kinds_in_csls_words(bibtex: Any, kind: str, csl: str) -> None:
    record = bibtex.only(entry(kind=kind, publisher="{P}"))
    assert record.imprint.kind == csl


def test_a_book_without_authors_has_its_editors(bibtex: Any) -> None:
    assert bibtex.only(entry(kind="book", editor="{Thor, A.}")).authors == ("A. Thor",)
    assert bibtex.only(entry(kind="article", editor="{Thor, A.}")).authors == ()


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252"])
def test_western_bytes(bibtex: Any, encoding: str) -> None:
    data = entry(author="{Müller, Søren}", title="{Études}").decode().encode(encoding)
    record = bibtex.only(data)
    assert (record.title, record.authors) == ("Études", ("Søren Müller",))


def test_chinese_bytes(bibtex: Any) -> None:
    record = bibtex.only(entry(author="{王小明}", journal="{测试}").decode().encode("gbk"))
    assert record.authors == ("王小明",)


def test_a_broken_entry_is_refused_and_the_next_is_read(bibtex: Any) -> None:
    found = bibtex.items(b"@article{a, title = {never closed,\n" + entry(title="{Next}"))
    assert isinstance(found[0], Reject)
    assert found[0].reason == "BibTeX that cannot be read"
    assert found[0].excerpt.startswith("@article{a,")
    assert found[1].record.title == "Next"
    assert found[1].resume == 2


def test_reading_goes_on_from_a_place(bibtex: Any) -> None:
    data = entry(title="{One}") + entry(title="{Two}")
    assert [item.record.title for item in bibtex.items(data, start=1)] == ["Two"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"@misc{k, year = 2017}", "no title"),
        (b"@misc{k}", "no title"),
        (b"@misc{k, title = {T}, year = 2031}", "date is more than a year in the future"),
        (b"@misc{k, title = {" + b"x" * 2_001 + b"}}", "title over 2,000 characters"),
        (b"@misc{k, t = {" + b"x" * 300_000 + b"}}", "an entry over 300,000 characters"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(bibtex: Any, data: bytes, why: str) -> None:
    assert bibtex.reason(data) == why


def test_macros_that_double_each_other_are_refused(bibtex: Any) -> None:
    lines = [b"@string{a0 = {%b}}\n" % (b"x" * 1_000)]
    lines += [b"@string{a%d = a%d # a%d}\n" % (n + 1, n, n) for n in range(12)]
    found = bibtex.items(b"".join(lines) + entry())
    assert {item.reason for item in found[:-1]} == {"a value over 300,000 characters"}
    assert found[-1].record.title == "T"


@pytest.mark.parametrize(
    "data",
    [
        b"{" * 1_000_000,
        b"@misc{k, title = {" + b"{" * 1_000_000,
        b"@a{\n" * 200_000,
        b"@misc{" + b" " * 262_000,
        b"@misc{k, title = {T}, author = {" + b"\\'{" * 90_000 + b"}}",
        entry(title="{" * 10_000 + "T" + "}" * 10_000, author="{" * 10_000 + "A" + "}" * 10_000),
        b"@misc{k, title = {T}, note = {" + b"arxiv " * 40_000 + b"}}",
    ],
)
def test_hostile_files_take_no_long_time(bibtex: Any, data: bytes) -> None:
    began = process_time()
    bibtex.source.recognises(data[:262_144])
    found = bibtex.items(data)
    assert process_time() - began < 8
    assert len(found) <= 1_001


def test_recognises_entries_at_the_beginning_of_a_line_only(bibtex: Any) -> None:
    recognises = bibtex.source.recognises
    assert recognises(ENTRY.encode())
    assert recognises(b"\xef\xbb\xbf@MISC (k,\n  title={x}}")
    assert not recognises(b'{"bibtex": "@article{k, title = {x}}"}')
    assert not recognises(b"# Read me\n```bibtex\n@misc{k, title = {x}}\n```\n")
    assert not recognises(b"@dataclass(frozen=True)\nclass A:")
    assert not recognises(b"@misc is a handle, title = x")


def test_damaged_files_never_raise(tmp_path: Path) -> None:
    seed = ENTRY.encode() + entry(kind="inproceedings", booktitle="{B}", eprint="{1706.03762}")
    for data in mutations(seed, 200):
        read_file(tmp_path / "library.bib", data)


@pytest.mark.shared
def test_the_recorded_samples_are_read(bibtex: Any, shared_data: Path) -> None:
    folder = shared_data / "samples" / "bibtex"
    example = bibtex.only((folder / "bibtexparser_example.bib").read_bytes())
    assert (example.title, example.authors) == ("An amazing title", ("Jean César",))
    assert (example.submitted, example.venue) == ("2013-01", "Nice Journal")
    assert example.imprint == Imprint(kind="article-journal", volume="12", pages="12-23")
    chinese = bibtex.only((folder / "bibtexparser_gbk.bib").read_bytes())
    assert (chinese.authors, chinese.venue) == (("凯撒",), "测试期刊")
    crossref = bibtex.only((folder / "crossref_transform.bib").read_bytes())
    assert crossref.doi == crossref.source_id == "10.1023/a:1007154515475"
    assert crossref.submitted == "2001-02"
    assert crossref.imprint.pages == "1-11"
    assert crossref.authors[-1] == "Ranajit K. Banerjee"


@pytest.mark.shared
@pytest.mark.slow
def test_damaged_samples_never_raise(tmp_path: Path, shared_data: Path) -> None:
    for sample in sorted((shared_data / "samples" / "bibtex").iterdir()):
        for data in mutations(sample.read_bytes(), 2_000):
            read_file(tmp_path / sample.name, data)


def test_a_clean_file_has_no_rejects(bibtex: Any) -> None:
    assert all(isinstance(item, Located) for item in bibtex.items(ENTRY.encode() + entry()))
