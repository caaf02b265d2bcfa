"""Opening a paper's page is an act: once a day, with its place in the list, of readers alone."""

import threading

import pytest
from sqlalchemy import select

from broadsheet.store.reader_schema import acts

ID = "2005.00001"


def opened(people) -> list[tuple[str, int]]:
    store = people.services.marks.marks
    with store.reader.begin() as connection:
        return [tuple(row) for row in connection.execute(select(acts.c.kind, acts.c.place))]


def test_a_list_tells_the_place_and_the_address_stays_clean(people):
    link = people.ada.get("/2020-05-04").text.partition(f'href="/paper/{ID}?at=')[2][:1]
    answer = people.ada.get(f"/paper/{ID}?at={link}")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"/paper/{ID}"
    assert answer.headers["cache-control"] == "no-store"
    assert people.ada.get(f"/paper/{ID}").status_code == 200
    assert opened(people) == [("open", int(link))]


def test_places_go_on_from_page_to_page(people, put, records):
    put(people.services, records(60, first=100))
    assert "?at=51" in people.ada.get("/c/cs.LG?page=2").text
    assert "?at=21" in people.ada.get("/search?cat=cs.LG&page=2").text


def test_without_a_place_it_is_unknown(people):
    people.ada.get(f"/paper/{ID}")
    assert opened(people) == [("open", 0)]


@pytest.mark.parametrize(
    "headers", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}]
)
def test_looking_ahead_opens_nothing(people, headers):
    people.ada.get(f"/paper/{ID}", headers=headers)
    people.ada.head(f"/paper/{ID}")
    people.nobody.get(f"/paper/{ID}?at=3")
    people.ada.get("/paper/9999.99999")
    people.ada.get(f"/api/v1/papers/{ID}")
    assert opened(people) == []


def test_strangers_links_tell_nothing(people):
    assert "?at=" not in people.nobody.get("/2020-05-04").text


def test_what_is_no_place_is_refused(people):
    for at in ("x", "-1", "", "1.5", "999999", "²"):
        assert people.ada.get(f"/paper/{ID}?at={at}").status_code == 422, at


def test_openings_that_come_together_are_one_transaction(people, monkeypatch):
    service, begun, go_on = people.services.marks, threading.Event(), threading.Event()
    keep, asked = service.marks.opened, []

    def slowly(openings):
        asked.append(len(openings))
        begun.set()
        go_on.wait(20)
        return keep(openings)

    monkeypatch.setattr(service.marks, "opened", slowly)
    readers = people.services.accounts.accounts.all_readers()
    found = people.services.reading.paper(ID)
    first = threading.Thread(target=service.opened, args=(readers[0], found), kwargs={"place": 1})
    first.start()
    assert begun.wait(20)
    for reader in readers[1:]:
        service.opened(reader, found, place=2)
    go_on.set()
    first.join()
    assert asked == [1, len(readers) - 1]
    assert len(readers) > 2
    assert opened(people) == [("open", 1)] + [("open", 2)] * (len(readers) - 1)


def test_a_busy_library_does_not_keep_the_page_from_being_read(people, monkeypatch, caplog):
    from broadsheet.model.errors import StoreBusyError

    def busy(*args, **kwargs):
        raise StoreBusyError("another process writes")

    monkeypatch.setattr(people.services.marks.marks, "opened", busy)
    assert people.ada.get(f"/paper/{ID}").status_code == 200
    assert "not kept" in caplog.text
