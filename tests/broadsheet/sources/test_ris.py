"""RIS files, and tagged exports of Web of Science."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import process_time
from typing import Any

import pytest
import rispy
from tests.broadsheet.sources.mutations import mutations, read_file

from broadsheet.model.importing import Reject
from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.ris import Ris

ENTRY = """TY  - JOUR
T1  - On Knots in
  Three Dimensions
AU  - Thor, A. U.
AU  - Cond, S. E., Jr.
A2  - Editor, An
PY  - 2017///
DA  - 2017/06/12/
JO  - J. Knots
JF  - Journal of Knots
VL  - 8
IS  - 1
SP  - 12
EP  - 23
PB  - Knot & Sons
SN  - 1234-5678
LA  - en
DO  - https://doi.org/10.1000/KNOTS.8
UR  - https://example.org/knots; https://arxiv.org/abs/1706.03762v1
N1  - arXiv:1706.03762 [math.GT]
KW  - knots
KW  - braids; links
more links
N2  - We tie
knots.
ER  -
"""
WOS = """FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Thor, AU
   Cond, SE
AF Thor, Ada U.
   Cond, S. E.
TI On Knots in
   Three Dimensions
SO JOURNAL OF KNOTS
LA English
DT Article
DE knots; braids
ID LINKS
AB We tie knots.
PU KNOT & SONS
PD JUN 12
PY 2017
VL 8
IS 1
BP 12
EP 23
DI 10.1000/knots.8
PM 1234567
UT WOS:000400000000001
ER

PT J
AU Solo, H
TI A Second
AR e0815
ER

