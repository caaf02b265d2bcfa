"""Mail: who gets it and when, what is in it, and what is on its way."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from email_validator import EmailNotValidError, validate_email

from broadsheet.model.errors import BroadsheetError, InvalidValueError
from broadsheet.model.paper import Paper
from broadsheet.model.zones import zone_of

Channel = Literal["mail", "hook"]
LetterState = Literal["queued", "sending", "sent", "returned", "unsure", "dead"]
EVERY_DAY = -1
MOST_BOUNCES = 3
"""So many letters that come back in a row end a subscription."""

_LATE_DAYS = 3
"""An issue that could not be made for so long is left out: the next one tells of its papers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who gets the paper by mail, and when.

    Args:
        key: its row; never shown.
        id: random; stands in addresses.
        reader: key of the reader, or None for a mail address without an account.
        zone: name of the time zone that `weekday` and `hour` are of.
        weekday: 0 is Monday; -1 every day.
        hour: from which on it is sent, 0 to 23.
        sections: categories whose trending papers it tells; an empty code is the whole paper.
        when_empty: whether a letter comes when there is nothing to tell.
        issued: the day (local) of the last issue that was dealt with, or empty.
        confirmed: whether the owner of the address has asked for it.
        ended_at, end_reason: since when, and why, nothing is sent any more.
        bounces: how many letters came back since one arrived.
    """

    key: int
    id: str
    address: str
    reader: int | None = None
    zone: str = "UTC"
    weekday: int = 0
    hour: int = 7
    sections: tuple[str, ...] = ("",)
    when_empty: bool = False
    issued: str = ""
    confirmed: bool = False
    ended_at: str = ""
    end_reason: str = ""
    bounces: int = 0
    created_at: str = ""

    @property
    def is_live(self) -> bool:
        """Whether letters are sent."""
        return self.confirmed and not self.ended_at

    def due(self, now: datetime) -> date | None:
        """Return the day of the issue that is to be made now, or None.

        Args:
            now: aware.
        """
        local = now.astimezone(zone_of(self.zone))
        day = local.date() if local.hour >= self.hour else local.date() - timedelta(days=1)
        if self.weekday != EVERY_DAY:
            day -= timedelta(days=(day.weekday() - self.weekday) % 7)
        is_late = (local.date() - day).days > _LATE_DAYS
        done = max(self.issued, self.created_at[:10])
        return None if is_late or day.isoformat() <= done else day


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A paper in a letter, with the reason."""

    paper: Paper
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Papers of a letter under one heading, with the address where there are more."""

    heading: str
    address: str
    papers: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a digest says.

    Args:
        day: of the issue, local.
        chapters: in their order; none when there is nothing to tell.
        stop: address that ends the subscription.
        settings: address where it is changed, or empty.
    """

    day: date
    is_weekly: bool
    chapters: tuple[Chapter, ...]
    stop: str
    settings: str = ""

    @property
    def n_papers(self) -> int:
        """How many papers it tells of."""
        return sum(len(chapter.papers) for chapter in self.chapters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something to be sent, by mail or to a webhook.

    Args:
        key: says what it is; the same is never sent twice.
        to: the mail address or the webhook's address.
        body: the whole message, or the webhook's JSON.
        headers: of a webhook's request.
        subscription, query: for which it is sent, by key.
        tries: how often it was tried.
    """

    key: str
    channel: Channel
    to: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    subscription: int | None = None
    query: int | None = None
    number: int = 0
    state: LetterState = "queued"
    tries: int = 0
    due_at: str = ""
    made_at: str = ""
    ended_at: str = ""
    trouble: str = ""


def name_in_mail(key: str) -> str:
    """Return a letter's key as its Message-ID has it: signs become dots."""
    return "".join(c if c.isalnum() else "." for c in key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How letters of a kind are addressed.

    Args:
        sender: what stands in From, as `Broadsheet <paper@example.org>`.
        list_id: as `digest.example.org`.
        stop: address for one-click unsubscribe, or empty.
    """

    sender: str
    to: str
    subject: str
    message_id: str
    date: datetime
    list_id: str = ""
    stop: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=())


class LetterError(BroadsheetError):
    """A letter was not sent; nothing of it has arrived."""


class LetterRefusedError(LetterError):
    """The other side refuses this letter for good.

    Args:
        of_address: whether it refuses the address itself.
    """

    def __init__(self, message: str, *, of_address: bool = False) -> None:
        super().__init__(message)
        self.of_address = of_address


class LetterUnsureError(LetterError):
    """The connection broke after the letter had gone out: it may have arrived."""


def mail_address(text: str) -> str:
    """Return a mail address in normal form.

    Raises:
        InvalidValueError: it is none.
    """
    if len(text) > 254:
        raise InvalidValueError("A mail address has at most 254 characters.")
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as e:
        raise InvalidValueError(f"This is no mail address: {e}") from e
    return found.normalized
