"""Files and folders into the library."""

import gzip
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.broadsheet import statements

from broadsheet.model.errors import DiskFullError, SourceError
from broadsheet.model.importing import ImportReport
from broadsheet.model.query import Filters
from broadsheet.services import importing
from broadsheet.services.importing import ImportService
from broadsheet.sources import FileSources
from broadsheet.store import SqlStore, open_store

Counted = tuple[int, int, int, int, int]


def clock() -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def store(library: Path) -> Iterator[SqlStore]:
    opened = open_store(folder=library, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def service(store: SqlStore, library: Path) -> ImportService:
    return ImportService(
        store=store,
        sources=FileSources(clock=clock),
        clock=clock,
        rejects_folder=library / "rejects",
    )


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)


def rows(n: int, *, first: int = 0, **fields: object) -> list[dict[str, object]]:
    return [
        {"id": f"2301.{number:05d}", "title": f"A paper with the number {number}", **fields}
        for number in range(first, first + n)
    ]


def write(path: Path, rows: list[dict[str, object]] | list[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def counted(report: ImportReport) -> Counted:
    return (
        report.new_papers,
        report.new_records,
        report.changed,
        report.unchanged,
        report.rejected,
    )


def test_a_file_goes_in(service: ImportService, store: SqlStore, tmp_path: Path) -> None:
    report = service.run([write(tmp_path / "a.jsonl", rows(25))])
    assert counted(report) == (25, 25, 0, 0, 0)
    assert (report.files, report.skipped, report.rejects_file) == (1, [], "")
    assert report.is_complete
    assert store.counts().papers == 25
    assert store.paper("2301.00024") is not None


def test_importing_again_changes_nothing(
    service: ImportService, store: SqlStore, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", rows(25))
    service.run([path])
    seq = store.last_seq()
    assert counted(service.run([path])) == (0, 0, 0, 25, 0)
    assert store.last_seq() == seq


def test_the_same_paper_from_two_files_is_one_paper_with_two_records(
    service: ImportService, store: SqlStore, tmp_path: Path
) -> None:
    report = service.run(
        [
            write(tmp_path / "a.jsonl", rows(3)),
            write(tmp_path / "b.jsonl", rows(3)),
            write(tmp_path / "c.jsonl", rows(4, source="shelf")),
        ]
    )
    assert counted(report) == (4, 10, 0, 0, 0)
    paper = store.paper("2301.00000")
    assert paper is not None
    assert [(s.source, s.origin) for s in paper.sources] == [
        ("arxiv", "a.jsonl"),
        ("arxiv", "b.jsonl"),
        ("shelf", "c.jsonl"),
    ]


def test_a_newer_edition_of_a_file_changes_what_has_changed(
    service: ImportService, store: SqlStore, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", rows(5))
    service.run([path])
    changed = rows(1, abstract="Now with a text.")
    write(path, [*rows(2, first=3), *changed, *rows(2, first=5)])
    assert counted(service.run([path])) == (2, 2, 1, 2, 0)
    paper = store.paper("2301.00000")
    assert paper is not None
    assert paper.abstract == "Now with a text."
    assert len(paper.sources) == 1


def test_what_is_refused_is_counted_and_named_and_the_rest_goes_in(
    service: ImportService, store: SqlStore, tmp_path: Path
) -> None:
    good = rows(3)
    path = write(tmp_path / "a.jsonl", [good[0], "{broken", good[1], {"id": "x"}, good[0], good[2]])
    report = service.run([path])
    assert counted(report) == (3, 3, 0, 0, 3)
    expected = [
        (2, "invalid JSON"),
        (4, "no title"),
        (5, "duplicate id, first at line 1"),
    ]
    assert [(r.line, r.reason) for r in report.rejects] == expected
    assert {r.file for r in report.rejects} == {str(path)}
    kept = [json.loads(line) for line in Path(report.rejects_file).read_text().splitlines()]
    assert [(k["line"], k["reason"]) for k in kept] == expected
    assert kept[0] == {
        "file": str(path),
        "line": 2,
        "reason": "invalid JSON",
        "excerpt": "{broken",
    }
    assert store.counts().rejected == 3


def test_refusals_are_told_again_and_not_counted_twice(
    service: ImportService, store: SqlStore, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", ["{broken", *rows(2)])
    first = service.run([path])
    again = service.run([path])
    assert counted(again) == (0, 0, 0, 2, 1)
    assert again.rejects == first.rejects
    assert store.counts().rejected == 1
    assert len(Path(again.rejects_file).read_text().splitlines()) == 1


def test_a_mended_file_has_no_refusals_left(
    service: ImportService, store: SqlStore, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", ["{broken", *rows(2)])
    service.run([path])
    write(path, rows(3))
    assert counted(service.run([path])) == (1, 1, 0, 2, 0)
    assert store.counts().rejected == 0


@pytest.mark.usefixtures("small_batches")
def test_a_duplicate_far_from_the_first_is_found(service: ImportService, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [*rows(30), *rows(1, first=3)])
    report = service.run([path])
    assert counted(report) == (30, 30, 0, 0, 1)
    assert report.rejects[0].reason == "duplicate id, first at line 4"
    assert report.rejects[0].line == 31


@pytest.mark.usefixtures("small_batches")
def test_a_stopped_import_goes_on_where_it_was(
    service: ImportService, store: SqlStore, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl.gz", [])
    lines = [json.dumps(row) for row in rows(35)]
    lines[4:4] = ["{broken"]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    asked = iter([False, True])
    report = service.run([path], stop=lambda: next(asked))
    assert not report.is_complete
    assert (report.new_papers, report.rejected) == (19, 1)
    assert store.counts().papers == 19
    report = service.run([path])
    assert counted(report) == (16, 16, 0, 19, 1)
    assert report.is_complete
    assert [row.seq for row in store.changes(after=0, limit=99)] == list(range(1, 36))


@pytest.mark.usefixtures("small_batches")
def test_progress_and_batches_are_told(store: SqlStore, library: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", rows(25))
    told: list[tuple[str, int, int | None]] = []
    papers: list[int] = []
    service = ImportService(
        store=store,
        sources=FileSources(clock=clock),
        clock=clock,
        rejects_folder=library,
        after_batch=lambda: papers.append(store.counts().papers),
    )
    service.run([path], progress=lambda step, done, total: told.append((step, done, total)))
    assert papers == [10, 20, 25]
    assert {(step, total) for step, _, total in told} == {
        (f"importing {path}", path.stat().st_size)
    }
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1][1] == path.stat().st_size


def test_a_folder_is_walked_in_order_and_what_holds_no_papers_is_listed(
    service: ImportService, store: SqlStore, tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    write(folder / "b.jsonl", rows(2, source="b"))
    write(folder / "a" / "z.jsonl", rows(2, first=2))
    (folder / "README.md").write_text("# Papers\n\nHere they are.\n")
    (folder / "empty.jsonl").touch()
    (folder / ".hidden.jsonl").write_text("{broken\n")
    os.mkfifo(folder / "pipe")
    report = service.run([folder])
    assert counted(report) == (4, 4, 0, 0, 0)
    assert report.skipped == [
        (str(folder / "README.md"), "no format of papers that is known here"),
        (str(folder / "empty.jsonl"), "an empty file"),
        (str(folder / "pipe"), "not a regular file"),
    ]
    assert [p.sources[0].source for p in store.papers([1, 2, 3, 4])] == ["b", "b", "arxiv", "arxiv"]


def test_a_library_in_the_folder_is_passed_over(
    service: ImportService, library: Path, tmp_path: Path
) -> None:
    write(library / "rejects" / "old.jsonl", ["{broken"])
    write(tmp_path / "a.jsonl", rows(1))
    assert counted(service.run([tmp_path])) == (1, 1, 0, 0, 0)


def test_an_unknown_file_is_refused_when_it_is_named(
    service: ImportService, tmp_path: Path
) -> None:
    path = tmp_path / "README.md"
    path.write_text("# Papers\n")
    page = tmp_path / "page.jsonl"
    page.write_text("<!doctype html><title>Not found</title>")
    report = service.run([path, page])
    assert [(r.file, r.line, r.reason) for r in report.rejects] == [
        (str(path), 0, "no format of papers that is known here"),
        (str(page), 0, "an HTML page, not papers"),
    ]
    assert report.rejected == 2
    again = service.run([path, page])
    assert again.rejected == 2


def test_a_missing_path_is_an_error_before_anything_is_done(
    service: ImportService, store: SqlStore, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", rows(1))
    with pytest.raises(SourceError, match=r"no file or folder .*b\.jsonl"):
        service.run([path, tmp_path / "b.jsonl"])
    assert store.counts().papers == 0


def test_a_file_that_cannot_be_read_is_refused_and_the_rest_goes_in(
    service: ImportService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "papers" / "a.jsonl", rows(1))
    write(tmp_path / "papers" / "b.jsonl", rows(1, first=1))
    opened = Path.open

    def refuse(path: Path, *args: object, **kw: object) -> object:
        if path.name == "a.jsonl":
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **kw)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    report = service.run([tmp_path / "papers"])
    monkeypatch.undo()
    assert counted(report) == (1, 1, 0, 0, 1)
    assert report.rejects[0].reason.endswith("cannot be read: Permission denied.")
    assert counted(service.run([tmp_path / "papers"])) == (1, 1, 0, 1, 0)


@pytest.mark.usefixtures("small_batches")
def test_a_full_disk_ends_the_import_and_keeps_what_was_acknowledged(
    service: ImportService, store: SqlStore, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", rows(2_000, abstract="word " * 200))
    with store.writing() as writing:
        writing.connection.exec_driver_sql("PRAGMA max_page_count = 120")
    with pytest.raises(DiskFullError, match="no space is left"):
        service.run([path])
    n_papers = store.counts().papers
    assert 0 < n_papers < 2_000
    with store.writing() as writing:
        writing.connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    assert counted(service.run([path])) == (2_000 - n_papers, 2_000 - n_papers, 0, n_papers, 0)


def test_the_number_of_statements_of_a_batch_does_not_grow(
    service: ImportService, store: SqlStore, tmp_path: Path, count_statements: Callable[..., int]
) -> None:
    first = write(tmp_path / "a.jsonl", rows(20))
    second = write(tmp_path / "b.jsonl", [*rows(300), *rows(300, first=300, source="shelf")])
    few = count_statements(store, lambda: service.run([first]))
    many = count_statements(store, lambda: service.run([second]))
    assert many <= few + 12


@pytest.fixture
def count_statements() -> Callable[..., int]:
    """Counts what goes to the driver while something is done."""

    def count(store: SqlStore, do: Callable[[], object]) -> int:
        with statements.collected() as seen:
            do()
        return len(seen)

    return count


@pytest.mark.shared
def test_the_five_pages_are_175_papers_before_and_after_the_shelf(
    service: ImportService, store: SqlStore, shared_data: Path
) -> None:
    import broadsheet.demo

    pages = shared_data / "pages"
    assert counted(service.run([pages])) == (175, 262, 0, 0, 0)
    seq = store.last_seq()
    assert counted(service.run([pages])) == (0, 0, 0, 262, 0)
    assert store.last_seq() == seq
    shelf = Path(broadsheet.demo.__file__).parent / "shelf.jsonl"
    assert counted(service.run([shelf])) == (0, 175, 0, 0, 0)
    counts = store.counts()
    assert (counts.papers, counts.source_records) == (175, 437)


@pytest.mark.shared
def test_pages_on_top_of_the_shelf_add_no_paper(
    service: ImportService, store: SqlStore, shared_data: Path
) -> None:
    import broadsheet.demo

    shelf = Path(broadsheet.demo.__file__).parent / "shelf.jsonl"
    assert counted(service.run([shelf])) == (175, 175, 0, 0, 0)
    assert counted(service.run([shared_data / "pages"])) == (0, 262, 0, 0, 0)
    assert store.listing(Filters(sources=("portal",)), limit=1).total == 175


@pytest.mark.shared
@pytest.mark.slow
def test_the_arxiv_corpus_goes_in_whole(
    service: ImportService, store: SqlStore, shared_data: Path
) -> None:
    report = service.run([shared_data / "corpus_arxiv"])
    assert (report.new_records, report.rejected) == (135_498, 0)
    # 19,113 of its ids went through a spreadsheet; mended, 4,976 rows are of a paper that
    # another row has too.
    assert report.new_papers == 130_522
    assert [Path(name).name for name, _ in report.skipped] == ["README.md"]
