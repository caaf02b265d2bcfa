"""Subscriptions: asked for twice, changed by their owner, ended by one click."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from broadsheet.model.errors import InvalidValueError, NotFoundError
from broadsheet.model.letters import (
    EVERY_DAY,
    Envelope,
    Letter,
    Subscription,
    mail_address,
    name_in_mail,
)
from broadsheet.model.ports import Clock
from broadsheet.model.readers import Reader
from broadsheet.model.saved_ports import LetterPress, Post
from broadsheet.model.zones import zone_of
from broadsheet.services.signed_names import name_in, signed

STOP, CONFIRM = "stop", "confirm"
_ID_BYTES = 12
_MOST_SECTIONS = 20
_SUNDAY, _LAST_HOUR = 6, 23


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHouse:
    """How this paper writes.

    Args:
        title: the paper's name.
        address: its public address, without a slash at the end; empty when mail is off.
        sender: what stands in From.
    """

    title: str
    address: str
    sender: str

    @property
    def domain(self) -> str:
        """The domain of the sender's address."""
        return self.sender.rpartition("@")[2].rstrip("> ") or "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How someone wants to get mail."""

    zone: str = "UTC"
    weekday: int = 0
    hour: int = 7
    sections: tuple[str, ...] = ("",)
    when_empty: bool = False

    def checked(self) -> "Wish":
        """Return it in normal form.

        Raises:
            InvalidValueError: a zone, weekday or hour that does not exist, or too many sections.
        """
        zone_of(self.zone)
        if not EVERY_DAY <= self.weekday <= _SUNDAY:
            raise InvalidValueError("weekday is 0 (Monday) to 6, or -1 for every day.")
        if not 0 <= self.hour <= _LAST_HOUR:
            raise InvalidValueError("hour is 0 to 23.")
        sections = tuple(dict.fromkeys(code.strip() for code in self.sections))
        if len(sections) > _MOST_SECTIONS or any(len(code) > 40 for code in sections):
            raise InvalidValueError(f"Name at most {_MOST_SECTIONS} categories.")
        return replace(self, sections=sections)


