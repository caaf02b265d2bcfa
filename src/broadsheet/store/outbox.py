"""The outbox: what is to be sent, put in with what it tells."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.letters import Letter, name_in_mail
from broadsheet.store.lists import one_of
from broadsheet.store.reader_schema import outbox

_HEADERS = msgspec.json.Decoder(tuple[tuple[str, str], ...])


def put(connection: Connection, letters: Sequence[Letter], *, now: str) -> int:
    """Put letters in; those whose key is there are left out. Return how many were put."""
    rows = [
        {
            "key": letter.key,
            "channel": letter.channel,
            "to": letter.to,
            "body": letter.body,
            "headers": msgspec.json.encode(letter.headers).decode(),
            "subscription": letter.subscription,
            "query": letter.query,
            "state": "queued",
            "tries": 0,
            "due_at": letter.due_at or now,
            "made_at": now,
            "ended_at": "",
            "trouble": "",
        }
        for letter in letters
    ]
    return sum(
        connection.execute(insert(outbox).values(row).on_conflict_do_nothing()).rowcount
        for row in rows
    )


def due(connection: Connection, *, now: str, until: str, limit: int) -> list[Letter]:
    """Return letters that are due, oldest first; nobody else is given them until a moment."""
    ready = outbox.c.state == "queued", outbox.c.due_at <= now
    keys = connection.scalars(
        select(outbox.c.id).where(*ready).order_by(outbox.c.due_at, outbox.c.id).limit(limit)
    ).all()
    connection.execute(
        update(outbox)
        .where(one_of(outbox.c.id, list(keys)))
        .values(tries=outbox.c.tries + 1, due_at=until)
    )
    rows = connection.execute(
        select(outbox).where(one_of(outbox.c.id, list(keys))).order_by(outbox.c.id)
    )
    return [letter_of(row) for row in rows]


def begin(connection: Connection, letter: Letter, *, now: str) -> bool:
    """Mark a letter as being sent, if it is still with whom it was given to."""
    ours = outbox.c.id == letter.number, outbox.c.tries == letter.tries
    return bool(
        connection.execute(
            update(outbox)
            .where(*ours, outbox.c.state == "queued")
            .values(state="sending", ended_at=now)
        ).rowcount
    )


def settle(connection: Connection, letter: Letter, **values: Any) -> None:
    """Keep how sending a letter has ended."""
    ours = outbox.c.id == letter.number, outbox.c.tries == letter.tries
    open_still = outbox.c.state.in_(("queued", "sending"))
    connection.execute(update(outbox).where(*ours, open_still).values(**values))


def forsake(connection: Connection, *, before: str, now: str) -> int:
    """Mark as unsure what has been `sending` since before a moment."""
    return connection.execute(
        update(outbox)
        .where(outbox.c.state == "sending", outbox.c.ended_at < before)
        .values(state="unsure", ended_at=now, trouble="The program ended while it was sent.")
    ).rowcount


def give_back(connection: Connection, message_id: str, *, trouble: str) -> Letter | None:
    """Mark a letter that was sent as returned, and return it; None when there is none."""
    name, _, _ = message_id.removeprefix("<").partition("@")
    if not name or name != name_in_mail(name):
        return None
    # A dot stands for any sign here, so what is found has to be of exactly this name.
    like = outbox.c.key.like(name.replace(".", "_")), outbox.c.channel == "mail"
    rows = connection.execute(select(outbox).where(*like, outbox.c.state == "sent"))
    row = next((row for row in rows if name_in_mail(row.key) == name), None)
    if row is None:
        return None
    now = {"state": "returned", "trouble": trouble}
    connection.execute(update(outbox).where(outbox.c.id == row.id).values(now))
    return letter_of(row)


def are_returned(connection: Connection, subscription: int, n: int) -> bool:
    """Whether the last n letters of a subscription that went out have all come back."""
    own = outbox.c.subscription == subscription, outbox.c.state.in_(("sent", "returned"))
    last = select(outbox.c.state).where(*own).order_by(outbox.c.id.desc()).limit(n)
    states = connection.scalars(last).all()
    return len(states) == n and set(states) == {"returned"}


def revive(connection: Connection, key: str, *, now: str) -> bool:
    """Queue a dead letter once more, as if it had never been tried."""
    dead = outbox.c.key == key, outbox.c.state == "dead", outbox.c.body != b""
    values = {"state": "queued", "tries": 0, "due_at": now, "ended_at": "", "trouble": ""}
    return bool(connection.execute(update(outbox).where(*dead).values(values)).rowcount)


def forget_query(connection: Connection, query: int, *, now: str) -> None:
    """Take back what a saved query has put in and is not sent; cut its other letters loose."""
    own = outbox.c.query == query
    connection.execute(
        update(outbox)
        .where(own, outbox.c.state == "queued")
        .values(state="dead", ended_at=now, trouble="Its saved query is gone.", body=b"")
    )
    connection.execute(update(outbox).where(own).values(query=None))


def of_state(connection: Connection, state: str, *, limit: int) -> list[Letter]:
    """Return letters of a state, newest first, without their bodies."""
    columns = [column for column in outbox.c if column.name != "body"]
    chosen = select(*columns).where(outbox.c.state == state).order_by(outbox.c.id.desc())
    return [letter_of(row) for row in connection.execute(chosen.limit(limit))]


def counts(connection: Connection) -> dict[str, int]:
    """Return the number of letters of each state."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {row[0]: row[1] for row in rows}


def letter_of(row: Row[Any]) -> Letter:
    """Return the letter of a row."""
    return Letter(
        key=row.key,
        channel=row.channel,
        to=row.to,
        body=getattr(row, "body", b""),
        headers=_HEADERS.decode(row.headers),
        subscription=row.subscription,
        query=row.query,
        number=row.id,
        state=row.state,
        tries=row.tries,
        due_at=row.due_at,
        made_at=row.made_at,
        ended_at=row.ended_at,
        trouble=row.trouble,
    )
