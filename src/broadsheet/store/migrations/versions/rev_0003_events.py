"""Events, and what records say since there are more sources."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns of papers, and the table of events."""
    for column in (
        sa.Column("modified", sa.Text),
        sa.Column("featured", sa.Text),
        sa.Column("standing", sa.Text, nullable=False, server_default=""),
        sa.Column("code", sa.Text, nullable=False, server_default=""),
        sa.Column("keywords", sa.Text, nullable=False, server_default="[]"),
        sa.Column("imprint", sa.Text, nullable=False, server_default=""),
    ):
        op.add_column("papers", column)
    op.create_table(
        "events",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("paper", sa.BigInteger, sa.ForeignKey("papers.key"), nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("at", sa.Text),
        sa.Column("seen_at", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("ix_events_paper", "events", ["paper"])
    op.create_index("ix_events_kind", "events", ["kind", "id"])
