"""The tables, once, for SQLite and PostgreSQL; migrations build the same (a test compares).

A paper is one row with what its pages show; lists that are only shown (authors, versions) are
JSON in it. What is asked for stands in `facets`: one row for each value by which a paper is
found, with the paper's day, so that any one filter, newest first, is a walk along one index.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

APPLICATION_ID = 0x42524453  # "BRDS", in the header of every library's database
# Oldest first; the last is what this code reads and writes.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")

HIDDEN = -1
"""The day of a paper whose sources have all deleted it; no walk along days comes past it."""

metadata = MetaData()

# SQLite makes INTEGER PRIMARY KEY the row's own number; PostgreSQL needs the wide type.
KEY = BigInteger().with_variant(Integer, "sqlite")
# Compared byte by byte in both databases.
WORD = Text().with_variant(Text(collation="C"), "postgresql")

papers = Table(
    "papers",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=False),
    Column("id", WORD, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("day", Integer, nullable=False),
    # yyyymmdd, zeros for what is unknown, 0 for none, HIDDEN for a paper that is in no list
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("authors", Text, nullable=False),  # JSON list of names
    Column("categories", Text, nullable=False),  # codes joined by blanks, the primary first
    Column("submitted", Text),
    Column("updated", Text),
    Column("announced", Text),
    Column("venue", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("journal_ref", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("arxiv_id", WORD),
    Column("doi", WORD),
    Column("versions", Text, nullable=False),  # JSON list of [number, date or null]
    Column("title_hash", BigInteger, nullable=False),
    Column("first_author", Text, nullable=False),
    Column("year", Integer),
    Column("text_hash", Text, nullable=False),
    Column("modified", Text),
    Column("featured", Text),
    Column("standing", Text, nullable=False, server_default=""),  # withdrawn or retracted
    Column("code", Text, nullable=False, server_default=""),
    Column("keywords", Text, nullable=False, server_default="[]"),  # JSON list
    Column("imprint", Text, nullable=False, server_default=""),  # JSON, empty fields left out
    Index("ix_papers_id", "id", unique=True),
    Index("ix_papers_seq", "seq", unique=True),
    Index("ix_papers_day", "day", "key"),
    Index(
        "ix_papers_whole_day",
        "day",
        sqlite_where=text("day % 100 > 0"),
        postgresql_where=text("day % 100 > 0"),
    ),
    Index("ix_papers_title_hash", "title_hash"),
    # Counted without reading the wide rows.
    Index("ix_papers_categories", "categories"),
    Index(
        "ix_papers_venue",
        "venue",
        sqlite_where=text("venue != ''"),
        postgresql_where=text("venue != ''"),
    ),
)

# Made from papers, and written for every one of their values: no foreign key is looked up.
facets = Table(
    "facets",
    metadata,
    Column("kind", WORD, nullable=False),  # author, category, flag, source or venue
    Column("value", WORD, nullable=False),
    Column("day", Integer, nullable=False),
    Column("paper", BigInteger, nullable=False),
    PrimaryKeyConstraint("kind", "value", "day", "paper"),
    sqlite_with_rowid=False,
)

identifiers = Table(
    "identifiers",
    metadata,
    Column("scheme", WORD, nullable=False),  # arxiv or doi
    Column("value", WORD, nullable=False),
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    PrimaryKeyConstraint("scheme", "value"),
    # Without it every paper that goes has the whole table looked through.
    Index("ix_identifiers_paper", "paper"),
    sqlite_with_rowid=False,
)

source_records = Table(
    "source_records",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("source", WORD, nullable=False),
    Column("source_id", WORD, nullable=False),
    Column("origin", WORD, nullable=False),  # the file's name
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    Column("raw_hash", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("payload", Text, nullable=False),  # the Record as JSON, defaults left out
    Column("first_seen", Text, nullable=False),
    Column("last_seen", Text, nullable=False),
    # When it was learned that the source has deleted it, or empty.
    Column("gone_at", Text, nullable=False, server_default=""),
    UniqueConstraint("source_id", "source", "origin", name="uq_source_records"),
    Index("ix_source_records_paper", "paper"),
)

file_states = Table(
    "file_states",
    metadata,
    Column("fingerprint", WORD, primary_key=True),
    Column("name", Text, nullable=False),
    Column("resume", BigInteger, nullable=False),
    Column("done", Integer, nullable=False),
    Column("records", BigInteger, nullable=False),
)

rejects = Table(
    "rejects",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("fingerprint", WORD, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    UniqueConstraint("fingerprint", "line", name="uq_rejects"),
)

# What happened to papers, in the order in which it was learned.
events = Table(
    "events",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    Column("kind", WORD, nullable=False),
    Column("source", WORD, nullable=False),
    Column("at", Text),  # a partial date
    Column("seen_at", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Index("ix_events_paper", "paper"),
    Index("ix_events_kind", "kind", "id"),
    Index("ix_events_at", "at", "kind"),
)

# Records that were joined to papers which others had made, papers that were joined to others,
# and why; undone ones stay.
merges = Table(
    "merges",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    Column("source", WORD, nullable=False),
    Column("source_id", WORD, nullable=False),
    Column("origin", WORD, nullable=False),
    Column("title", Text, nullable=False),
    Column("rule", WORD, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("undone_at", Text, nullable=False),
    # The address of the paper that was joined; empty where it was a record.
    Column("joined", WORD, nullable=False, server_default=""),
    Index("ix_merges_paper", "paper"),
    Index(
        "ix_merges_undone",
        "source_id",
        "source",
        sqlite_where=text("undone_at != ''"),
        postgresql_where=text("undone_at != ''"),
    ),
)

# Papers that were joined to others: where their addresses lead. The indexes read their rows to
# forget them.
forwards = Table(
    "forwards",
    metadata,
    Column("id", WORD, primary_key=True),  # the address that the paper had
    Column("key", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("paper", BigInteger, ForeignKey("papers.key"), nullable=False),
    Column("moved", Text, nullable=False),  # JSON: what it brought, to take it back
    Index("ix_forwards_key", "key", unique=True),
    Index("ix_forwards_seq", "seq", unique=True),
    Index("ix_forwards_paper", "paper"),
)

# What readers did at a source (votes, stars, downloads, citations), by day; a row only where the
# number has changed. Named by the record: it stays with it, whichever paper that is of.
counts = Table(
    "counts",
    metadata,
    Column("source_id", WORD, nullable=False),
    Column("source", WORD, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("day", Integer, nullable=False),  # yyyymmdd
    Column("value", BigInteger, nullable=False),
    PrimaryKeyConstraint("source_id", "source", "kind", "day"),
    sqlite_with_rowid=False,
)

# Notices that take works back, by what they name: the papers may come later.
notices = Table(
    "notices",
    metadata,
    Column("scheme", WORD, nullable=False),
    Column("value", WORD, nullable=False),
    Column("source", WORD, nullable=False),
    Column("source_id", WORD, nullable=False),  # of the notice
    Column("standing", WORD, nullable=False),  # retracted or withdrawn
    Column("day", Text),  # a partial date
    PrimaryKeyConstraint("scheme", "value", "source", "source_id"),
    Index("ix_notices_source_id", "source_id"),
    sqlite_with_rowid=False,
)

# How far each harvest has come; written with the records of a page, in one transaction.
harvests = Table(
    "harvests",
    metadata,
    Column("source", WORD, nullable=False),
    Column("selection", WORD, nullable=False),  # words joined by blanks
    Column("request", Text, nullable=False),  # the next one as JSON; empty when none is pending
    Column("since", Text, nullable=False),  # the day from which the pending run asks, or empty
    Column("moment", Text, nullable=False),  # of the pending run's first answer
    Column("complete_until", Text, nullable=False),  # of the last run that came to its end
    Column("pages", BigInteger, nullable=False),  # of the pending or the last run
    Column("records", BigInteger, nullable=False),
    Column("ran_at", Text, nullable=False),
    Column("trouble", Text, nullable=False),  # why the last run ended early, or empty
    Column("validator", Text, nullable=False),  # of the first answer, for a conditional request
    PrimaryKeyConstraint("source", "selection"),
    sqlite_with_rowid=False,
)

# Answers as they came, by the fingerprint that their records bear; kept where it is asked for.
answers = Table(
    "answers",
    metadata,
    Column("fingerprint", WORD, primary_key=True),
    Column("source", WORD, nullable=False),
    Column("url", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # zstandard
)

# When a server may next be asked, by whichever process.
turns = Table(
    "turns",
    metadata,
    Column("name", WORD, primary_key=True),
    Column("free_at", Float, nullable=False),  # seconds since 1970
)

counters = Table(
    "counters",
    metadata,
    # seq: the greatest given out; changed_s: when, in seconds since 1970; library: its name
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
