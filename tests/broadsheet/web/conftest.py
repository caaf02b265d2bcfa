"""A real library with the demo shelf and awkward papers in it, and a client of its pages."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from broadsheet.demo import shelf_path
from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record, Version
from broadsheet.model.settings import Settings
from broadsheet.services.bundle import Services
from broadsheet.services.reading import ReadingService
from broadsheet.services.search_editions import SearchEditions
from broadsheet.web.mount import mount_pages
from broadsheet.wiring import open_library

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
VOID = {"meta", "link", "input", "br", "hr", "img", "wbr"}

AWKWARD = [
    Record(
        source="arxiv",
        source_id="math/0309136",
        arxiv_id="math/0309136",
        title=r"On $L^p$ bounds for $\mathcal{O}(n\log n)$ & <b>bold</b> claims",
        abstract="If $f\\in L^p(\\mathbb{R}^n)$ then <script>alert(1)</script> & $\\frac{1}{$.\n\n"
        "\\[ \\sum_{k=0}^{\\infty} 2^{-k} \\] See https://example.org/a_b and $5 or $10.",
        authors=tuple(f"Author Number{i}" for i in range(100)),
        categories=("math.FA", "math.CA"),
        submitted="2003-09-08",
        updated="2003-11-01",
        versions=(Version(number=1, date="2003-09-08"), Version(number=2, date="2003-11-01")),
        journal_ref="J. Funct. Anal. 12 (2003), 1--20",
        doi="10.1000/xyz(12)34",
        comment='12 pages "quoted"',
        url="javascript:alert(1)",
    ),
    Record(source="list", source_id="bare", title="A paper of which only the title is known"),
    Record(
        source="arxiv",
        source_id="9901.00001",
        title="A paper from the future",
        abstract="It has not been written yet.",
        categories=("cs.CL",),
        submitted="2031-01-01",
    ),
    Record(
        source="list",
        source_id="image",
        title='"><img src=x onerror=alert(1)>',
        abstract=r"\href{javascript:alert(1)}{x} $\text{<img onerror=x>}$ \url{javascript:x}",
        authors=('"><script>', "王小明", "..."),
        categories=("x.<i>",),
        venue='"><script>',
        submitted="2019-02-03",
    ),
]


def many(n: int, day: str) -> list[Record]:
    """Papers of one day, enough for several pages."""
    return [
        Record(
            source="many",
            source_id=str(i),
            title=f"Paper number {i} of a full day",
            abstract="One of many.",
            authors=(f"Person {i % 7}", "Second Author"),
            categories=("cs.DS", "cs.DB") if i % 2 else ("hep-th",),
            submitted=day,
        )
        for i in range(n)
    ]


@pytest.fixture(scope="session")
def put() -> Callable[[Services, list[Record]], None]:
    """Put records into a library as new papers, and make them found by words."""

    def put_records(services: Services, records: list[Record]) -> None:
        with services.importing.store.writing() as writing:
            writing.put(
                [
                    Assigned(
                        record=record,
                        origin="test",
                        fingerprint="f",
                        line=i,
                        paper=None,
                        group=i,
                    )
                    for i, record in enumerate(records)
                ]
            )
        services.embedding.index_words()

    return put_records


@pytest.fixture(scope="session")
def services(
    tmp_path_factory: pytest.TempPathFactory, put: Callable[[Services, list[Record]], None]
) -> Iterator[Services]:
    """A library of the shelf, of awkward papers and of a day with 120."""
    opened = open_library(
        Settings(library=tmp_path_factory.mktemp("library"), title="The Test"), create=True
    )
    opened.importing.run([shelf_path()])
    put(opened, AWKWARD + many(120, "2012-03-05"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def make_client() -> Callable[[Services], TestClient]:
    """Make a client of the pages of a library, at a fixed moment."""

    def made(services: Services) -> TestClient:
        app = FastAPI()
        reading = ReadingService(reading=services.reading.reading, clock=lambda: NOW)
        editions = SearchEditions(reading=reading, searcher=services.search.searcher)
        fixed = replace(services, reading=reading, search_editions=editions)
        app.state.site = mount_pages(app, fixed)
        return TestClient(
            app,
            base_url="http://127.0.0.1",
            raise_server_exceptions=False,
            follow_redirects=False,
        )

    return made


@pytest.fixture(scope="session")
def client(services: Services, make_client: Callable[[Services], TestClient]) -> TestClient:
    """A client of the pages of the library."""
    return make_client(services)


_MATHS = """math mrow mi mo mn mtext mspace msub msup msubsup mfrac msqrt mroot munder mover
munderover mtable mtr mtd mstyle mpadded mphantom menclose"""
_PROSE = "em strong code span sup sub wbr"
_SAFE_ATTRIBUTES = """display displaystyle fence form largeop linethickness lspace mathvariant
maxsize minsize movablelimits notation rspace scriptlevel separator stretchy symmetric width"""


@pytest.fixture(scope="session")
def is_safe() -> Callable[[str], bool]:
    """Whether a fragment holds nothing but the elements that prose and formulas may make."""
    maths, prose = set(_MATHS.split()), set(_PROSE.split())
    attributes, classes = set(_SAFE_ATTRIBUTES.split()), {"tex", "sc", "wide", "display"}

    def safe_element(tag: str, given: dict[str, str | None]) -> bool:
        if tag in maths:
            return given.keys() <= attributes
        if tag == "a":
            return given.keys() == {"href", "rel"} and str(given["href"]).startswith("http")
        return (
            tag in prose
            and given.get("class", "tex") in classes
            and given.keys() <= {"class", "tabindex"}
        )

    def safe(html: str) -> bool:
        page = Page(html)
        nested = not page.open and not page.unclosed
        return nested and all(safe_element(tag, given) for tag, given in page.elements)

    return safe


class Page(HTMLParser):
    """What a page is made of: elements in order, its headings, links and visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unclosed: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    @property
    def levels(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.elements if tag in ("h1", "h2", "h3", "h4")]

    @property
    def links(self) -> list[str]:
        return [a["href"] or "" for tag, a in self.elements if tag == "a" and "href" in a]

    def having(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [a for t, a in self.elements if t == tag and wanted.items() <= a.items()]


@pytest.fixture(scope="session")
def parse() -> Callable[[str], Page]:
    """Read a page's HTML."""
    return Page
