"""The demo shelf: well formed, complete, and in our own words."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from broadsheet.demo import shelf_path

REQUIRED = {"title", "summary", "categories", "primary", "source"}
OPTIONAL = {"authors", "date", "arxiv", "venue"}
HEADER = re.compile(
    r"new|Get trending papers.*|Subscribe|Daily Papers|by\w* ?and the research community"
    r"|[A-Z][a-z]{2} \d{1,2}"
)
WORD = re.compile(r"[^\W_]+")
RUN = 8
HELD = timedelta(days=21)  # arXiv gives a paper held for moderation the id of its release month


@pytest.fixture(scope="module")
def shelf() -> list[dict[str, Any]]:
    lines = shelf_path().read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_holds_175_papers(shelf: list[dict[str, Any]]) -> None:
    assert len(shelf) == 175


def test_every_line_has_the_fields_of_the_format(shelf: list[dict[str, Any]]) -> None:
    for row in shelf:
        assert REQUIRED <= row.keys() <= REQUIRED | OPTIONAL, row["title"]
        assert row["source"] == "shelf"
        assert row["primary"] == row["categories"][0], row["title"]
        assert all(re.fullmatch(r"[a-z-]+\.[A-Za-z-]+", name) for name in row["categories"])


def test_no_text_is_empty_or_padded(shelf: list[dict[str, Any]]) -> None:
    for row in shelf:
        texts = [row["title"], row["summary"], row.get("venue", "?"), *row.get("authors", ["?"])]
        assert all(text and text == " ".join(text.split()) for text in texts), row["title"]


def test_titles_and_arxiv_ids_are_unique(shelf: list[dict[str, Any]]) -> None:
    titles = Counter(row["title"] for row in shelf)
    ids = Counter(row["arxiv"] for row in shelf if "arxiv" in row)
    assert [name for name, n in (titles + ids).items() if n > 1] == []


def test_authors_are_full_names_each_once(shelf: list[dict[str, Any]]) -> None:
    for row in shelf:
        authors = row.get("authors", ["Given Family"])
        assert len(set(authors)) == len(authors), row["title"]
        assert all(len(name.split()) >= 2 and name[0].isupper() for name in authors), row["title"]


def test_summaries_are_two_or_three_sentences(shelf: list[dict[str, Any]]) -> None:
    for row in shelf:
        summary = row["summary"]
        assert 120 <= len(summary) <= 700, row["title"]
        assert summary[-1] in ".!?", row["title"]
        assert len(re.findall(r"[.!?](?=\s|$)", summary)) in (2, 3), row["title"]


def test_arxiv_ids_are_well_formed(shelf: list[dict[str, Any]]) -> None:
    pattern = re.compile(r"\d{2}(0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7}")
    assert all(pattern.fullmatch(row["arxiv"]) for row in shelf if "arxiv" in row)


def test_dates_are_iso_and_agree_with_the_arxiv_id(shelf: list[dict[str, Any]]) -> None:
    for row in shelf:
        if "date" not in row:
            assert "arxiv" not in row, row["title"]
            continue
        first, last = _span(row["date"])
        assert date(1991, 8, 14) <= last
        if "arxiv" in row:
            begin, end = _month_of_id(row["arxiv"])
            assert first <= end, row["title"]
            assert last >= begin - HELD, row["title"]


def _span(partial: str) -> tuple[date, date]:
    """The first and last day of YYYY, YYYY-MM or YYYY-MM-DD."""
    assert re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", partial), partial
    parts = [int(part) for part in partial.split("-")]
    if len(parts) == 3:
        return date(*parts), date(*parts)
    if len(parts) == 2:
        return _month(*parts)
    return date(parts[0], 1, 1), date(parts[0], 12, 31)


def _month(year: int, month: int) -> tuple[date, date]:
    after = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), after - timedelta(days=1)


def _month_of_id(arxiv: str) -> tuple[date, date]:
    digits = arxiv.rpartition("/")[2]
    year = int(digits[:2])
    return _month(year + (1900 if year > 90 else 2000), int(digits[2:4]))


@pytest.mark.shared
def test_titles_are_those_of_the_saved_pages(
    shelf: list[dict[str, Any]], shared_data: Path
) -> None:
    entries = list(_entries(shared_data))
    assert len(entries) == 262
    in_order = list(dict.fromkeys(title for title, _ in entries))
    assert [row["title"] for row in shelf] == in_order


@pytest.mark.shared
@pytest.mark.slow
def test_no_eight_words_in_a_row_stand_in_an_abstract(
    shelf: list[dict[str, Any]], shared_data: Path
) -> None:
    runs = {run for row in shelf for run in _runs(row["summary"])}
    seen = 0
    for abstract in _abstracts(shared_data):
        seen += 1
        if not runs.isdisjoint(_runs(abstract)):
            taken = sorted(" ".join(run) for run in runs.intersection(_runs(abstract)))
            pytest.fail(f"the shelf shares {taken} with an abstract")
    assert seen > 280_000


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = WORD.findall(text.casefold())
    return zip(*(words[start:] for start in range(RUN)), strict=False)


def _entries(folder: Path) -> Iterator[tuple[str, str]]:
    """Title and abstract of each entry: two lines, once blank and header lines are skipped."""
    for page in sorted((folder / "pages").glob("page-*.txt")):
        lines = [line.strip() for line in page.read_text(encoding="utf-8").splitlines()]
        lines = [line for line in lines if line and not HEADER.fullmatch(line)]
        yield from zip(lines[::2], lines[1::2], strict=True)


def _abstracts(folder: Path) -> Iterator[str]:
    yield from (abstract for _, abstract in _entries(folder))
    for name in (
        "corpus_arxiv/papers.jsonl.gz",
        "corpus_acl/papers_with_abstract.jsonl.gz",
        "corpus_conf/papers_with_abstract.jsonl.gz",
    ):
        with gzip.open(folder / name, "rt", encoding="utf-8") as rows:
            yield from (json.loads(row)["abstract"] or "" for row in rows)
