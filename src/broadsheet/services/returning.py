"""Letters that came back after they were sent: the reports of mail servers (RFC 3464)."""

from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.letters import MOST_BOUNCES
from broadsheet.model.saved_ports import Post

_MOST_BYTES = 1_000_000
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a mail server says of a letter that it could not deliver.

    Args:
        message_id: the letter's, or empty where the report does not have it.
        is_final: whether it was given up for good, for reasons of the address or its server.
        said: the server's words.
    """

    message_id: str
    is_final: bool
    said: str


class ReturningService:
    """Takes in reports, so that nothing more is sent to addresses that do not exist any more.

    A letter is known by its Message-ID, which nobody can guess, so that nobody can end another's
    subscription by a report of their own making.

    Args:
        post: the outbox.
    """

    def __init__(self, *, post: Post) -> None:
        self.post = post

    def take(self, message: bytes) -> str:
        """Take in a report; return in a sentence what came of it.

        Raises:
            InvalidValueError: it is no report of a mail server.
        """
        report = report_in(message)
        if not report.is_final:
            return "Only delayed; the mail server goes on trying."
        key = self.post.returned(report.message_id, report.said, most=MOST_BOUNCES)
        if key is None:
            return "No letter of this paper, or one that was counted before; nothing was done."
        return f"The letter {key} came back: {report.said}"


def report_in(message: bytes) -> Report:
    """Return the report that a message is.

    Raises:
        InvalidValueError: it is none.
    """
    if len(message) > _MOST_BYTES:
        raise InvalidValueError(f"A report has {_MOST_BYTES:,} bytes at most.")
    parts = list(message_from_bytes(message).walk())
    status = next((p for p in parts if p.get_content_type() == "message/delivery-status"), None)
    if status is None:
        raise InvalidValueError(
            "This is no report of a mail server: it has no part message/delivery-status (RFC 3464)."
        )
    of_addresses = [block for block in _blocks(status) if block["Action"]]
    failed = next((b for b in of_addresses if _is_final(b)), None)
    shown = failed if failed is not None else next(iter(of_addresses), Message())
    said = " ".join(f"{shown['Status'] or ''} {shown['Diagnostic-Code'] or ''}".split())
    return Report(
        message_id=next(filter(None, map(_letter_of, parts)), ""),
        is_final=failed is not None,
        said=said[:_LONGEST],
    )


def _blocks(status: Message) -> list[Message]:
    payload = status.get_payload()
    return [b for b in payload if isinstance(b, Message)] if isinstance(payload, list) else []


def _is_final(block: Message) -> bool:
    action, status = (str(block[name] or "").strip().lower() for name in ("Action", "Status"))
    return action == "failed" and status.startswith("5")


def _letter_of(part: Message) -> str:
    """Return the Message-ID of the letter that a part gives back, whole or its headers."""
    kind, payload = part.get_content_type(), part.get_payload()
    if kind == "message/rfc822" and isinstance(payload, list) and payload:
        return _id_in(payload[0])
    if kind == "text/rfc822-headers" and isinstance(payload, str):
        return _id_in(message_from_string(payload))
    return ""


def _id_in(letter: object) -> str:
    return str(letter["Message-ID"] or "").strip() if isinstance(letter, Message) else ""
