"""Headers: the policy on every answer, caching by revision, assets for ever, compression."""

import pytest

from broadsheet.model.paper import Record
from broadsheet.model.settings import Settings
from broadsheet.wiring import open_library

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
KEPT = ["/", "/2024", "/c/cs.CL", "/a/jianbo-shi", "/days", "/categories", "/paper/2405.14828"]


@pytest.mark.parametrize("path", ["/", "/search?page=0", "/nope", "/favicon.svg", "/robots.txt"])
def test_every_answer_carries_the_policy(client, path):
    headers = client.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", KEPT)
def test_a_page_that_did_not_change_is_304(client, path):
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert first.headers["cache-control"] == "private, no-cache"
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]


def test_pages_differ_by_address_and_page(client):
    tags = {client.get(p).headers["etag"] for p in ("/2012-03-05", "/2012-03-05?page=2", "/2024")}
    assert len(tags) == 3


def test_a_new_paper_changes_the_page(tmp_path, put, make_client):
    services = open_library(Settings(library=tmp_path), create=True)
    client = make_client(services)
    tag = client.get("/").headers["etag"]
    put(services, [Record(source="s", source_id="1", title="News", submitted="2026-11-21")])
    answer = client.get("/", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "News" in answer.text
    services.close()


def test_an_empty_library_says_what_to_do(tmp_path, make_client):
    services = open_library(Settings(library=tmp_path), create=True)
    client = make_client(services)
    assert "Nothing has been printed yet" in client.get("/").text
    for path in ("/days", "/categories", "/about", "/search", "/2024"):
        assert client.get(path).status_code == 200
    services.close()


def test_error_pages_are_not_kept(client):
    assert client.get("/nope").headers["cache-control"] == "no-store"


def test_assets_have_the_hash_of_their_bytes_and_are_kept_for_ever(client, parse):
    page = parse(client.get("/").text)
    style = page.having("link", rel="stylesheet")[0]["href"]
    script = page.having("script", type="module")[0]["src"]
    for address, kind in ((style, "text/css"), (script, "text/javascript")):
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].startswith(kind)


def test_pages_are_compressed(client):
    answer = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in answer.headers["vary"].lower()


def test_the_style_sheet_stays_small(client, parse):
    paper, reader = parse(client.get("/").text).having("link", rel="stylesheet")
    assert len(client.get(paper["href"]).content) < 20_000
    assert len(client.get(reader["href"]).content) < 6_000  # for readers alone


def test_head_is_answered_as_get_without_a_body(client):
    answer = client.head("/")
    assert answer.status_code == 200
    assert answer.content == b""


def test_a_page_comes_packed_or_plain_the_first_time_and_again(client):
    for _ in range(2):
        packed = client.get("/days", headers={"Accept-Encoding": "gzip"})
        plain = client.get("/days", headers={"Accept-Encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.text == plain.text
        assert "accept-encoding" in packed.headers["vary"].lower()
        assert "cookie" in packed.headers["vary"].lower()
        assert int(packed.headers["content-length"]) < len(plain.content)
    head = client.head("/days", headers={"Accept-Encoding": "gzip"})
    assert head.content == b""
