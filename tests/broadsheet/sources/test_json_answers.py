"""What servers that speak JSON answer besides papers."""

import pytest

from broadsheet.model.errors import RestartError, RetryError, SourceError
from broadsheet.model.harvest import Answer, Request
from broadsheet.sources.json_answers import asked, json_answer


def answer(body: bytes, status: int = 200) -> Answer:
    return Answer(status=status, body=body, headers={})


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": ', b'{"a": "\xff"}', b"[" * 10_000])
def test_what_is_no_json_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(RetryError, match="Server's answer is broken"):
        json_answer(answer(body), "Server")


def test_a_page_with_an_escaped_nul_is_read() -> None:
    assert json_answer(answer(rb'["a\u0000b", "c\\\u0000d"]'), "Server") == ["ab", r"c\d"]
    assert json_answer(answer(rb'["c\\u0000d"]'), "Server") == [r"c\d"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"error": "why", "message": "so"}', 200),
        (b'{"message": "why"}', 403),
        (b'{"status": "failed", "message": [{"value": 1, "message": "why"}]}', 400),
        (b'{"errors": [{"message": "why"}]}', 200),
    ],
)
def test_an_error_is_no_papers_whatever_its_status(body: bytes, status: int) -> None:
    with pytest.raises(SourceError, match=f"Server refuses with status {status}: why"):
        json_answer(answer(body, status), "Server")


def test_a_status_that_refuses_is_enough() -> None:
    for body in (b"<html>Forbidden</html>", b"{}", b""):
        with pytest.raises(SourceError, match="403") as caught:
            json_answer(answer(body, 403), "Server")
        assert not isinstance(caught.value, RetryError)


def test_an_error_about_the_place_begins_anew_only_where_there_was_one() -> None:
    body = b'{"error": "Cursor value is invalid"}'
    with pytest.raises(RestartError):
        json_answer(answer(body, 400), "Server", place="cursor")
    with pytest.raises(SourceError) as caught:
        json_answer(answer(body, 400), "Server")
    assert not isinstance(caught.value, RestartError)


def test_what_was_asked_is_read_out_of_the_address() -> None:
    request = Request(url="http://127.0.0.1/works?cursor=a%2Bb%3D&x=1")
    assert (asked(request, "cursor"), asked(request, "none")) == ("a+b=", "")
    assert asked(Request(url="http://[broken"), "x") == ""
