"""Mail over SMTP, to a real server."""

import base64
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from broadsheet.mail import Signer, SmtpMailer
from broadsheet.model.errors import SettingsError
from broadsheet.model.letters import LetterError, LetterRefusedError

PASSWORD = "a long password"
MESSAGE = b"From: paper@example.org\r\nTo: a@example.org\r\nSubject: Hello\r\n\r\nText\r\n"


def nothing() -> None:
    """Begin."""


@pytest.fixture
def make(trusting: ssl.SSLContext) -> Callable[..., SmtpMailer]:
    def made(server: Any, **given: Any) -> SmtpMailer:
        settings: dict[str, Any] = {
            "host": server.host,
            "port": server.port,
            "user": "paper",
            "password": PASSWORD,
            "bounce_to": "bounces@example.org",
            "context": trusting,
            "timeout_s": 5.0,
        }
        return SmtpMailer(**{**settings, **given})

    return made


def test_a_letter_arrives_encrypted(mail_server: Any, make: Any) -> None:
    begun: list[bool] = []
    mailer = make(mail_server)
    mailer.send(MESSAGE, to="a@example.org", begin=lambda: begun.append(True))
    mailer.close()
    assert mail_server.taken == [("a@example.org", MESSAGE)]
    assert mail_server.encrypted
    assert begun == [True]


def test_many_letters_take_one_connection(mail_server: Any, make: Any) -> None:
    mailer = make(mail_server)
    for n in range(5):
        mailer.send(MESSAGE, to=f"a{n}@example.org", begin=nothing)
    mailer.close()
    assert len(mail_server.taken) == 5
    assert len(mail_server.sessions) == 1


def test_a_password_never_goes_in_the_open(open_server: Any, make: Any) -> None:
    with pytest.raises(SettingsError, match="in the open"):
        make(open_server, security="none")
    with pytest.raises(LetterError, match="STARTTLS"):
        make(open_server).send(MESSAGE, to="a@example.org", begin=nothing)
    assert open_server.taken == []


def test_without_a_password_the_open_will_do_when_asked_for(open_server: Any, make: Any) -> None:
    mailer = make(open_server, security="none", user="", password="")
    mailer.send(MESSAGE, to="a@example.org", begin=nothing)
    mailer.close()
    assert len(open_server.taken) == 1


def test_a_server_that_cannot_prove_itself_gets_nothing(mail_server: Any, make: Any) -> None:
    strict = make(mail_server, context=ssl.create_default_context())
    with pytest.raises(LetterError, match="prove who it is"):
        strict.send(MESSAGE, to="a@example.org", begin=nothing)
    assert mail_server.taken == []


def test_a_wrong_password_is_named(mail_server: Any, make: Any) -> None:
    with pytest.raises(LetterError, match=r"mail\.password") as refused:
        make(mail_server, password="wrong").send(MESSAGE, to="a@example.org", begin=nothing)
    assert not isinstance(refused.value, LetterRefusedError)
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "kind", "of_address"),
    [
        ("550 5.1.1 No such user", LetterRefusedError, True),
        ("552 Too large", LetterRefusedError, False),
        ("450 Later", LetterError, None),
    ],
)
def test_what_the_server_says_of_an_address_counts(
    mail_server: Any, make: Any, answer: str, kind: type, of_address: bool | None
) -> None:
    mail_server.answers["a@example.org"] = answer
    begun: list[bool] = []
    mailer = make(mail_server)
    with pytest.raises(LetterError) as refused:
        mailer.send(MESSAGE, to="a@example.org", begin=lambda: begun.append(True))
    assert type(refused.value) is kind
    assert getattr(refused.value, "of_address", None) == of_address
    assert begun == []
    mailer.send(MESSAGE, to="b@example.org", begin=nothing)
    mailer.close()
    assert [to for to, _ in mail_server.taken] == ["b@example.org"]


def test_a_refused_message_is_refused(mail_server: Any, make: Any) -> None:
    mail_server.answers["data"] = "554 Spam"
    mailer = make(mail_server)
    with pytest.raises(LetterRefusedError, match="554 Spam"):
        mailer.send(MESSAGE, to="a@example.org", begin=nothing)
    mailer.close()


def test_a_server_that_is_away_is_tried_again(make: Any) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    class Nobody:
        host = "127.0.0.1"

    Nobody.port = port  # type: ignore[attr-defined]
    with pytest.raises(LetterError, match="cannot be reached"):
        make(Nobody).send(MESSAGE, to="a@example.org", begin=nothing)


def test_a_signature_holds(mail_server: Any, make: Any, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    (tmp_path / "key.pem").write_bytes(pem)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signer = Signer(domain="example.org", selector="s1", key_file=tmp_path / "key.pem")
    mailer = make(mail_server, signer=signer)
    letter = MESSAGE.replace(b"Subject", b"List-Unsubscribe: <https://x.example/u/1>\r\nSubject")
    mailer.send(letter, to="a@example.org", begin=nothing)
    mailer.close()
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    (_, taken), *_ = mail_server.taken
    assert dkim.verify(taken, dnsfunc=lambda name, **_: record)
    assert b"list-unsubscribe" in taken.partition(b"\r\n\r\n")[0].lower().partition(b"h=")[2]
    assert not dkim.verify(taken.replace(b"Hello", b"Hallo"), dnsfunc=lambda name, **_: record)


def test_a_key_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN nothing")
    with pytest.raises(SettingsError, match="dkim_key_file"):
        Signer(domain="example.org", selector="s1", key_file=tmp_path / "key.pem")
    with pytest.raises(SettingsError, match="cannot be read"):
        Signer(domain="example.org", selector="s1", key_file=tmp_path / "none.pem")


def test_an_address_that_mail_cannot_carry_is_refused_and_holds_nothing_up(
    mail_server: Any, make: Any
) -> None:
    mailer = make(mail_server)
    with pytest.raises(LetterRefusedError, match="cannot be said") as refused:
        mailer.send(MESSAGE, to="ädä@example.org", begin=nothing)
    assert refused.value.of_address
    mailer.send(MESSAGE, to="b@example.org", begin=nothing)
    mailer.close()
    assert [to for to, _ in mail_server.taken] == ["b@example.org"]
