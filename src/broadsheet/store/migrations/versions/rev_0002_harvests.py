"""Harvests and the turns in which servers are asked."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Build the tables."""
    op.create_table(
        "harvests",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("selection", _WORD, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("moment", sa.Text, nullable=False),
        sa.Column("complete_until", sa.Text, nullable=False),
        sa.Column("pages", sa.BigInteger, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("ran_at", sa.Text, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("validator", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source", "selection"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "turns",
        sa.Column("name", _WORD, primary_key=True),
        sa.Column("free_at", sa.Float, nullable=False),
    )
