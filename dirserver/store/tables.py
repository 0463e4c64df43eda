"""The tables: with ``persontables``, the only place where a column is named.

``schema/tables.sql`` holds the DDL that follows from this file, and the migrations in
``schema/migrations`` reach the same; tests compare the three.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from dirserver.store.index import trigram
from dirserver.store.metadata import Id as _Id
from dirserver.store.metadata import Plain as _Plain
from dirserver.store.metadata import Time as _Time
from dirserver.store.metadata import metadata as metadata
from dirserver.store.metadata import partial as _partial
from dirserver.store.same.linktables import link as link
from dirserver.store.same.linktables import link_offer as link_offer
from dirserver.store.same.linktables import link_step as link_step
from dirserver.store.same.linktables import linked_card as linked_card
from dirserver.store.same.persontables import distinct_pair as distinct_pair
from dirserver.store.same.persontables import erasure as erasure
from dirserver.store.same.persontables import forwarding as forwarding
from dirserver.store.trail import appendonly

# Facts about the store itself: the policy's epoch, what the search index was derived with.
setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

principal = Table(
    "principal",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("merged_home", Boolean, nullable=False),
    Column("default_book", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    UniqueConstraint("kind", "name"),
)

# ``member`` is a grantee's name (a login or group:NAME), as in the config file.
membership = Table(
    "membership",
    metadata,
    Column("group_id", _Id, ForeignKey("principal.id", ondelete="CASCADE"), primary_key=True),
    Column("member", Text, primary_key=True),
)

addressbook = Table(
    "addressbook",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("uuid", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("modified", _Time, nullable=False),
    Column("archived", _Time),
    Column("delegate", Boolean, nullable=False),
    Column("standards", Text, nullable=False),
    Column("query", Text, nullable=False),
    UniqueConstraint("owner", "slug"),
)

# A copy of the database that is put back knows nothing of what came after it. A token from
# then must not pass for one of now, so each putting back begins an incarnation of the book:
# tokens of an earlier one are good up to the revision at which the next began.
incarnation = Table(
    "incarnation",
    metadata,
    Column("addressbook_id", _Id, ForeignKey("addressbook.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("at", _Time, nullable=False),
)

# ``given_by`` is the login of the manager who gave it; empty for those of the config file.
book_grant = Table(
    "book_grant",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("addressbook_id", _Id, ForeignKey("addressbook.id"), nullable=False),
    Column("grantee", Text, nullable=False),
    Column("access", SmallInteger, nullable=False),
    Column("hide", Text, nullable=False),
    Column("networks", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("delegated", Boolean, nullable=False),
    UniqueConstraint("addressbook_id", "grantee", "delegated"),
)

# What somebody has set for themselves on a book: properties by Clark's names, with all their XML.
book_property = Table(
    "book_property",
    metadata,
    Column("login", Text, primary_key=True),
    Column(
        "addressbook_id", _Id, ForeignKey("addressbook.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# What somebody has set for themselves on the one book of a merged home, as in book_property.
home_property = Table(
    "home_property",
    metadata,
    Column("login", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# Passwords for one program or telephone each. ``protocols``, ``books`` and ``networks`` are
# lists with commas; an empty one is no limit.
device = Table(
    "device",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("secret_digest", Text, nullable=False, unique=True),
    Column("protocols", Text, nullable=False),
    Column("books", Text, nullable=False),
    Column("networks", Text, nullable=False),
    Column("merged", Boolean, nullable=False),
    Column("created", _Time, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires", _Time),
    Column("revoked", _Time),
    Column("last_seen", _Time),
    Column("last_address", Text, nullable=False),
    Column("last_agent", Text, nullable=False),
    # The name of one that was revoked is free again.
    _partial("uq_device_login_name", "login", "name", where="revoked IS NULL", unique=True),
)

# Clients that have been stopped from writing to a book, until somebody lets them go on. Without
# a ``device`` it is whatever uses the login's own password.
stopped_client = Table(
    "stopped_client",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("addressbook_id", _Id, ForeignKey("addressbook.id"), nullable=False),
    Column("login", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("at", _Time, nullable=False),
    Column("reason", Text, nullable=False),
    Column("released", _Time),
    Column("released_by", Text, nullable=False),
    _partial(
        "uq_stopped_client_addressbook_id_login_device",
        *("addressbook_id", "login", "device"),
        where="released IS NULL",
        unique=True,
    ),
)

# Which clients have copies of a book, and of which revision.
sighting = Table(
    "sighting",
    metadata,
    Column("addressbook_id", _Id, ForeignKey("addressbook.id"), primary_key=True),
    Column("login", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("first_at", _Time, nullable=False),
    Column("last_at", _Time, nullable=False),
)

# A version that takes a card away, or most of what it said.
LOSS = "body IS NULL OR operation = 'blank'"

# Every body ever stored, verbatim; a deletion is a version without a body.
card_version = Table(
    "card_version",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("addressbook_id", _Id, ForeignKey("addressbook.id"), nullable=False),
    Column("href", _Plain, nullable=False),
    Column("key", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("operation", Text, nullable=False),
    Column("body", LargeBinary),
    Column("etag", Text, nullable=False),
    Column("at", _Time, nullable=False),
    Column("actor", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("device", Text, nullable=False),
    # The number of what wrote many cards at once, such as an import.
    Column("batch", BigInteger),
    Index("ix_card_version_addressbook_id_href_revision", "addressbook_id", "href", "revision"),
    Index("ix_card_version_addressbook_id_at", "addressbook_id", "at"),
    Index("ix_card_version_key_id", "key", "id"),
    # What clients have taken out of a book lately is counted at every deletion.
    _partial(
        "ix_card_version_loss",
        *("addressbook_id", "at", "actor", "device", "protocol"),
        where=LOSS,
    ),
    _partial("ix_card_version_batch", "batch", where="batch IS NOT NULL"),
)

card = Table(
    "card",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("addressbook_id", _Id, ForeignKey("addressbook.id"), nullable=False),
    Column("href", _Plain, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("uid", _Plain, nullable=False),
    Column("etag", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("sort_name", _Plain, nullable=False),
    Column("created", _Time, nullable=False),
    Column("modified", _Time, nullable=False),
    Column("version_id", _Id, ForeignKey("card_version.id"), nullable=False),
    # Of one that is linked: as in ``linked_card``.
    Column("link_id", BigInteger),
    UniqueConstraint("addressbook_id", "href"),
    # A listing is answered from this index alone.
    Index("ix_card_listing", "addressbook_id", "href", "etag", "size", "modified", "uid", "key"),
    Index("ix_card_addressbook_id_uid", "addressbook_id", "uid"),
    Index("ix_card_addressbook_id_sort_name_key", "addressbook_id", "sort_name", "key"),
    Index("ix_card_version_id", "version_id"),
    _partial("ix_card_link_id", "link_id", where="link_id IS NOT NULL"),
)

# One row for each name that was ever in a book: what a sync token is answered from.
change = Table(
    "change",
    metadata,
    Column("addressbook_id", _Id, ForeignKey("addressbook.id"), primary_key=True),
    Column("href", _Plain, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("vanished", Boolean, nullable=False),
    Index(
        "ix_change_addressbook_id_revision_href_vanished",
        "addressbook_id",
        "revision",
        "href",
        "vanished",
    ),
    sqlite_with_rowid=False,
)

# What a card says, folded: the search index. What is ``ordered`` is told in ``probes``. A card has
# so many rows that it had better not be looked up with each: ``delete_cards`` takes them away.
card_value = Table(
    "card_value",
    metadata,
    Column("card_id", _Id, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", _Plain, primary_key=True),
    Column("ordered", Boolean, nullable=False),
    Index(
        "ix_card_value_ordered",
        *("field", "value", "card_id", "ordered"),
        sqlite_where=text("ordered = 1"),
    ),
    sqlite_with_rowid=False,
)

# What follows the beginnings of the words of a card's names; see ``beginnings``. For ranges
# only, so that it is kept out of the trigram index. Which rows a card has follows from its values.
card_beginning = Table(
    "card_beginning",
    metadata,
    Column("addressbook_id", _Id, primary_key=True),
    Column("head", _Plain, primary_key=True),
    Column("place", BigInteger, primary_key=True),
    Column("card_id", _Id, primary_key=True),
    Column("value", _Plain, primary_key=True),
    Column("fields", Integer, nullable=False),
    sqlite_with_rowid=False,
)
for _index in card_value, card_beginning:
    _index.add_is_dependent_on(card)

# Cards of files that went into a card, or were skipped for it: by their etags, the same ones are
# known again.
joined_card = Table(
    "joined_card",
    metadata,
    Column("card_id", _Id, ForeignKey("card.id", ondelete="CASCADE"), primary_key=True),
    Column("etag", Text, primary_key=True),
    Column("skipped", Boolean, nullable=False),
    Index("ix_joined_card_etag", "etag"),
)

# What the LDAP face made of the card when it was written; opaque here.
card_entry = Table(
    "card_entry",
    metadata,
    Column("card_id", _Id, ForeignKey("card.id", ondelete="CASCADE"), primary_key=True),
    Column("attributes", LargeBinary, nullable=False),
)

# Cards that break the standards of their book, and are kept from those who may only search it.
quarantine = Table(
    "quarantine",
    metadata,
    Column("card_id", _Id, ForeignKey("card.id", ondelete="CASCADE"), primary_key=True),
)

# Cards that come of a source: the card that it had last, and what that made of it here.
source_card = Table(
    "source_card",
    metadata,
    Column("card_id", _Id, ForeignKey("card.id", ondelete="CASCADE"), primary_key=True),
    Column("source", Text, nullable=False),
    Column("said", LargeBinary, nullable=False),
    Column("etag", Text, nullable=False),
    Index("ix_source_card_source", "source"),
)

# How many cards of a book broke which rule on a day.
quality = Table(
    "quality",
    metadata,
    Column("addressbook_id", _Id, ForeignKey("addressbook.id"), primary_key=True),
    Column("day", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("cards", Integer, nullable=False),
)

# ``content_digest`` is over what can be erased of an event, and ``digest`` over that, all the
# rest and the event before: what is erased later leaves the chain whole.
audit_event = Table(
    "audit_event",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("at", _Time, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("book", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("content_digest", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("erased", Boolean, nullable=False),
    Index("ix_audit_event_book_at", "book", "at"),
    Index("ix_audit_event_at", "at"),
)


@event.listens_for(metadata, "after_create")
def _create_what_differs(_target: MetaData, connection: Connection, **_options: object) -> None:
    trigram.create(connection)
    appendonly.create(connection)
