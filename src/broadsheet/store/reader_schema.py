"""The tables of readers: who they are, what they do with papers, what is sent to them.

Times are ISO texts in UTC; an empty text says that it has not happened. What opens a door (a
session, a token, an invitation, a feed) is kept as its SHA-256 alone.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from broadsheet.store.schema import KEY, WORD, metadata

readers = Table(
    "readers",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("id", WORD, nullable=False),  # random, in addresses
    Column("name", Text, nullable=False),
    Column("name_key", WORD, nullable=False),  # what the spellings of a name share
    Column("email", Text, nullable=False),
    Column("email_key", WORD, nullable=False),
    Column("email_confirmed_at", Text, nullable=False),
    Column("password", Text, nullable=False),  # argon2, or empty
    Column("outside_id", WORD, nullable=False),  # issuer and subject of an OpenID provider
    Column("role", WORD, nullable=False),  # reader or admin
    Column("zone", Text, nullable=False),  # as Europe/Berlin
    Column("choices", Text, nullable=False),  # JSON: how the paper is shown to them
    Column("seq", BigInteger, nullable=False),  # grows with every change of what they see
    Column("created_at", Text, nullable=False),
    Column("disabled_at", Text, nullable=False),
    Index("ix_readers_id", "id", unique=True),
    Index("ix_readers_name", "name_key", unique=True),
    Index(
        "ix_readers_email",
        "email_key",
        unique=True,
        sqlite_where=text("email_key != ''"),
        postgresql_where=text("email_key != ''"),
    ),
    Index(
        "ix_readers_outside",
        "outside_id",
        unique=True,
        sqlite_where=text("outside_id != ''"),
        postgresql_where=text("outside_id != ''"),
    ),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", WORD, primary_key=True),
    Column("id", WORD, nullable=False),  # by which its reader can end it
    Column("reader", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("agent", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("used_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Index("ix_sessions_reader", "reader"),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", WORD, primary_key=True),  # the credential's, base64url
    Column("reader", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("used_at", Text, nullable=False),
    Index("ix_passkeys_reader", "reader"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_hash", WORD, primary_key=True),
    Column("id", WORD, nullable=False),
    Column("reader", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # words joined by blanks
    Column("created_at", Text, nullable=False),
    Column("used_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Index("ix_tokens_reader", "reader"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", WORD, primary_key=True),
    Column("id", WORD, nullable=False),
    Column("made_by", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("used_by", BigInteger, ForeignKey("readers.key")),
    sqlite_with_rowid=False,
)

# How often something was tried of late, by whom or at which address (hashed).
attempts = Table(
    "attempts",
    metadata,
    Column("name", WORD, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("until", Text, nullable=False),  # from then on it begins anew
    sqlite_with_rowid=False,
)

# What a reader has made of a paper, as it stands now.
marks = Table(
    "marks",
    metadata,
    Column("reader", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    Column("vote", Integer, nullable=False),  # -1, 0 or 1
    Column("saved_at", Text, nullable=False),
    Column("read_at", Text, nullable=False),
    Column("never_at", Text, nullable=False),
    Column("note", Text, nullable=False),  # Markdown
    Column("changed_at", Text, nullable=False),
    PrimaryKeyConstraint("reader", "paper"),
    Index(
        "ix_marks_saved",
        "reader",
        "saved_at",
        sqlite_where=text("saved_at != ''"),
        postgresql_where=text("saved_at != ''"),
    ),
    Index("ix_marks_paper", "paper"),
    sqlite_with_rowid=False,
)

# What readers did, one row each time: what trending counts. An undone one counts no more; nor
# does one in whose place another came, as `down` after `up`.
acts = Table(
    "acts",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("reader", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    # up, down, save, open, read, never; unvote, unsave, unread, again take them back
    Column("kind", WORD, nullable=False),
    Column("place", Integer, nullable=False),  # of an opened paper in its list from 1; 0 unknown
    Column("at", Text, nullable=False),
    Column("undone_at", Text, nullable=False),
    # The act in whose place it came: it stands again when this one is undone.
    Column("instead_of", BigInteger, ForeignKey("acts.id")),
    Index("ix_acts_at", "at"),
    Index("ix_acts_reader", "reader", "paper", "kind"),
    Index("ix_acts_paper", "paper"),
)

tags = Table(
    "tags",
    metadata,
    Column("reader", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("tag", WORD, nullable=False),
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    Column("at", Text, nullable=False),
    PrimaryKeyConstraint("reader", "tag", "paper"),
    Index("ix_tags_paper", "paper"),
    sqlite_with_rowid=False,
)

collections = Table(
    "collections",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("id", WORD, nullable=False),  # random, in addresses
    Column("owner", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("name", Text, nullable=False),
    Column("about", Text, nullable=False),  # Markdown
    Column("visibility", WORD, nullable=False),  # private, shared or public
    Column("created_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Index("ix_collections_id", "id", unique=True),
    Index("ix_collections_owner", "owner"),
)

collection_papers = Table(
    "collection_papers",
    metadata,
    Column("collection", BigInteger, ForeignKey("collections.key"), nullable=False),
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    Column("added_by", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("added_at", Text, nullable=False),
    PrimaryKeyConstraint("collection", "paper"),
    Index("ix_collection_papers_paper", "paper"),
    sqlite_with_rowid=False,
)

# With whom a shared collection is shared.
collection_readers = Table(
    "collection_readers",
    metadata,
    Column("collection", BigInteger, ForeignKey("collections.key"), nullable=False),
    Column("reader", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("may_edit", Integer, nullable=False),
    PrimaryKeyConstraint("collection", "reader"),
    Index("ix_collection_readers_reader", "reader"),
    sqlite_with_rowid=False,
)

follows = Table(
    "follows",
    metadata,
    Column("reader", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("kind", WORD, nullable=False),  # author, category or topic
    Column("value", WORD, nullable=False),  # a name key, a code, or the words of a topic
    Column("name", Text, nullable=False),
    Column("at", Text, nullable=False),
    PrimaryKeyConstraint("reader", "kind", "value"),
    sqlite_with_rowid=False,
)

# What a reader wants to be told of, and through which outlets.
saved_queries = Table(
    "saved_queries",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("id", WORD, nullable=False),  # random, in addresses
    Column("reader", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", WORD, nullable=False),  # search, follows, collection, events or trending
    Column("asked", Text, nullable=False),  # JSON: the parameters
    Column("mail", Integer, nullable=False),
    Column("feed_hash", WORD, nullable=False),  # of the token in the private feed's address
    Column("hook", Text, nullable=False),  # the webhook's address
    Column("hook_secret", Text, nullable=False),  # signs what is sent there
    Column("repeats", Integer, nullable=False),  # whether to show what another has shown
    Column("reached", BigInteger, nullable=False),  # the papers' `seq` up to which it has looked
    Column("created_at", Text, nullable=False),
    Index("ix_saved_queries_id", "id", unique=True),
    Index("ix_saved_queries_reader", "reader"),
    Index(
        "ix_saved_queries_feed",
        "feed_hash",
        unique=True,
        sqlite_where=text("feed_hash != ''"),
        postgresql_where=text("feed_hash != ''"),
    ),
)

# What saved queries have brought: to each reader a paper once, by the first that found it.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("reader", BigInteger, ForeignKey("readers.key"), nullable=False),
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    Column("query", BigInteger, ForeignKey("saved_queries.key"), nullable=False),
    Column("score", Integer, nullable=False),  # thousandths; orders what came together
    Column("why", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("letter", WORD, nullable=False),  # key of the letter that told it, or empty
    UniqueConstraint("query", "paper", "why", name="uq_deliveries"),
    Index("ix_deliveries_reader", "reader", "paper"),
    Index("ix_deliveries_query", "query", "id"),
    Index("ix_deliveries_paper", "paper"),
)

# Who gets mail, with or without an account, and when.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("id", WORD, nullable=False),
    Column("reader", BigInteger, ForeignKey("readers.key")),
    Column("address", Text, nullable=False),
    Column("address_key", WORD, nullable=False),
    Column("zone", Text, nullable=False),
    Column("weekday", Integer, nullable=False),  # 0 is Monday; -1 every day
    Column("hour", Integer, nullable=False),  # local, from which on it is sent
    Column("sections", Text, nullable=False),  # JSON: trending of which categories, or none
    Column("when_empty", Integer, nullable=False),  # whether to send when there is nothing
    Column("issued", Text, nullable=False),  # local day of the last issue dealt with
    Column("created_at", Text, nullable=False),
    Column("confirmed_at", Text, nullable=False),
    Column("ended_at", Text, nullable=False),
    Column("end_reason", Text, nullable=False),
    Column("bounces", Integer, nullable=False),
    Index("ix_subscriptions_id", "id", unique=True),
    Index("ix_subscriptions_address", "address_key"),
    Index("ix_subscriptions_reader", "reader"),
)

# What each subscription has been mailed: a paper once.
mailed = Table(
    "mailed",
    metadata,
    Column("subscription", BigInteger, ForeignKey("subscriptions.key"), nullable=False),
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    Column("letter", WORD, nullable=False),
    PrimaryKeyConstraint("subscription", "paper"),
    Index("ix_mailed_paper", "paper"),
    sqlite_with_rowid=False,
)

# What is to be sent, over mail or to a webhook. A row goes from queued to sending to sent; one
# that a crash left at sending is not tried again, for it may have arrived.
outbox = Table(
    "outbox",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("key", WORD, nullable=False),  # says what it is: the same is never put in twice
    Column("channel", WORD, nullable=False),  # mail or hook
    Column("to", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("headers", Text, nullable=False),  # JSON; of a hook
    Column("subscription", BigInteger, ForeignKey("subscriptions.key")),
    Column("query", BigInteger, ForeignKey("saved_queries.key")),
    Column("state", WORD, nullable=False),  # queued, sending, sent, returned, unsure or dead
    Column("tries", Integer, nullable=False),
    Column("due_at", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("ended_at", Text, nullable=False),
    Column("trouble", Text, nullable=False),
    Index("ix_outbox_key", "key", unique=True),
    Index("ix_outbox_state", "state", "due_at"),
    Index("ix_outbox_subscription", "subscription"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False),
    Column("reader", BigInteger, ForeignKey("readers.key")),
    Column("action", WORD, nullable=False),
    Column("detail", Text, nullable=False),  # JSON; no secret and no address
)

# Few values that belong to the library: the key that signs, what its admin has chosen.
kept = Table(
    "kept",
    metadata,
    Column("name", WORD, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
