"""How far harvests have come, and the turns in which servers are asked."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.harvest import HarvestState, Request
from broadsheet.store.schema import harvests, turns

_encode = msgspec.json.Encoder().encode
_request = msgspec.json.Decoder(Request).decode
_LONGEST_S = 86_400.0


def save(connection: Connection, state: HarvestState) -> None:
    """Keep how far a harvest has come."""
    row = {name: getattr(state, name) for name in harvests.c.keys()}  # noqa: SIM118
    row["request"] = _encode(state.request).decode() if state.request else ""
    statement = insert(harvests).values(row)
    changing = {name: statement.excluded[name] for name in row if name not in _NAMES}
    connection.execute(statement.on_conflict_do_update(_NAMES, set_=changing))


def one(connection: Connection, source: str, selection: str) -> HarvestState | None:
    """Return the state of one harvest."""
    chosen = select(harvests).where(harvests.c.source == source, harvests.c.selection == selection)
    row = connection.execute(chosen).first()
    return _state(row) if row is not None else None


def every(connection: Connection) -> list[HarvestState]:
    """Return every harvest, by source and selection."""
    ordered = select(harvests).order_by(harvests.c.source, harvests.c.selection)
    return [_state(row) for row in connection.execute(ordered)]


def take_turn(connection: Connection, name: str, interval_s: float, now: float) -> float:
    """Take the next turn; return how many seconds it is away."""
    begins = max(now, _free_at(connection, name, now))
    _set(connection, name, begins + interval_s)
    return begins - now


def put_off(connection: Connection, name: str, seconds: float, now: float) -> None:
    """Let no turn begin before so many seconds have passed."""
    _set(connection, name, max(_free_at(connection, name, now), now + min(seconds, _LONGEST_S)))


def _free_at(connection: Connection, name: str, now: float) -> float:
    said = connection.scalar(select(turns.c.free_at).where(turns.c.name == name))
    # A clock that was set back must not keep a source silent for years.
    return now if said is None or said > now + _LONGEST_S else float(said)


def _set(connection: Connection, name: str, free_at: float) -> None:
    statement = insert(turns).values(name=name, free_at=free_at)
    connection.execute(statement.on_conflict_do_update(["name"], set_={"free_at": free_at}))


def _state(row: Row[Any]) -> HarvestState:
    said = dict(row._mapping)
    said["request"] = _request(row.request) if row.request else None
    return HarvestState(**said)


_NAMES = ["source", "selection"]
