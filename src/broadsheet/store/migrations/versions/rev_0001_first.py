"""The first schema: papers, facets, identifiers, source records, file states, rejects."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Build the tables."""
    _papers()
    _found_by()
    _source_records()
    _bookkeeping()


def _papers() -> None:
    op.create_table(
        "papers",
        sa.Column("key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("id", _WORD, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("abstract", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("authors", sa.Text, nullable=False),
        sa.Column("categories", sa.Text, nullable=False),
        sa.Column("submitted", sa.Text),
        sa.Column("updated", sa.Text),
        sa.Column("announced", sa.Text),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("journal_ref", sa.Text, nullable=False),
        sa.Column("licence", sa.Text, nullable=False),
        sa.Column("arxiv_id", _WORD),
        sa.Column("doi", _WORD),
        sa.Column("versions", sa.Text, nullable=False),
        sa.Column("title_hash", sa.BigInteger, nullable=False),
        sa.Column("first_author", sa.Text, nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("text_hash", sa.Text, nullable=False),
    )
    op.create_index("ix_papers_id", "papers", ["id"], unique=True)
    op.create_index("ix_papers_seq", "papers", ["seq"], unique=True)
    op.create_index("ix_papers_day", "papers", ["day", "key"])
    whole = sa.text("day % 100 > 0")
    op.create_index(
        "ix_papers_whole_day", "papers", ["day"], sqlite_where=whole, postgresql_where=whole
    )
    op.create_index("ix_papers_title_hash", "papers", ["title_hash"])
    op.create_index("ix_papers_categories", "papers", ["categories"])
    named = sa.text("venue != ''")
    op.create_index(
        "ix_papers_venue", "papers", ["venue"], sqlite_where=named, postgresql_where=named
    )


def _found_by() -> None:
    op.create_table(
        "facets",
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("value", _WORD, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("paper", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", "day", "paper"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "identifiers",
        sa.Column("scheme", _WORD, nullable=False),
        sa.Column("value", _WORD, nullable=False),
        sa.Column("paper", sa.BigInteger, sa.ForeignKey("papers.key"), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "value"),
        sqlite_with_rowid=False,
    )


def _source_records() -> None:
    op.create_table(
        "source_records",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("source_id", _WORD, nullable=False),
        sa.Column("origin", _WORD, nullable=False),
        sa.Column("paper", sa.BigInteger, sa.ForeignKey("papers.key"), nullable=False),
        sa.Column("raw_hash", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("first_seen", sa.Text, nullable=False),
        sa.Column("last_seen", sa.Text, nullable=False),
        sa.UniqueConstraint("source_id", "source", "origin", name="uq_source_records"),
    )
    op.create_index("ix_source_records_paper", "source_records", ["paper"])


def _bookkeeping() -> None:
    op.create_table(
        "file_states",
        sa.Column("fingerprint", _WORD, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("resume", sa.BigInteger, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "rejects",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("fingerprint", _WORD, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("excerpt", sa.Text, nullable=False),
        sa.UniqueConstraint("fingerprint", "line", name="uq_rejects"),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
