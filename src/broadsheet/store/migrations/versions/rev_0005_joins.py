"""Joined papers, what readers did, notices that take works back, deleted records, answers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns of records and merges, and all tables of this version."""
    gone = sa.Column("gone_at", sa.Text, nullable=False, server_default="")
    op.add_column("source_records", gone)
    op.add_column("merges", sa.Column("joined", _WORD, nullable=False, server_default=""))
    op.create_table(
        "forwards",
        sa.Column("id", _WORD, primary_key=True),
        sa.Column("key", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("paper", sa.BigInteger, sa.ForeignKey("papers.key"), nullable=False),
        sa.Column("moved", sa.Text, nullable=False),
    )
    op.create_index("ix_identifiers_paper", "identifiers", ["paper"])
    op.create_index("ix_forwards_key", "forwards", ["key"], unique=True)
    op.create_index("ix_forwards_seq", "forwards", ["seq"], unique=True)
    op.create_index("ix_forwards_paper", "forwards", ["paper"])
    op.create_table(
        "counts",
        sa.Column("source_id", _WORD, nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "source", "kind", "day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notices",
        sa.Column("scheme", _WORD, nullable=False),
        sa.Column("value", _WORD, nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("source_id", _WORD, nullable=False),
        sa.Column("standing", _WORD, nullable=False),
        sa.Column("day", sa.Text),
        sa.PrimaryKeyConstraint("scheme", "value", "source", "source_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_notices_source_id", "notices", ["source_id"])
    op.create_table(
        "answers",
        sa.Column("fingerprint", _WORD, primary_key=True),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
