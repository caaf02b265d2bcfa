"""Lines of the exchange format: written here, read back by the reader of that format."""

import gzip
import io
import json
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from msgspec.structs import replace
from tests.broadsheet.services.export.examples import ANY_PAPER, BARE, PAPER, named

from broadsheet.model.importing import Located, Reject
from broadsheet.model.merging import merge
from broadsheet.model.paper import Imprint, Paper, Record, SourceRef, Version
from broadsheet.services.export.json_line import exchange_line
from broadsheet.sources.exchange import Exchange

CLOCK = datetime(2026, 11, 22, tzinfo=UTC)
FULL = replace(
    PAPER,
    title=r"On $\alpha_{1}$ & {BERT}: 50% “more”",
    abstract="We study $x$.",
    summary="In short.",
    authors=named("Ashish Vaswani", "van der Berg, Jan", "A, B, C, D", "王小明", "X and Y"),
    updated="2023-08-02",
    announced="2017-06-13",
    modified="2024-01-02",
    featured="2017-06-20",
    standing="withdrawn",
    venue="NeurIPS 2017",
    comment="15 pages",
    journal_ref="NeurIPS 30",
    licence="CC BY 4.0",
    doi="10.1000/a--b",
    twins=("acl:P17-9999", "s2:17", "isbn:9780306406157"),
    code="https://example.org/code",
    keywords=("attention", "sequence, models"),
    imprint=Imprint(kind="paper-conference", volume="30", pages="1-2", language="en"),
    versions=(Version(number=1, date="2017-06-12"), Version(number=5)),
    sources=(
        SourceRef(source="acl", source_id="P17-9999", origin="b", url="", first_seen=""),
        SourceRef(
            source="arxiv",
            source_id="1706.03762",
            origin="a",
            url="https://arxiv.org/abs/1706.03762",
            first_seen="2026-11-22T09:30:00+00:00",
        ),
    ),
)


def items(line: str) -> list[Located | Reject]:
    """What the reader makes of a file with this line."""
    stream = io.BytesIO(line.encode("utf-8", "replace"))
    return list(Exchange(clock=lambda: CLOCK).read(stream, file="papers.jsonl"))


def read_back(paper: Paper) -> Record:
    (item,) = items(exchange_line(paper))
    assert isinstance(item, Located), item
    return item.record


def test_a_full_paper_comes_back_as_the_same_record():
    record = read_back(FULL)
    assert record == Record(
        source="arxiv",
        source_id="1706.03762",
        title=FULL.title,
        abstract=FULL.abstract,
        summary=FULL.summary,
        authors=tuple(author.name for author in FULL.authors),
        categories=FULL.categories,
        submitted=FULL.submitted,
        updated=FULL.updated,
        announced=FULL.announced,
        modified=FULL.modified,
        featured=FULL.featured,
        standing=FULL.standing,
        venue=FULL.venue,
        comment=FULL.comment,
        journal_ref=FULL.journal_ref,
        licence=FULL.licence,
        url="https://arxiv.org/abs/1706.03762",
        arxiv_id=FULL.arxiv_id,
        doi=FULL.doi,
        twins=FULL.twins,
        code=FULL.code,
        keywords=FULL.keywords,
        imprint=FULL.imprint,
        versions=FULL.versions,
        raw_hash=record.raw_hash,
    )


def test_a_title_alone_comes_back_under_its_public_id():
    assert exchange_line(BARE) == '{"id":"a-title-alone-1a2b3c","title":"A title alone"}'
    record = read_back(BARE)
    assert (record.source, record.source_id) == ("papers", "a-title-alone-1a2b3c")
    assert (record.title, record.authors, record.submitted) == ("A title alone", (), None)


def test_without_a_record_of_arxiv_the_first_names_the_paper():
    (first, _) = FULL.sources
    record = read_back(replace(FULL, sources=(first,)))
    assert (record.source, record.source_id) == ("acl", "P17-9999")


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("NUL\0between", "NUL between"),
        (r"the escape \u0000 in text", r"the escape \u0000 in text"),
        (r"two of them \\u0000", r"two of them \\u0000"),
        (r"\u0041 stays", r"\u0041 stays"),
        ('"quoted" \\ and / 🙂', '"quoted" \\ and / 🙂'),
        ("half \ud800 a character", "half ? a character"),
    ],
)
def test_what_json_must_escape_comes_back(title, read):
    line = exchange_line(replace(BARE, title=title)).encode("utf-8", "replace").decode()
    assert json.loads(line)["title"] == read
    (item,) = items(line)
    assert isinstance(item, Located)


@settings(max_examples=200, deadline=None)
@given(ANY_PAPER)
def test_any_paper_is_one_line_of_which_the_reader_makes_one_thing(paper):
    line = exchange_line(paper)
    assert not {"\n", "\r"} & set(line)
    assert len(items(line)) == 1


_TEXTS = st.text(alphabet="aB é王ا,;&%{}[]().:-'/_^1", max_size=40).map(
    lambda text: " ".join(text.split())
)
_NAMES = _TEXTS.map(lambda text: text.replace("{", "").replace("}", "").strip()).filter(bool)


@settings(max_examples=200, deadline=None)
@given(_TEXTS, _TEXTS, st.lists(_NAMES, max_size=4))
def test_texts_without_tex_come_back_as_they_are(title, text, names):
    paper = replace(BARE, title=f"A {title}".strip(), comment=text, authors=named(*names))
    record = read_back(paper)
    assert (record.title, record.comment) == (paper.title, paper.comment)
    assert record.authors == tuple(names)


def paper_of(record: Record) -> Paper:
    """The paper that a record alone makes."""
    merged = merge([record])
    ref = SourceRef(
        source=record.source,
        source_id=record.source_id,
        origin="a",
        url=record.url,
        first_seen="",
    )
    same = {name: getattr(merged, name) for name in asdict(merged) if name != "authors"}
    return Paper(
        key=1,
        id="x",
        day=merged.day,
        authors=named(*merged.authors),
        sources=(ref,),
        twins=record.twins,
        **same,
    )


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["corpus_arxiv", "corpus_conf", "corpus_acl"])
def test_real_records_come_back_as_they_were(shared_data, folder):
    path = next(
        shared_data / folder / name
        for name in ("papers.jsonl.gz", "papers_with_abstract.jsonl.gz")
        if (shared_data / folder / name).is_file()
    )
    with gzip.open(path) as stream:
        found = list(islice(Exchange(clock=lambda: CLOCK).read(stream, file="a.jsonl"), 2_000))
    records = [item.record for item in found if isinstance(item, Located)]
    assert len(records) > 1_900
    for record in records:
        back = read_back(paper_of(record))
        assert structs.replace(back, raw_hash="") == structs.replace(record, raw_hash="")
