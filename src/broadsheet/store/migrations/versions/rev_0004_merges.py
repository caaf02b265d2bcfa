"""Why records were joined to papers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Build the table."""
    op.create_table(
        "merges",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("paper", sa.BigInteger, sa.ForeignKey("papers.key"), nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("source_id", _WORD, nullable=False),
        sa.Column("origin", _WORD, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("rule", _WORD, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("undone_at", sa.Text, nullable=False),
    )
    op.create_index("ix_merges_paper", "merges", ["paper"])
    undone = sa.text("undone_at != ''")
    op.create_index(
        "ix_merges_undone",
        "merges",
        ["source_id", "source"],
        sqlite_where=undone,
        postgresql_where=undone,
    )
