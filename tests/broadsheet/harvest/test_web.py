"""The way out: real requests to loopback, and the places that are not asked."""

import gzip

import pytest
from tests.broadsheet.harvest.servers import Reply, Server, serving

from broadsheet.model.errors import RetryError, SourceError
from broadsheet.model.harvest import About, Request
from broadsheet.sources import HttpWeb

ABOUT = About(name="x", title="X", gives="", rules="", home="", key="header X-Key")


def web_to(server: Server, **given: object) -> HttpWeb:
    return HttpWeb(
        inside=[server.base.removeprefix("http://")],
        keys={"x": "secret-key"},
        read_s=1.0,
        **given,  # type: ignore[arg-type]
    )


def test_an_answer_comes_with_status_headers_and_body() -> None:
    body = gzip.compress(b"hello")
    with serving(
        lambda *_: Reply(status=404, body=body, headers={"Content-Encoding": "gzip", "ETag": "a"})
    ) as server:
        answer = web_to(server).fetch(Request(url=f"{server.base}/p?q=1"), about=ABOUT)
    assert (answer.status, answer.body, answer.headers["etag"]) == (404, b"hello", "a")
    assert server.asked == ["/p?q=1"]


def test_keys_are_said_as_the_source_wants_them() -> None:
    with serving(lambda *_: Reply()) as server:
        web = web_to(server, contact="me@example.org")
        web.fetch(Request(url=server.base), about=ABOUT)
        web.fetch(
            Request(url=f"{server.base}/?a=b"),
            about=About(name="x", title="X", gives="", rules="", home="", key="query api_key"),
        )
        answer = web.fetch(
            Request(url=server.base),
            about=About(name="y", title="Y", gives="", rules="", home="", key="contact mailto"),
        )
    assert server.headers[0]["x-key"] == "secret-key"
    assert server.asked[1] == "/?a=b&api_key=secret-key"
    assert "x-key" not in server.headers[1]
    assert server.asked[2] == "/?mailto=me%40example.org"
    assert "secret" not in answer.url


def test_a_key_that_a_server_repeats_is_blotted_out() -> None:
    with serving(lambda *_: Reply(status=403, body=b"bad key secret-key!")) as server:
        answer = web_to(server).fetch(Request(url=server.base), about=ABOUT)
    assert answer.body == b"bad key ...!"


def test_a_redirect_elsewhere_is_followed_without_the_key() -> None:
    with serving(lambda *_: Reply(body=b"there")) as other:
        moved = Reply(status=302, headers={"Location": f"{other.base}/new"})
        with serving(lambda *_: moved) as server:
            web = HttpWeb(
                inside=[server.base.removeprefix("http://"), other.base.removeprefix("http://")],
                keys={"x": "secret-key"},
            )
            answer = web.fetch(Request(url=server.base, body="{}"), about=ABOUT)
    assert (answer.body, answer.url) == (b"there", f"{other.base}/new")
    assert server.headers[0]["x-key"] == "secret-key"
    assert "x-key" not in other.headers[0]


@pytest.mark.parametrize(
    "place",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://user:word@127.0.0.1/",
        "gopher://x",
        "http://",
    ],
)
def test_a_redirect_to_a_file_or_a_private_place_is_refused(place: str) -> None:
    moved = Reply(status=302, headers={"Location": place})
    with serving(lambda *_: moved) as server, pytest.raises(SourceError) as e:
        web_to(server).fetch(Request(url=server.base), about=ABOUT)
    assert not isinstance(e.value, RetryError)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:9/", "x", "http://a:b/"])
def test_such_places_are_not_asked_at_all(url: str) -> None:
    with pytest.raises(SourceError):
        HttpWeb().fetch(Request(url=url), about=ABOUT)


def test_redirects_end() -> None:
    with serving(lambda *_: Reply(status=301, headers={"Location": "/again"})) as server:
        with pytest.raises(SourceError, match="too often"):
            web_to(server).fetch(Request(url=server.base), about=ABOUT)
        assert len(server.asked) == 6


def test_a_body_over_the_limit_is_refused_while_it_comes() -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    with (
        serving(lambda *_: Reply(body=bomb, headers={"Content-Encoding": "gzip"})) as server,
        pytest.raises(SourceError, match="over 100,000 bytes"),
    ):
        web_to(server, max_body_bytes=100_000).fetch(Request(url=server.base), about=ABOUT)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"x" * 100, cut=10),
        Reply(body=b"x" * 100, pause_s=1.5),
        Reply(body=b"x" * 100, headers={"Content-Encoding": "gzip"}),
    ],
    ids=["cut", "slow", "bad-gzip"],
)
def test_a_broken_answer_may_be_asked_for_again(reply: Reply) -> None:
    with serving(lambda *_: reply) as server, pytest.raises(RetryError):
        web_to(server).fetch(Request(url=server.base), about=ABOUT)


def test_a_server_that_is_not_there_may_be_asked_again() -> None:
    with serving(lambda *_: Reply()) as server:
        pass
    with pytest.raises(RetryError, match="cannot be reached"):
        web_to(server).fetch(Request(url=server.base), about=ABOUT)


def test_slow_drops_end_at_the_deadline() -> None:
    slow = Reply(body=b"x" * 2000, pause_s=0.5)
    with serving(lambda *_: slow) as server, pytest.raises(RetryError, match="for one answer"):
        web_to(server, whole_s=0.1).fetch(Request(url=server.base), about=ABOUT)
