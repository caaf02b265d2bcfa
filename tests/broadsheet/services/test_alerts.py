"""Saved queries: what is new is brought once, to its page, feed, mail and webhook."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.services.alerts import AlertService
from broadsheet.store import SqlAccounts, SqlPost, SqlSavedQueries
from broadsheet.store.reader_schema import follows, marks

NOW = datetime(2021, 1, 20, 12, tzinfo=UTC)


class Desk:
    """A library with readers and their saved queries."""

    def __init__(self, library):
        library.store.clock = lambda: NOW
        self.library = library
        self.searcher = library.open()
        self.saved = SqlSavedQueries.beside(library.store)
        self.post = SqlPost.beside(library.store)
        accounts = SqlAccounts.beside(library.store)
        self.ada = accounts.add_reader(name="Ada", role="admin")
        self.bea = accounts.add_reader(name="Bea", role="reader")
        self.alerts = AlertService(
            reading=library.store,
            saved=self.saved,
            percolating=self.searcher,
            clock=lambda: NOW,
            address="https://paper.example",
        )

    def search(self, text, reader=None, **given):
        return self.alerts.save(
            reader or self.ada,
            name=text,
            kind="search",
            asked={"q": f"q={text}&mode=words"},
            **given,
        )

    def add(self, *papers):
        keys = self.library.add(*papers)
        self.searcher.index_words()
        self.alerts.run()
        return keys

    def titles(self, query):
        return [paper.title for _, paper in self.alerts.brought(query)]

    def put(self, table, **row):
        with self.library.store._changing() as connection:
            connection.execute(insert(table).values(row))


@pytest.fixture
def desk(library, paper):
    return Desk(library)


def test_a_search_brings_what_is_new_and_nothing_old(desk, paper):
    desk.add(paper(1, "An old paper on retrieval"))
    query = desk.search("retrieval")
    desk.add(paper(2, "A new paper on retrieval"), paper(3, "Proteins"))
    assert desk.titles(query) == ["A new paper on retrieval"]
    assert desk.alerts.brought(query)[0][0].why == "words: retrieval"


def test_running_again_brings_nothing(desk, paper):
    query = desk.search("retrieval")
    desk.add(paper(2, "Retrieval"))
    assert desk.alerts.run() == 0
    desk.library.add(paper(2, "Retrieval, its second version"))
    assert desk.alerts.run() == 0
    assert len(desk.titles(query)) == 1


def test_what_was_listed_long_ago_is_no_news(desk, paper):
    query = desk.search("retrieval")
    desk.add(paper(1, "Retrieval in 2012", submitted="2012-05-01"))
    assert desk.titles(query) == []


def test_a_reader_is_brought_a_paper_once(desk, paper):
    first, second = desk.search("retrieval"), desk.search("sparse")
    others = desk.search("sparse", reader=desk.bea)
    again = desk.search("sparse", repeats=True)
    desk.add(paper(1, "Sparse retrieval"))
    assert [len(desk.titles(q)) for q in (first, second, others, again)] == [1, 0, 1, 1]


@pytest.mark.parametrize("mark", ["read_at", "never_at"])
def test_what_a_reader_has_dealt_with_is_not_brought(desk, paper, mark):
    query = desk.search("retrieval")
    (key,) = desk.library.add(paper(1, "Retrieval"))
    empty = dict.fromkeys(("saved_at", "read_at", "never_at", "note", "changed_at"), "")
    desk.put(marks, reader=desk.ada.key, paper=key, vote=0, **{**empty, mark: "2021-01-20"})
    desk.alerts.run()
    assert desk.titles(query) == []


def test_what_is_followed_is_brought(desk, paper):
    key = {"author": desk.ada.key, "category": desk.bea.key}
    desk.put(follows, reader=key["author"], kind="author", value="ada-quill", name="A", at="")
    desk.put(follows, reader=key["category"], kind="category", value="cs", name="cs", at="")
    ada = desk.alerts.save(desk.ada, name="f", kind="follows", asked={})
    bea = desk.alerts.save(desk.bea, name="f", kind="follows", asked={})
    (number,) = desk.add(paper(1, "One"))
    (paper_one,) = desk.library.store.papers([number])
    assert desk.titles(bea) == ["One"]
    assert desk.alerts.brought(bea)[0][0].why == "category cs"
    assert (desk.titles(ada) == ["One"]) == (paper_one.authors[0].key == "ada-quill")


def test_events_of_saved_papers_are_brought(desk, paper):
    (key,) = desk.library.add(
        paper(1, "Retrieval"),
    )
    desk.library.add(paper(2, "Another"))
    empty = dict.fromkeys(("read_at", "never_at", "note", "changed_at"), "")
    desk.put(marks, reader=desk.ada.key, paper=key, vote=0, saved_at="2021", **empty)
    query = desk.alerts.save(
        desk.ada, name="n", kind="events", asked={"kinds": ["withdrawn"], "of": "saved"}
    )
    desk.library.add(
        paper(1, "Retrieval", standing="withdrawn", updated="2021-01-19"),
        paper(2, "Another", standing="withdrawn"),
    )
    desk.alerts.run()
    assert desk.titles(query) == ["Retrieval"]
    assert desk.alerts.brought(query)[0][0].why == "withdrawn, 2021-01-19"


def test_a_webhook_is_called_with_what_is_new(desk, paper):
    query = desk.search("retrieval", hook="https://hooks.example/x")
    desk.add(paper(1, "Retrieval"))
    (call,) = desk.post.claim(limit=10, lease_s=60)
    said = json.loads(call.body)
    assert call.to == "https://hooks.example/x"
    assert call.key == f"hook:{query.id}:{query.reached + 1}"
    assert said["data"]["query"] == {"id": query.id, "name": "retrieval"}
    assert [p["title"] for p in said["data"]["papers"]] == ["Retrieval"]
    assert said["data"]["papers"][0]["url"].startswith("https://paper.example/paper/")
    assert desk.alerts.run() == 0
    assert desk.post.count_letters() == {"queued": 1}


def test_a_feeds_secret_opens_that_feed_alone(desk, paper):
    query = desk.search("retrieval")
    first = desk.alerts.open_feed(query)
    desk.add(paper(1, "Retrieval"))
    assert [p.title for _, p in desk.alerts.feed(first)[1]] == ["Retrieval"]
    second = desk.alerts.open_feed(query)
    assert second != first
    for wrong in (first, "", "x", query.id):
        with pytest.raises(NotFoundError):
            desk.alerts.feed(wrong)
    desk.alerts.close_feed(query)
    with pytest.raises(NotFoundError):
        desk.alerts.feed(second)


def test_no_reader_sees_anothers_query(desk):
    query = desk.search("retrieval")
    with pytest.raises(NotFoundError):
        desk.alerts.one(desk.bea, query.id)
    assert desk.alerts.of(desk.bea) == []
    assert desk.alerts.one(desk.ada, query.id) == query


def test_a_query_is_changed_and_removed(desk, paper):
    query = desk.search("retrieval", hook="https://hooks.example/x")
    changed = desk.alerts.change(query, name="R", mail=False, hook=query.hook, repeats=True)
    assert desk.alerts.one(desk.ada, query.id) == changed
    assert changed.hook_secret == query.hook_secret
    moved = desk.alerts.change(
        changed, name="R", mail=False, hook="https://x.example", repeats=True
    )
    assert moved.hook_secret not in ("", query.hook_secret)
    desk.add(paper(1, "Retrieval"))
    desk.alerts.remove(moved)
    assert desk.alerts.of(desk.ada) == []
    assert desk.post.claim(limit=10, lease_s=60) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "dreams", "asked": {}}, "kind must be"),
        ({"kind": "search", "asked": {"q": ""}}, "words or a filter"),
        ({"kind": "search", "asked": {"q": "colour=red"}}, "no search parameter"),
        ({"kind": "search", "asked": {"q": "q=x"}, "name": " "}, "name has"),
        ({"kind": "search", "asked": {"q": "q=x"}, "hook": "ftp://x"}, "webhook"),
        ({"kind": "search", "asked": {"q": "q=x"}, "hook": "https://u:p@x"}, "webhook"),
        ({"kind": "search", "asked": {"q": "q=x"}, "hook": "https://x\n"}, None),
        ({"kind": "events", "asked": {"kinds": []}}, "Name the events"),
        ({"kind": "events", "asked": {"kinds": ["birth"]}}, "no event"),
        ({"kind": "events", "asked": {"kinds": ["new"], "of": "all"}}, "of must be"),
    ],
)
def test_what_cannot_be_asked_is_refused(desk, given, said):
    whole = {"name": "n", **given}
    if said is None:
        assert desk.alerts.save(desk.ada, **whole).hook == "https://x"
        return
    with pytest.raises(InvalidValueError, match=said):
        desk.alerts.save(desk.ada, **whole)


def test_two_processes_bring_a_paper_once(desk, paper):
    query = desk.search("retrieval")
    desk.library.add(paper(1, "Retrieval"))
    other = replace(query)
    desk.alerts.run()
    found = desk.alerts.brought(query)[0][0]
    again = replace(found, why="seen by a slower process")
    assert desk.saved.deliver([other], [again], reached=10_000) == 0
    assert len(desk.titles(query)) == 1


def test_more_queries_ask_the_database_no_more_often(desk, paper, count_statements):
    def statements():
        with count_statements() as counted:
            desk.alerts.run()
        return len(counted)

    for n in range(3):
        desk.search(f"word{n}")
    desk.library.add(paper(1, "word1"))
    few = statements()
    for n in range(3, 40):
        desk.search(f"word{n}")
    desk.library.add(paper(2, "word2 word3"))
    assert statements() <= few