class SubscribingService:
    """Begins, changes and ends subscriptions.

    Args:
        post: subscriptions and the outbox.
        press: sets the letters.
        house: how this paper writes; None when it sends no mail.
        clock: the present moment.
    """

    def __init__(
        self, *, post: Post, press: LetterPress | None, house: MailHouse | None, clock: Clock
    ) -> None:
        self.post = post
        self.press = press
        self.house = house
        self.clock = clock

    @property
    def is_open(self) -> bool:
        """Whether this paper sends mail."""
        return self.house is not None and self.press is not None

    def ask(self, address: str, wish: Wish, *, reader: Reader | None = None) -> Subscription | None:
        """Ask for mail; a letter asks the address's owner to confirm.

        Whoever asks learns nothing of whether the address is known here: only the letter differs.

        Returns:
            A reader's subscription; None for an address without an account.

        Raises:
            InvalidValueError: no mail address, or a wish that cannot be.
        """
        self._letters()
        address, wish = mail_address(address), wish.checked()
        if reader is not None:
            return self._ask_as(reader, address, wish)
        known = self.post.subscription_of(address=address)
        if known is None:
            self._begin(_subscription(address, wish))
        elif known.confirmed:
            self.post.put([self._known_already(known)])
        else:
            self.post.change(_with(known, wish))
            self.post.put([self._please_confirm(known)])
        return None

    def of(self, reader: Reader) -> Subscription | None:
        """Return a reader's subscription."""
        return self.post.subscription_of(reader=reader.key)

    def look(self, token: str, purpose: str) -> Subscription:
        """Return the subscription that a letter's address names; changes nothing.

        Raises:
            NotFoundError: this library has given out no such address.
        """
        name = name_in(token, self.post.secret(), purpose)
        found = self.post.subscription(name) if name else None
        if found is None:
            raise NotFoundError("This address was not given out here; take it whole from the mail.")
        return found

    def confirm(self, token: str) -> Subscription:
        """Begin to send: the owner of the address has asked for it."""
        found = self.look(token, CONFIRM)
        if found.ended_at:
            raise NotFoundError("This subscription has ended; subscribe anew.")
        confirmed = replace(found, confirmed=True)
        if not found.confirmed:
            self.post.change(confirmed)
        return confirmed

    def stop(self, token: str, *, why: str = "asked") -> Subscription:
        """End a subscription, at once; ending it twice is fine."""
        return self.end(self.look(token, STOP), why=why)

    def end(self, subscription: Subscription, *, why: str = "asked") -> Subscription:
        """End a subscription, at once."""
        if subscription.ended_at:
            return subscription
        now = self.clock().isoformat(timespec="seconds")
        ended = replace(subscription, ended_at=now, end_reason=why)
        self.post.change(ended)
        return ended

    def resume(self, token: str) -> Subscription:
        """Take an end back."""
        found = self.look(token, STOP)
        resumed = replace(found, ended_at="", end_reason="")
        if found.ended_at and found.confirmed:
            self.post.change(resumed)
        return resumed

    def stop_link(self, subscription: Subscription) -> str:
        """Return the address that ends a subscription."""
        return self._link("u", STOP, subscription)

    def _ask_as(self, reader: Reader, address: str, wish: Wish) -> Subscription:
        known = self.post.subscription_of(reader=reader.key)
        is_theirs = reader.email_confirmed and reader.email.casefold() == address.casefold()
        if known is None:
            made = replace(
                _subscription(address, wish),
                reader=reader.key,
                confirmed=is_theirs,
            )
            return self._begin(made)
        same = known.address.casefold() == address.casefold()
        changed = replace(
            _with(known, wish), address=address, confirmed=is_theirs or (same and known.confirmed)
        )
        self.post.change(changed)
        if not changed.confirmed:
            self.post.put([self._please_confirm(changed)])
        return changed

    def _begin(self, subscription: Subscription) -> Subscription:
        letters = [] if subscription.confirmed else [self._please_confirm(subscription)]
        return self.post.subscribe(subscription, letters)

    def _please_confirm(self, subscription: Subscription) -> Letter:
        house, _ = self._letters()
        return self._note(
            subscription,
            key="confirm",
            subject=f"Confirm that you want {house.title} by mail",
            lines=(
                f"Someone, probably you, asked for {house.title} at this address.",
                "Nothing is sent until you confirm. If it was not you, do nothing.",
            ),
            link=self._link("confirm", CONFIRM, subscription),
            action="Yes, send it",
        )

    def _known_already(self, subscription: Subscription) -> Letter:
        house, _ = self._letters()
        return self._note(
            subscription,
            key="known",
            subject=f"You get {house.title} already",
            lines=(
                f"Someone, probably you, asked for {house.title} at this address, "
                "which gets it already. Nothing was changed.",
            ),
            link=self.stop_link(subscription),
            action="Stop it",
        )

    def _note(
        self,
        subscription: Subscription,
        *,
        key: str,
        subject: str,
        lines: Sequence[str],
        link: str,
        action: str,
    ) -> Letter:
        """Return a letter; at most one of a kind in an hour, so that nobody can be flooded."""
        house, press = self._letters()
        now = self.clock()
        name = f"{key}:{subscription.id}:{now:%Y-%m-%dT%H}"
        envelope = Envelope(
            sender=house.sender,
            to=subscription.address,
            subject=subject,
            message_id=message_id(name, house),
            date=now,
        )
        return Letter(
            key=name,
            channel="mail",
            to=subscription.address,
            body=press.note(envelope, lines=lines, link=link, action=action),
        )

    def _link(self, path: str, purpose: str, subscription: Subscription) -> str:
        house, _ = self._letters()
        return f"{house.address}/{path}/{signed(self.post.secret(), purpose, subscription.id)}"

    def _letters(self) -> tuple[MailHouse, LetterPress]:
        if self.house is None or self.press is None:
            raise InvalidValueError("This paper sends no mail: its settings name no mail server.")
        return self.house, self.press


def message_id(key: str, house: MailHouse) -> str:
    """Return a letter's Message-ID: the same for the same letter, whenever it is made."""
    return f"<{name_in_mail(key)}@{house.domain}>"


def _subscription(address: str, wish: Wish) -> Subscription:
    made = Subscription(key=0, id=secrets.token_urlsafe(_ID_BYTES), address=address)
    return _with(made, wish)


def _with(subscription: Subscription, wish: Wish) -> Subscription:
    return replace(
        subscription,
        zone=wish.zone,
        weekday=wish.weekday,
        hour=wish.hour,
        sections=wish.sections,
        when_empty=wish.when_empty,
    )
