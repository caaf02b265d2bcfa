"""Saved text pages of a paper portal."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from broadsheet.model.importing import Located, Reject
from broadsheet.sources.portal_page import PortalPage

ABSTRACT = "We study something at length and find that it holds in most cases. " * 8
HEADER = "new\n\nGet papers by post!\n\nSubscribe\n\nMar 13\n\n"
PAGE = f"{HEADER}First Title\n\n{ABSTRACT}\n\nMar 12\n\nSecond Title: Again\n\n{ABSTRACT}\n"


@pytest.fixture
def page(reader_of: type[Any], clock: Callable[[], datetime]) -> Any:
    return reader_of(PortalPage(clock=clock))


def titles(items: list[Located | Reject]) -> list[str]:
    return [item.record.title for item in items if isinstance(item, Located)]


def test_a_title_is_the_line_before_an_abstract(page: Any) -> None:
    first, second = page.items(PAGE.encode())
    assert (first.record.title, first.line, first.resume) == ("First Title", 9, 11)
    assert first.record.abstract == ABSTRACT.strip()
    assert (first.record.source, first.record.authors) == ("portal", ())
    assert (second.record.title, second.line) == ("Second Title: Again", 15)
    assert first.record.source_id != second.record.source_id


@pytest.mark.parametrize(
    "data",
    [
        PAGE.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + PAGE.encode(),
        PAGE.removeprefix(HEADER).encode(),
        PAGE.replace("\n\n", "\n").encode(),
        PAGE.replace("\n\n", "\n \n\n").encode(),
    ],
    ids=["windows", "bom", "no header", "no blank lines", "more blank lines"],
)
def test_pages_in_other_shapes_say_the_same(page: Any, data: bytes) -> None:
    assert page.source.recognises(data)
    assert titles(page.items(data)) == ["First Title", "Second Title: Again"]


def test_reading_goes_on_after_an_entry(page: Any) -> None:
    first, second = page.items(PAGE.encode())
    assert page.items(PAGE.encode(), start=first.resume) == [second]
    assert page.items(PAGE.encode(), start=second.resume) == []


def test_an_abstract_with_no_title_is_refused_and_the_rest_goes_in(page: Any) -> None:
    data = f"Mar 13\n\n{ABSTRACT}\n\nFirst Title\n\n{ABSTRACT}\n\n{ABSTRACT}\n".encode()
    items = page.items(data)
    assert titles(items) == ["First Title"]
    reasons = [(i.line, i.reason) for i in items if isinstance(i, Reject)]
    assert reasons == [(3, "an abstract with no title"), (9, "an abstract with no title")]


@pytest.mark.parametrize(
    ("title", "why"),
    [(b"a\xff title", "not UTF-8"), (b"a\0 title", "NUL in the text"), (b"...", "no title")],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(page: Any, title: bytes, why: str) -> None:
    assert page.reason(title + b"\n\n" + ABSTRACT.encode()) == why


def test_a_short_abstract_is_a_sentence(page: Any) -> None:
    short = "We show that a thing of this kind can be done in a very short time indeed."
    assert titles(page.items(f"First Title\n\n{short}\n".encode())) == ["First Title"]


@pytest.mark.parametrize(
    "text",
    [
        f"# Read me\n\n{ABSTRACT}\n\n## More\n\n{ABSTRACT}\n",
        f"Heading\n\n{ABSTRACT}\n\n{ABSTRACT}\n\n{ABSTRACT}\n",
        "Licence\n\nPermission is hereby granted to any person\nobtaining a copy.\n" * 9,
        '{"title": "x"}\n',
        f"<html>\n{ABSTRACT}\n",
        "",
        f"only a title\n\n{'x' * 20}\n",
    ],
)
def test_other_texts_are_not_taken_for_pages(page: Any, text: str) -> None:
    assert not page.source.recognises(text.encode())


@pytest.mark.shared
def test_the_five_saved_pages_hold_262_entries(page: Any, shared_data: Path) -> None:
    files = sorted((shared_data / "pages").glob("*.txt"))
    assert all(page.source.recognises(file.read_bytes()) for file in files)
    items = [item for file in files for item in page.items(file.read_bytes())]
    assert len(titles(items)) == len(items) == 262
    assert len({title.casefold() for title in titles(items)}) == 175
