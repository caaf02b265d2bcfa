"""Ten more papers, no more questions to the database."""

import pytest

from broadsheet.model.paper import Record
from broadsheet.model.settings import Settings
from broadsheet.search import searcher
from broadsheet.wiring import open_library

PATHS = [
    "/",
    "/2020-05-04",
    "/2020/W19",
    "/2020-05",
    "/2020",
    "/c/cs.CL",
    "/c/cs.CL/2020-05",
    "/a/one-author",
    "/paper/2005.00001",
    "/search",
    "/search?q=paper",
    "/all",
    "/a/one-author/2020-05",
    "/front.atom",
    "/2020-05-04.atom",
    "/c/cs.CL.json",
    "/a/one-author.md",
    "/search.atom?q=paper",
    "/paper/2005.00001.atom",
    "/categories",
    "/about",
]


def papers(first: int, n: int) -> list[Record]:
    return [
        Record(
            source="s",
            source_id=str(i),
            title=f"Paper {i}",
            abstract="Text.",
            authors=("One Author", f"Other {i}"),
            categories=("cs.CL", "cs.LG"),
            submitted="2020-05-04",
            arxiv_id=f"2005.{i:05d}",
            updated="2020-05-04",
            standing="withdrawn",
        )
        for i in range(first, first + n)
    ]


@pytest.fixture
def ask(tmp_path, put, make_client, count_statements, monkeypatch):
    monkeypatch.setattr(searcher, "_LOOK_EVERY_S", 0.0)  # each search looks, not one a while
    services = open_library(Settings(library=tmp_path), create=True)
    put(services, papers(1, 10))
    # What was opened counts: from then on the front page asks what trends.
    make_client(services).get("/paper/2005.00001")

    def numbers() -> dict[str, int]:
        """Count for pages that were not made before, in a store that has been asked before."""
        found = {}
        warm, client = make_client(services), make_client(services)
        for path in PATHS:
            assert warm.get(path).status_code == 200
            with count_statements() as asked:
                assert client.get(path).status_code == 200
            found[path] = len(asked)
        return found

    yield numbers, lambda: put(services, papers(11, 10))
    services.close()


def test_ten_more_papers_ask_no_more_questions(ask):
    numbers, add_ten = ask
    before = numbers()
    add_ten()
    assert numbers() == before


def test_a_page_asks_few_questions(ask):
    numbers, _ = ask
    assert all(
        5 <= n <= 46 for path, n in numbers().items() if path not in ("/categories", "/about")
    )


def test_a_page_that_was_made_before_asks_only_whether_anything_changed(client, count_statements):
    first = client.get("/2012-03-05")
    with count_statements() as asked:
        again = client.get("/2012-03-05")
    assert again.text == first.text
    assert sum("SELECT" in statement for statement in asked) == 2  # in the library, in the reader
