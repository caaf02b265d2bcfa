"""Subscriptions, and the outbox with what its letters tell."""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from broadsheet.model.letters import Letter, Subscription
from broadsheet.store import outbox
from broadsheet.store.database import Database
from broadsheet.store.kept import SqlKept
from broadsheet.store.lists import one_of
from broadsheet.store.reader_schema import deliveries, mailed, subscriptions

_ID_BYTES = 12
_KEY_BYTES = 32
_SIGNING = "signing-key"


class SqlPost(Database):
    """Subscriptions and the outbox (`model.saved_ports.Post`)."""

    def subscription(self, id: str) -> Subscription | None:
        """Return a subscription by its id."""
        with self._reading() as connection:
            return next(iter(_found(connection, subscriptions.c.id == id)), None)

    def subscription_of(
        self, *, reader: int | None = None, address: str = ""
    ) -> Subscription | None:
        """Return the newest live or unconfirmed subscription of a reader, or of an address."""
        whose = (
            subscriptions.c.reader == reader
            if reader is not None
            else and_(
                subscriptions.c.reader.is_(None),
                subscriptions.c.address_key == address.casefold(),
            )
        )
        with self._reading() as connection:
            found = _found(connection, and_(whose, subscriptions.c.ended_at == ""))
        return found[-1] if found else None

    def live(self, *, after: int = 0, limit: int = 1000) -> list[Subscription]:
        """Return subscriptions that get letters, by ascending key after one."""
        chosen = and_(
            subscriptions.c.confirmed_at != "",
            subscriptions.c.ended_at == "",
            subscriptions.c.key > after,
        )
        with self._reading() as connection:
            return _found(connection, chosen, limit=limit)

    def subscribe(self, subscription: Subscription, letters: Sequence[Letter]) -> Subscription:
        """Keep a new subscription with the letter that asks to confirm it."""
        now = self.now()
        with self._changing() as connection:
            key = connection.execute(
                insert(subscriptions)
                .values(
                    id=subscription.id or secrets.token_urlsafe(_ID_BYTES),
                    reader=subscription.reader,
                    created_at=now,
                    bounces=0,
                    **_choices(subscription, now),
                )
                .returning(subscriptions.c.key)
            ).scalar_one()
            outbox.put(connection, letters, now=now)
            return _found(connection, subscriptions.c.key == key)[0]

    def change(self, subscription: Subscription) -> None:
        """Keep when and what a subscription sends, and whether it is confirmed or ended."""
        with self._changing() as connection:
            connection.execute(
                update(subscriptions)
                .where(subscriptions.c.key == subscription.key)
                .values(**_choices(subscription, self.now()))
            )

    def issue(
        self,
        subscription: Subscription,
        day: date,
        letter: Letter | None,
        *,
        papers: Sequence[int] = (),
        deliveries: Sequence[int] = (),
    ) -> bool:
        """Put an issue into the outbox and keep what it tells; False when it was done before."""
        with self._changing() as connection:
            moved = connection.execute(
                update(subscriptions)
                .where(
                    subscriptions.c.key == subscription.key,
                    subscriptions.c.issued < day.isoformat(),
                    subscriptions.c.ended_at == "",
                )
                .values(issued=day.isoformat())
            )
            if not moved.rowcount:
                return False
            if letter is not None:
                outbox.put(connection, [letter], now=self.now())
                _keep_told(connection, subscription.key, letter.key, papers, deliveries)
        return True

    def mailed(self, subscription: int, papers: Sequence[int]) -> set[int]:
        """Return those of some papers that a subscription has been told of."""
        chosen = select(mailed.c.paper).where(
            mailed.c.subscription == subscription, one_of(mailed.c.paper, papers)
        )
        with self._reading() as connection:
            return set(connection.scalars(chosen))

    def put(self, letters: Sequence[Letter]) -> int:
        """Put letters into the outbox; those whose key is there are left out."""
        with self._changing() as connection:
            return outbox.put(connection, letters, now=self.now())

    def claim(self, *, limit: int, lease_s: float) -> list[Letter]:
        """Take letters that are due, oldest first; nobody else takes them for so long."""
        until = (self.clock() + timedelta(seconds=lease_s)).isoformat(timespec="seconds")
        with self._changing() as connection:
            return outbox.due(connection, now=self.now(), until=until, limit=limit)

    def begin(self, letter: Letter, *, sent: Letter | None = None) -> bool:
        """Mark a letter that was taken as `sending`; False when it is somebody else's by now.

        Args:
            sent: one that has gone out before it: kept with the same write to the disk.
        """
        with self._changing() as connection:
            if sent is not None:
                _keep_sent(connection, sent, self.now())
            return outbox.begin(connection, letter, now=self.now())

    def sent(self, letter: Letter) -> None:
        """Keep that a letter has gone out."""
        with self._changing() as connection:
            _keep_sent(connection, letter, self.now())

    def failed(self, letter: Letter, trouble: str, *, again_in_s: float | None) -> None:
        """Keep why a letter was not sent; it is tried again, or dead when never."""
        now = self.clock()
        values = {"state": "dead", "ended_at": self.now(), "trouble": trouble}
        if again_in_s is not None:
            later = (now + timedelta(seconds=again_in_s)).isoformat(timespec="seconds")
            values = {"state": "queued", "due_at": later, "trouble": trouble}
        with self._changing() as connection:
            outbox.settle(connection, letter, **values)

    def unsure(self, letter: Letter, trouble: str) -> None:
        """Keep that a letter may have arrived: it is not tried again."""
        with self._changing() as connection:
            outbox.settle(connection, letter, state="unsure", ended_at=self.now(), trouble=trouble)

    def revive(self, key: str) -> bool:
        """Queue a dead letter once more; False when there is none of this key."""
        with self._changing() as connection:
            return outbox.revive(connection, key, now=self.now())

    def forsake(self, *, older_than_s: float) -> int:
        """Mark as unsure what was left at `sending` by a process that ended."""
        before = (self.clock() - timedelta(seconds=older_than_s)).isoformat(timespec="seconds")
        with self._changing() as connection:
            return outbox.forsake(connection, before=before, now=self.now())

    def bounced(self, subscription: int, *, most: int) -> None:
        """Count a letter that came back; end the subscription after so many in a row."""
        own = subscriptions.c.key == subscription
        with self._changing() as connection:
            connection.execute(
                update(subscriptions).where(own).values(bounces=subscriptions.c.bounces + 1)
            )
            _give_up(connection, own, subscriptions.c.bounces >= most, now=self.now())

    def returned(self, message_id: str, trouble: str, *, most: int) -> str | None:
        """Keep that a letter came back; end its subscription after so many in a row."""
        with self._changing() as connection:
            letter = outbox.give_back(connection, message_id, trouble=trouble)
            if letter is None:
                return None
            if letter.subscription and outbox.are_returned(connection, letter.subscription, most):
                own = subscriptions.c.key == letter.subscription
                _give_up(connection, own, now=self.now())
            return letter.key

    def letters(self, state: str, *, limit: int = 100) -> list[Letter]:
        """Return letters of a state, newest first, without their bodies."""
        with self._reading() as connection:
            return outbox.of_state(connection, state, limit=limit)

    def count_letters(self) -> dict[str, int]:
        """Return the number of letters of each state."""
        with self._reading() as connection:
            return outbox.counts(connection)

    def secret(self) -> bytes:
        """Return the library's own key, made when it is first asked for; 32 random bytes."""
        made = secrets.token_hex(_KEY_BYTES)
        found = SqlKept.beside(self).get_or_set(_SIGNING, made)
        return bytes.fromhex(found)


