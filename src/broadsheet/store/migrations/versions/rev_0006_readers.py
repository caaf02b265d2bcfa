"""Readers: who they are, what they do with papers, what is sent to them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Build the tables."""
    op.create_table(
        "attempts",
        sa.Column("name", _WORD, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kept",
        sa.Column("name", _WORD, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "readers",
        sa.Column("key", _KEY, autoincrement=True, nullable=False),
        sa.Column("id", _WORD, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", _WORD, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_key", _WORD, nullable=False),
        sa.Column("email_confirmed_at", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("outside_id", _WORD, nullable=False),
        sa.Column("role", _WORD, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("choices", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("disabled_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(
        "ix_readers_email",
        "readers",
        ["email_key"],
        unique=True,
        sqlite_where=sa.text("email_key != ''"),
        postgresql_where=sa.text("email_key != ''"),
    )
    op.create_index("ix_readers_id", "readers", ["id"], unique=True)
    op.create_index("ix_readers_name", "readers", ["name_key"], unique=True)
    op.create_index(
        "ix_readers_outside",
        "readers",
        ["outside_id"],
        unique=True,
        sqlite_where=sa.text("outside_id != ''"),
        postgresql_where=sa.text("outside_id != ''"),
    )
    op.create_table(
        "acts",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("reader", sa.BigInteger, nullable=False),
        sa.Column("paper", sa.BigInteger, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("undone_at", sa.Text, nullable=False),
        sa.Column("instead_of", sa.BigInteger, nullable=True),
        sa.ForeignKeyConstraint(["instead_of"], ["acts.id"]),
        sa.ForeignKeyConstraint(["paper"], ["papers.key"]),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_acts_at", "acts", ["at"])
    op.create_index("ix_acts_paper", "acts", ["paper"])
    op.create_index("ix_acts_reader", "acts", ["reader", "paper", "kind"])
    op.create_table(
        "audit",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("reader", sa.BigInteger, nullable=True),
        sa.Column("action", _WORD, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "collections",
        sa.Column("key", _KEY, autoincrement=True, nullable=False),
        sa.Column("id", _WORD, nullable=False),
        sa.Column("owner", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("visibility", _WORD, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["readers.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_collections_id", "collections", ["id"], unique=True)
    op.create_index("ix_collections_owner", "collections", ["owner"])
    op.create_table(
        "follows",
        sa.Column("reader", sa.BigInteger, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("value", _WORD, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("reader", "kind", "value"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "invitations",
        sa.Column("token_hash", _WORD, nullable=False),
        sa.Column("id", _WORD, nullable=False),
        sa.Column("made_by", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("used_by", sa.BigInteger, nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["readers.key"]),
        sa.ForeignKeyConstraint(["used_by"], ["readers.key"]),
        sa.PrimaryKeyConstraint("token_hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "marks",
        sa.Column("reader", sa.BigInteger, nullable=False),
        sa.Column("paper", sa.BigInteger, nullable=False),
        sa.Column("vote", sa.Integer, nullable=False),
        sa.Column("saved_at", sa.Text, nullable=False),
        sa.Column("read_at", sa.Text, nullable=False),
        sa.Column("never_at", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["papers.key"]),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("reader", "paper"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_marks_paper", "marks", ["paper"])
    op.create_index(
        "ix_marks_saved",
        "marks",
        ["reader", "saved_at"],
        sqlite_where=sa.text("saved_at != ''"),
        postgresql_where=sa.text("saved_at != ''"),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", _WORD, nullable=False),
        sa.Column("reader", sa.BigInteger, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("used_at", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_passkeys_reader", "passkeys", ["reader"])
    op.create_table(
        "saved_queries",
        sa.Column("key", _KEY, autoincrement=True, nullable=False),
        sa.Column("id", _WORD, nullable=False),
        sa.Column("reader", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("mail", sa.Integer, nullable=False),
        sa.Column("feed_hash", _WORD, nullable=False),
        sa.Column("hook", sa.Text, nullable=False),
        sa.Column("hook_secret", sa.Text, nullable=False),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("reached", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(
        "ix_saved_queries_feed",
        "saved_queries",
        ["feed_hash"],
        unique=True,
        sqlite_where=sa.text("feed_hash != ''"),
        postgresql_where=sa.text("feed_hash != ''"),
    )
    op.create_index("ix_saved_queries_id", "saved_queries", ["id"], unique=True)
    op.create_index("ix_saved_queries_reader", "saved_queries", ["reader"])
    op.create_table(
        "sessions",
        sa.Column("token_hash", _WORD, nullable=False),
        sa.Column("id", _WORD, nullable=False),
        sa.Column("reader", sa.BigInteger, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("used_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_sessions_reader", "sessions", ["reader"])
    op.create_table(
        "subscriptions",
        sa.Column("key", _KEY, autoincrement=True, nullable=False),
        sa.Column("id", _WORD, nullable=False),
        sa.Column("reader", sa.BigInteger, nullable=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("address_key", _WORD, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("weekday", sa.Integer, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("sections", sa.Text, nullable=False),
        sa.Column("when_empty", sa.Integer, nullable=False),
        sa.Column("issued", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("confirmed_at", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text, nullable=False),
        sa.Column("end_reason", sa.Text, nullable=False),
        sa.Column("bounces", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_subscriptions_address", "subscriptions", ["address_key"])
    op.create_index("ix_subscriptions_id", "subscriptions", ["id"], unique=True)
    op.create_index("ix_subscriptions_reader", "subscriptions", ["reader"])
    op.create_table(
        "tags",
        sa.Column("reader", sa.BigInteger, nullable=False),
        sa.Column("tag", _WORD, nullable=False),
        sa.Column("paper", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["papers.key"]),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("reader", "tag", "paper"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tags_paper", "tags", ["paper"])
    op.create_table(
        "tokens",
        sa.Column("token_hash", _WORD, nullable=False),
        sa.Column("id", _WORD, nullable=False),
        sa.Column("reader", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("used_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_tokens_reader", "tokens", ["reader"])
    op.create_table(
        "collection_papers",
        sa.Column("collection", sa.BigInteger, nullable=False),
        sa.Column("paper", sa.BigInteger, nullable=False),
        sa.Column("added_by", sa.BigInteger, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["readers.key"]),
        sa.ForeignKeyConstraint(["collection"], ["collections.key"]),
        sa.ForeignKeyConstraint(["paper"], ["papers.key"]),
        sa.PrimaryKeyConstraint("collection", "paper"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_collection_papers_paper", "collection_papers", ["paper"])
    op.create_table(
        "collection_readers",
        sa.Column("collection", sa.BigInteger, nullable=False),
        sa.Column("reader", sa.BigInteger, nullable=False),
        sa.Column("may_edit", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["collection"], ["collections.key"]),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("collection", "reader"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_collection_readers_reader", "collection_readers", ["reader"])
    op.create_table(
        "deliveries",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("reader", sa.BigInteger, nullable=False),
        sa.Column("paper", sa.BigInteger, nullable=False),
        sa.Column("query", sa.BigInteger, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("letter", _WORD, nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["papers.key"]),
        sa.ForeignKeyConstraint(["query"], ["saved_queries.key"]),
        sa.ForeignKeyConstraint(["reader"], ["readers.key"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("query", "paper", "why", name="uq_deliveries"),
    )
    op.create_index("ix_deliveries_paper", "deliveries", ["paper"])
    op.create_index("ix_deliveries_query", "deliveries", ["query", "id"])
    op.create_index("ix_deliveries_reader", "deliveries", ["reader", "paper"])
    op.create_table(
        "mailed",
        sa.Column("subscription", sa.BigInteger, nullable=False),
        sa.Column("paper", sa.BigInteger, nullable=False),
        sa.Column("letter", _WORD, nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["papers.key"]),
        sa.ForeignKeyConstraint(["subscription"], ["subscriptions.key"]),
        sa.PrimaryKeyConstraint("subscription", "paper"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mailed_paper", "mailed", ["paper"])
    op.create_table(
        "outbox",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("key", _WORD, nullable=False),
        sa.Column("channel", _WORD, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("subscription", sa.BigInteger, nullable=True),
        sa.Column("query", sa.BigInteger, nullable=True),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Text, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["query"], ["saved_queries.key"]),
        sa.ForeignKeyConstraint(["subscription"], ["subscriptions.key"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outbox_key", "outbox", ["key"], unique=True)
    op.create_index("ix_outbox_state", "outbox", ["state", "due_at"])
    op.create_index("ix_outbox_subscription", "outbox", ["subscription"])
