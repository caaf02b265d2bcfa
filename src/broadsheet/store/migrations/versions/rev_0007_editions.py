"""What editions and feeds ask: events by their day, and a name for the library."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_NAME_BITS = 60


def upgrade() -> None:
    """Add the index, and draw the library's number, which is never drawn again."""
    op.create_index("ix_events_at", "events", ["at", "kind"])
    counters = sa.table("counters", sa.column("name"), sa.column("value"))
    op.execute(counters.insert().values(name="library", value=secrets.randbits(_NAME_BITS)))
