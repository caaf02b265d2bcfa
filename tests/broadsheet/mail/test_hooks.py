"""Calls of webhooks, to a real server."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from broadsheet.mail import WebHooks
from broadsheet.model.harvest import About
from broadsheet.model.letters import Letter, LetterError, LetterRefusedError
from broadsheet.sources import HttpWeb

ABOUT = About(name="webhook", title="Webhooks", gives="", rules="", home="")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Receiver:
    """What was posted, and how it is answered."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.location = ""
        self.place = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            state.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(state.status)
            if state.location:
                self.send_header("Location", state.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.place = f"127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()


def hooks(*inside: str) -> WebHooks:
    return WebHooks(
        make_web=lambda: HttpWeb(hops=0, inside=inside, read_s=3, whole_s=3),
        about=ABOUT,
        clock=lambda: NOW,
    )


def letter(to: str) -> Letter:
    return Letter(key="hook:abc:7", channel="hook", to=to, body=b'{"type":"papers.found"}')


def test_a_call_is_signed_by_the_standard(receiver: Receiver) -> None:
    hooks(receiver.place).post(
        letter(f"http://{receiver.place}/in"),
        secret="whsec_" + base64.b64encode(b"s3cret").decode(),
    )
    ((headers, body),) = receiver.taken
    stamp = str(int(NOW.timestamp()))
    said = f"hook:abc:7.{stamp}.".encode() + body
    mac = base64.b64encode(hmac.new(b"s3cret", said, hashlib.sha256).digest()).decode()
    assert headers["webhook-id"] == "hook:abc:7"
    assert headers["webhook-timestamp"] == stamp
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert headers["content-type"] == "application/json"
    assert body == b'{"type":"papers.found"}'


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, LetterError), (503, LetterError), (429, LetterError), (404, LetterRefusedError)],
)
def test_answers_say_whether_to_try_again(receiver: Receiver, status: int, error: type) -> None:
    receiver.status = status
    with pytest.raises(LetterError) as said:
        hooks(receiver.place).post(letter(f"http://{receiver.place}/"), secret="whsec_cw==")
    assert type(said.value) is error
    assert str(status) in str(said.value)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.location = 307, f"http://{receiver.place}/elsewhere"
    with pytest.raises(LetterRefusedError, match="redirects"):
        hooks(receiver.place).post(letter(f"http://{receiver.place}/"), secret="whsec_cw==")
    assert len(receiver.taken) == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://{place}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "file:///etc/passwd",
        "http://user:pass@{place}/",
    ],
)
def test_no_private_place_is_called(receiver: Receiver, address: str) -> None:
    port = receiver.place.partition(":")[2]
    with pytest.raises(LetterError):
        hooks().post(letter(address.format(place=receiver.place, port=port)), secret="whsec_cw==")
    assert receiver.taken == []


def test_a_place_that_does_not_answer_is_tried_again() -> None:
    with pytest.raises(LetterError) as said:
        hooks("127.0.0.1:9").post(letter("http://127.0.0.1:9/"), secret="whsec_cw==")
    assert type(said.value) is LetterError
