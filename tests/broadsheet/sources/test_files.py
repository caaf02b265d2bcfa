"""Files told by their content."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import zstandard

from broadsheet.model.errors import SourceError
from broadsheet.model.importing import Located, Reject
from broadsheet.sources import FileSources

ROWS = b'{"title": "One title"}\n{"title": "Another title"}\n'
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


@pytest.fixture
def sources(clock: Callable[[], datetime]) -> FileSources:
    return FileSources(clock=clock)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def read(sources: FileSources, path: Path, *, start: int = 0) -> list[Located | Reject]:
    with sources.open(path, name=path.name) as papers:
        assert papers.refusal == ""
        return list(papers.records(start=start))


@pytest.mark.parametrize("name", sorted(PACKERS))
def test_compression_is_told_by_content_not_by_name(
    sources: FileSources, tmp_path: Path, name: str
) -> None:
    path = write(tmp_path / "papers", PACKERS[name](ROWS))
    assert [item.line for item in read(sources, path)] == [1, 2]
    assert [item.line for item in read(sources, path, start=1)] == [2]
    with sources.open(path, name="x") as papers:
        list(papers.records())
        assert papers.bytes_read() == papers.size_bytes == path.stat().st_size


def test_the_format_is_told_by_content(sources: FileSources, tmp_path: Path) -> None:
    row = {"id": "1706.03762", "title": "T", "categories": "cs.CL", "update_date": "2020-01-01"}
    page = f"A Title\n\n{'Some words of an abstract. ' * 30}\n\nB Title\n\n{'More words. ' * 60}\n"
    for name, data, source in (
        ("a.txt", json.dumps(row).encode(), "arxiv"),
        ("b.txt", b'not json\n{"title": "T", "source": "mine"}', "mine"),
        ("c.txt", page.encode(), "portal"),
    ):
        item = read(sources, write(tmp_path / name, data))[-1]
        assert isinstance(item, Located)
        assert item.record.source == source


@pytest.mark.parametrize("name", ["gz", "xz", "bz2", "zst"])
def test_before_a_truncation_everything_goes_in_and_the_line_is_named(
    sources: FileSources, tmp_path: Path, name: str
) -> None:
    rows = b"".join(
        json.dumps({"title": f"Title {n * 7919}"}).encode() + b"\n" for n in range(9_000)
    )
    packed = PACKERS[name](rows)
    *before, last = read(sources, write(tmp_path / "a.jsonl", packed[: len(packed) * 3 // 4]))
    assert all(isinstance(item, Located) for item in before)
    assert isinstance(last, Reject)
    assert (last.reason, last.line) == ("the archive ends too early", len(before) + 1)


def test_an_archive_cut_off_at_its_very_start_is_one_refusal(
    sources: FileSources, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl.gz", gzip.compress(ROWS)[:12])
    (item,) = read(sources, path)
    assert isinstance(item, Reject)
    assert (item.line, item.reason) == (1, "the archive ends too early")


@pytest.mark.parametrize(
    ("name", "data", "refusal", "is_foreign"),
    [
        ("a.jsonl", b"<!DOCTYPE html><html>", "an HTML page, not papers", False),
        ("a.jsonl.gz", gzip.compress(b"\n <HTML>", mtime=0), "an HTML page, not papers", False),
        ("page.html", b"<html>", "an HTML page, not papers", True),
        (
            "a.json",
            b'[{"title": "x"}]',
            "a JSON list of a kind that is not known here: write one object a line",
            False,
        ),
        ("a.jsonl", "{}".encode("utf-16"), "not UTF-8: save it as UTF-8", False),
        ("a.zip", b"PK\x03\x04....", "a zip archive: unpack it first", True),
        ("README.md", b"# Papers\n\nText.\n", "no format of papers that is known here", True),
        ("LICENSE", b"Permission is granted.\n", "no format of papers that is known here", True),
    ],
)
def test_what_holds_no_papers_is_refused_whole(
    sources: FileSources, tmp_path: Path, name: str, data: bytes, refusal: str, is_foreign: bool
) -> None:
    with sources.open(write(tmp_path / name, data), name=name) as papers:
        assert (papers.refusal, papers.is_foreign) == (refusal, is_foreign)
        assert list(papers.records()) == []


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_empty(sources: FileSources, tmp_path: Path, data: bytes) -> None:
    with sources.open(write(tmp_path / "a.jsonl", data), name="a") as papers:
        assert papers.is_empty


def test_a_jsonl_file_of_broken_lines_is_read_line_by_line(
    sources: FileSources, tmp_path: Path
) -> None:
    items = read(sources, write(tmp_path / "a.jsonl", b"{broken\nalso broken\n"))
    assert [item.line for item in items] == [1, 2]


def test_the_fingerprint_is_of_content_and_name(sources: FileSources, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    found = []
    for name, data in (("a", ROWS), ("b", ROWS), ("sub/a", ROWS), ("c", ROWS + b"\n")):
        with sources.open(write(tmp_path / name, data), name=name) as papers:
            found.append(papers.fingerprint)
    assert found[0] == found[2]
    assert len(set(found)) == 3


def test_a_file_that_may_not_be_read_is_a_source_error(
    sources: FileSources, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="cannot be read"), sources.open(tmp_path, name="x"):
        pass
