"""Sets letters: a text part that is whole by itself, and the same in HTML."""

import textwrap
from collections.abc import Callable, Sequence
from datetime import date
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from broadsheet.model.letters import Digest, Envelope
from broadsheet.model.paper import Author, Paper

_TEMPLATES = Path(__file__).parent / "templates"
_WIDTH = 72
_MOST_HTML_BYTES = 100_000
"""Above about 102 kB a large mail service cuts a message off."""

_ROOMS = (420, 240, 120, 0)
_POLICY = SMTP.clone(max_line_length=78)


class MailPress:
    """Sets letters (`model.saved_ports.LetterPress`).

    Args:
        title: the paper's name.
        address: the paper's public address, without a slash at its end.
        plain: turns prose with TeX into plain text.
        paper_path: returns the path of a paper's page.
    """

    def __init__(
        self,
        *,
        title: str,
        address: str,
        plain: Callable[[str], str],
        paper_path: Callable[[Paper], str],
    ) -> None:
        self.title = title
        self.address = address
        self.environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters.update(
            plain=plain,
            excerpt=lambda text, room: _excerpt(plain(text), room),
            wrapped=_wrapped,
            names=_names,
            paper_link=lambda paper: f"{address}{paper_path(paper)}",
            long_day=_long_day,
        )

    def subject(self, digest: Digest) -> str:
        """Return what stands in a digest's subject: the first paper, and how many more."""
        papers = [told.paper for chapter in digest.chapters for told in chapter.papers]
        if not papers:
            return f"{self.title}, {_long_day(digest.day)}: nothing new for you"
        first = _excerpt(self._plain(papers[0].title), 90)
        more = f" and {len(papers) - 1} more" if len(papers) > 1 else ""
        return f"{first}{more}"

    def digest(self, digest: Digest, envelope: Envelope) -> bytes:
        """Return a digest as a message; its HTML is under 100 kB, with shorter texts if need be."""
        values = {"digest": digest, "title": self.title, "address": self.address}
        text = self._rendered("digest.txt", room=_ROOMS[0], **values)
        for room in _ROOMS:
            html = self._rendered("digest.html", room=room, **values)
            if len(html.encode()) < _MOST_HTML_BYTES:
                break
        return _message(envelope, text, html)

    def note(self, envelope: Envelope, *, lines: Sequence[str], link: str, action: str) -> bytes:
        """Return a short letter: a few sentences and one link."""
        values = {"lines": lines, "link": link, "action": action, "title": self.title}
        html = self._rendered("note.html", address=self.address, **values)
        return _message(envelope, self._rendered("note.txt", **values), html)

    def _plain(self, text: str) -> str:
        return str(self.environment.filters["plain"](text))

    def _rendered(self, template: str, **values: Any) -> str:
        return self.environment.get_template(template).render(**values)


def _message(envelope: Envelope, text: str, html: str) -> bytes:
    """Return a message with every header that mail sent by a program needs."""
    message = EmailMessage(policy=_POLICY)
    name, sender = parseaddr(envelope.sender)
    local, _, domain = sender.rpartition("@")
    message["From"] = Address(display_name=_line(name), username=local, domain=domain)
    message["To"] = envelope.to
    message["Subject"] = _line(envelope.subject)
    message["Date"] = format_datetime(envelope.date)
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"
    if envelope.list_id:
        message["List-Id"] = f"<{envelope.list_id}>"
        message["Precedence"] = "bulk"
    if envelope.stop:
        message["List-Unsubscribe"] = f"<{envelope.stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    for header, value in envelope.headers:
        message[header] = _line(value)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


def _line(text: str) -> str:
    """Return text that can stand in a header: one line, without what directs nothing."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:400]


def _excerpt(text: str, room: int) -> str:
    """Return the beginning of a text whose words stand one blank apart, cut between two."""
    if not room or len(text) <= room:
        return text if room else ""
    return f"{text[:room].rpartition(' ')[0]}…"


@lru_cache(maxsize=8192)  # the same papers stand in many letters
def _wrapped(text: str, indent: int = 0) -> str:
    blank = " " * indent
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=blank,
        subsequent_indent=blank,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _names(authors: Sequence[Author], most: int = 4) -> str:
    names = [author.name for author in authors]
    if len(names) <= most + 1:
        return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def _long_day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B} {day.year}"
