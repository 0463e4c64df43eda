"""Tables of what is known of people beside their cards, and named nowhere but here."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from dirserver.store.metadata import Id, Plain, Time, metadata

# What tells a person who was erased when somebody brings them again: a keyed digest, from which
# nobody can be read. ``person`` is a random name for what belongs together.
erasure = Table(
    "erasure",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("at", Time, nullable=False),
)

# Of which two cards, by their keys in order, somebody said that they are not of one person.
distinct_pair = Table(
    "distinct_pair",
    metadata,
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("at", Time, nullable=False),
    Column("said_by", Text, nullable=False),
    Index("ix_distinct_pair_other", "other"),
)

# Which card, by its key, stands for one that was made one with it: clients that have not heard of
# that still know the other one by its name and its UID. ``revision`` is that at which it went,
# and ``batch`` what takes it back; ``linked`` says that the survivor has its link from it, and
# ``lifted`` that it is taken back, until it may be done again.
forwarding = Table(
    "forwarding",
    metadata,
    Column("addressbook_id", Id, ForeignKey("addressbook.id"), primary_key=True),
    Column("href", Plain, primary_key=True),
    Column("uid", Plain, nullable=False),
    Column("key", Text, nullable=False),
    Column("survivor", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("linked", Boolean, nullable=False),
    Column("lifted", Boolean, nullable=False),
    Column("at", Time, nullable=False),
    UniqueConstraint("key"),
    Index("ix_forwarding_addressbook_id_uid", "addressbook_id", "uid"),
    Index("ix_forwarding_survivor", "survivor"),
)
