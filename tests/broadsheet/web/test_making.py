"""Pages are made a few at a time; what else is asked for does not wait for them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from broadsheet.web.site import Site

PATHS = ["/all", *(f"/all?page={n}" for n in range(2, 7))]


@pytest.fixture
def client(services, make_client) -> TestClient:
    """A client for which no page was made before."""
    return make_client(services)


def test_no_more_than_two_pages_are_made_at_once(client, monkeypatch):
    site: Site = client.app.state.site
    lock, now, most = threading.Lock(), 0, 0
    enough = threading.Event()
    read = site.services.reading.everything

    def counted(**asked):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        enough.wait(0.1)
        with lock:
            now -= 1
        return read(**asked)

    monkeypatch.setattr(site.services.reading, "everything", counted)
    with client, ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda path: client.get(path).status_code, PATHS))
    assert found == [200] * 6
    assert most == 2


def test_while_pages_are_made_others_are_answered(client, monkeypatch):
    reading = client.app.state.site.services.reading
    begun, go_on = threading.Semaphore(0), threading.Event()

    def waiting(**_):
        begun.release()
        go_on.wait(20)
        raise KeyError

    monkeypatch.setattr(reading, "everything", waiting)
    with client, ThreadPoolExecutor(2) as pool:
        held = [pool.submit(client.get, path) for path in PATHS[:2]]
        assert all(begun.acquire(timeout=20) for _ in held)
        assert client.get("/days").status_code == 200
        go_on.set()
        assert [one.result().status_code for one in held] == [500, 500]


def test_warming_reads_every_template_and_the_front_page(client):
    site = client.app.state.site
    site.warm()
    kept = site.press.environment.cache
    assert len(kept) >= len(site.press.environment.list_templates())