EF
"""


@pytest.fixture
def ris(clock: Callable[[], datetime], reader_of: type[Any]) -> Any:
    return reader_of(Ris(clock=clock))


def entry(*lines: str, kind: str = "JOUR") -> bytes:
    return "\n".join((f"TY  - {kind}", *lines, "ER  - ", "")).encode()


def test_every_tag_lands(ris: Any) -> None:
    record = ris.only(ENTRY.encode())
    assert record == Record(
        source="ris",
        source_id="10.1000/knots.8",
        title="On Knots in Three Dimensions",
        abstract="We tie knots.",
        authors=("A. U. Thor", "S. E. Cond Jr."),
        categories=("math.GT",),
        submitted="2017-06-12",
        venue="Journal of Knots",
        url="https://example.org/knots",
        arxiv_id="1706.03762",
        doi="10.1000/knots.8",
        keywords=("knots", "braids", "links", "more links"),
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


@pytest.mark.parametrize(
    "dress",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("  - ", "  -"),
        lambda text: text.replace("  - ", " - "),
        lambda text: "Record #1 of 1\nProvider: P\n1.\n" + text + "\nEnd of export\n",
        lambda text: text.replace("ER  -\n", ""),
        lambda text: text.replace("ER  -\n", "\n\nER  - \n\n"),
        lambda text: text.replace("AU  -", "A1  -"),
        lambda text: text.replace("T1  -", "TI  -").replace("N2  -", "AB  -"),
        lambda text: text.replace("DA  -", "Y1  -"),
    ],
)
def test_the_same_entry_in_another_dress(ris: Any, dress: Callable[[str], str]) -> None:
    data = dress(ENTRY).encode()
    assert ris.source.recognises(data)
    assert ris.only(data) == ris.only(ENTRY.encode())


def test_an_entry_without_its_end_ends_where_the_next_begins(ris: Any) -> None:
    found = ris.items(b"TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\nER  -\nTI  - stray\n")
    assert [item.record.title for item in found] == ["One", "Two"]


def test_two_capitals_in_a_text_are_no_tag(ris: Any) -> None:
    record = ris.only(entry("TI  - T", "AB  - Of", "AI - the field - and", "ER then more"))
    assert record.abstract == "Of AI - the field - and ER then more"


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        (("PY  - 2024///",), "2024"),
        (("PY  - 1948/07//",), "1948-07"),
        (("Y1  - 2024/03/12/Spring",), "2024-03-12"),
        (("PY  - 2024", "DA  - 2024/03//"), "2024-03"),
        (("DA  - March 2024",), "2024-03"),
        (("PY  - n.d.",), None),
        ((), None),
    ],
)
def test_the_most_exact_date_counts(ris: Any, lines: tuple[str, ...], day: str | None) -> None:
    assert ris.only(entry("TI  - T", *lines)).submitted == day


@pytest.mark.parametrize(
    ("kind", "lines", "venue", "csl"),
    [
        (
            "CPAPER",
            ("C3  - Proc. of Knots", "PY  - 2017"),
            "Proc. of Knots 2017",
            "paper-conference",
        ),
        ("CONF", ("T2  - KNOTS 2017",), "KNOTS 2017", "paper-conference"),
        ("CHAP", ("T2  - A Book",), "A Book", "chapter"),
        ("THES", ("PB  - A University",), "", "thesis"),
        ("RPRT", ("PB  - A House",), "", "report"),
        ("JOUR", ("T2  - arXiv",), "", "article"),
        ("Journal Article", ("JO  - J. Knots",), "J. Knots", "article-journal"),
    ],
)
def test_kinds_and_venues(
    ris: Any, kind: str, lines: tuple[str, ...], venue: str, csl: str
) -> None:
    record = ris.only(entry("TI  - T", *lines, kind=kind))
    assert (record.venue, record.imprint.kind) == (venue, csl)


def test_a_book_has_editors_for_authors_and_its_isbn(ris: Any) -> None:
    record = ris.only(entry("TI  - T", "A2  - Thor, A.", "SN  - 978-0-306-40615-7", kind="BOOK"))
    assert record.authors == ("A. Thor",)
    assert record.twins == ("isbn:9780306406157",)


def test_empty_tags_say_nothing(ris: Any) -> None:
    record = ris.only(entry("TI  - T", "SP  -", "EP  - ", "AU  -", "DO  -"))
    assert (record.imprint, record.authors) == (Imprint(kind="article-journal"), ())


def test_web_of_science(ris: Any) -> None:
    first, second = (item.record for item in ris.items(WOS.encode()))
    assert ris.source.recognises(WOS.encode())
    assert first == Record(
        source="ris",
        source_id="10.1000/knots.8",
        title="On Knots in Three Dimensions",
        abstract="We tie knots.",
        authors=("Ada U. Thor", "S. E. Cond"),
        submitted="2017-06-12",
        venue="JOURNAL OF KNOTS",
        doi="10.1000/knots.8",
        twins=("pubmed:1234567",),
        keywords=("knots", "braids", "LINKS"),
        imprint=Imprint(
            kind="article-journal",
            volume="8",
            issue="1",
            pages="12-23",
            publisher="KNOT & SONS",
            language="en",
        ),
        raw_hash=first.raw_hash,
    )
    assert (second.title, second.imprint.pages) == ("A Second", "e0815")


def test_an_entry_without_a_title_is_refused_and_the_others_stay(ris: Any) -> None:
    found = ris.items(entry("ID  - 12", "DO  - 10.1000/x") + entry("TI  - Next"))
    assert isinstance(found[0], Reject)
    assert (found[0].reason, found[0].excerpt) == ("no title", "12")
    assert found[1].record.title == "Next"
    assert len(ris.items(entry("TI  - One") * 2, start=1)) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"TY  - JOUR\n" + b"x\n" * 1_000_000,
        b"TY  - JOUR\n" * 20_000,
        b"TY  - x" + b"\n" * 262_000,
        b"TY  - x" + b" " * 262_000,
        b"PT J" + b"\n" * 262_000,
    ],
)
def test_hostile_files_take_no_long_time(ris: Any, data: bytes) -> None:
    began = process_time()
    ris.source.recognises(data[:262_144])
    ris.items(data)
    assert process_time() - began < 8


def test_recognises_a_tag_that_begins_a_line_only(ris: Any) -> None:
    recognises = ris.source.recognises
    assert recognises(ENTRY.encode())
    assert not recognises(b'{"ris": "TY  - JOUR\\nTI  - x"}')
    assert not recognises(b"TY  - JOUR and nothing more")
    assert not recognises(b"PT J is short for a journal\nAU x")


def test_damaged_files_never_raise(tmp_path: Path) -> None:
    for seed in (ENTRY * 2, WOS):
        for data in mutations(seed.encode(), 100):
            read_file(tmp_path / "library.ris", data)


@pytest.mark.shared
def test_the_recorded_samples_are_read(ris: Any, shared_data: Path) -> None:
    folder = shared_data / "samples" / "ris"
    found = {path.name: ris.items(path.read_bytes()) for path in sorted(folder.iterdir())}
    assert found["example_bom.ris"][0].reason == "no title"
    assert {item.reason for item in found["example_multiline.ris"]} == {"no title"}
    first, second = (item.record for item in found["example_full.ris"])
    assert (first.title, first.submitted) == ("Title of reference", "2014")
    assert first.authors == ("Karl Marx", "Astrid Lindgren")
    assert first.keywords == ("Pippi", "Nordwind", "Piraten")
    assert second.imprint.pages == "e0815341"
    for name in ("example_full_without_whitespace.ris", "example_extraneous_data.ris"):
        assert [item.record for item in found[name]] == [first, second]
    assert [item.record.url for item in found["example_urls.ris"]] == ["http://example.com"] * 4
    assert found["example_urls.ris"][0].record.submitted == "1948-07"
    empty = found["example_empty_tag.ris"][0].record
    assert empty.doi == "10.1177/2325967120950040"
    assert empty.imprint.publisher == "SAGE Publications Ltd"
    assert empty.abstract.endswith("return to sport...")
    russian = found["example_utf_chars.ris"][0].record
    assert russian.title.startswith("Состояние рецепторного")
    assert russian.imprint.volume == "8"


@pytest.mark.shared
def test_rispy_finds_the_same_entries(ris: Any, shared_data: Path) -> None:
    for path in sorted((shared_data / "samples" / "ris").iterdir()):
        theirs = rispy.loads(path.read_text("utf-8-sig"))
        ours = ris.items(path.read_bytes())
        assert len(ours) == len(theirs), path.name
        for mine, other in zip(ours, theirs, strict=True):
            if not isinstance(mine, Reject) and (title := other.get("title")):
                assert mine.record.title == title
                assert len(mine.record.authors) == len(other["authors"])


@pytest.mark.shared
@pytest.mark.slow
def test_damaged_samples_never_raise(tmp_path: Path, shared_data: Path) -> None:
    for sample in sorted((shared_data / "samples" / "ris").iterdir()):
        for data in mutations(sample.read_bytes(), 2_000):
            read_file(tmp_path / sample.name, data)