def _found(connection: Connection, chosen: Any, *, limit: int | None = None) -> list[Subscription]:
    rows = select(subscriptions).where(chosen).order_by(subscriptions.c.key).limit(limit)
    return [_subscription(row) for row in connection.execute(rows)]


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        key=row.key,
        id=row.id,
        address=row.address,
        reader=row.reader,
        zone=row.zone,
        weekday=row.weekday,
        hour=row.hour,
        sections=tuple(msgspec.json.decode(row.sections)),
        when_empty=bool(row.when_empty),
        issued=row.issued,
        confirmed=bool(row.confirmed_at),
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        bounces=row.bounces,
        created_at=row.created_at,
    )


def _choices(subscription: Subscription, now: str) -> dict[str, Any]:
    return {
        "address": subscription.address,
        "address_key": subscription.address.casefold(),
        "zone": subscription.zone,
        "weekday": subscription.weekday,
        "hour": subscription.hour,
        "sections": msgspec.json.encode(subscription.sections).decode(),
        "when_empty": int(subscription.when_empty),
        "issued": subscription.issued,
        "confirmed_at": now if subscription.confirmed else "",
        "ended_at": subscription.ended_at,
        "end_reason": subscription.end_reason,
    }


def _keep_told(
    connection: Connection,
    subscription: int,
    letter: str,
    papers: Sequence[int],
    numbers: Sequence[int],
) -> None:
    rows = [{"subscription": subscription, "paper": p, "letter": letter} for p in papers]
    if rows:
        connection.execute(upsert(mailed).on_conflict_do_nothing(), rows)
    connection.execute(
        update(deliveries).where(one_of(deliveries.c.id, numbers)).values(letter=letter)
    )


def _keep_sent(connection: Connection, letter: Letter, now: str) -> None:
    outbox.settle(connection, letter, state="sent", ended_at=now, body=b"")
    if letter.subscription is not None:
        _count_bounces(connection, letter.subscription, 0)


def _give_up(connection: Connection, *which: ColumnElement[bool], now: str) -> None:
    """End those subscriptions whose letters come back, if they have not ended before."""
    connection.execute(
        update(subscriptions)
        .where(*which, subscriptions.c.ended_at == "")
        .values(ended_at=now, end_reason="bounced")
    )


def _count_bounces(connection: Connection, subscription: int, count: int) -> None:
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.key == subscription, subscriptions.c.bounces > count)
        .values(bounces=count)
    )
