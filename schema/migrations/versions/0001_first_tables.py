"""The first tables.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TRIGRAM_INDEX = {
    "sqlite": (
        "CREATE VIRTUAL TABLE card_trigram USING fts5(said, content='', columnsize=0, "
        "detail=none, tokenize='trigram case_sensitive 1')",
        "CREATE VIRTUAL TABLE card_trigram_term USING fts5vocab(card_trigram, row)",
        "CREATE VIRTUAL TABLE card_trigram_organisation USING fts5(said, content='', "
        "columnsize=0, detail=none, tokenize='trigram case_sensitive 1')",
        "CREATE VIRTUAL TABLE card_trigram_organisation_term USING "
        "fts5vocab(card_trigram_organisation, row)",
        "CREATE VIRTUAL TABLE card_trigram_other USING fts5(said, content='', columnsize=0, "
        "detail=none, tokenize='trigram case_sensitive 1')",
        "CREATE VIRTUAL TABLE card_trigram_other_term USING fts5vocab(card_trigram_other, row)",
        "CREATE TABLE trigram_due (card_id INTEGER NOT NULL PRIMARY KEY, place INTEGER, named "
        "TEXT NOT NULL, organisation TEXT NOT NULL, other TEXT NOT NULL)",
        "CREATE TABLE card_line (place INTEGER NOT NULL PRIMARY KEY, card_id INTEGER NOT NULL, "
        "addressbook_id INTEGER NOT NULL, additional_name TEXT, family_name TEXT, full_name TEXT, "
        "given_name TEXT, mail TEXT, nickname TEXT, organisation TEXT)",
        "CREATE UNIQUE INDEX ix_card_line_card_id ON card_line (card_id)",
        "CREATE TRIGGER card_created AFTER INSERT ON card WHEN NOT EXISTS (SELECT 1 FROM "
        "trigram_due WHERE card_id = new.id) BEGIN INSERT INTO trigram_due (card_id, named, "
        "organisation, other) VALUES (new.id, '', '', ''); END",
        "CREATE TRIGGER card_removed BEFORE DELETE ON card WHEN NOT EXISTS (SELECT 1 FROM "
        "trigram_due WHERE card_id = old.id) BEGIN INSERT INTO trigram_due (card_id, place, "
        "named, organisation, other) SELECT old.id, (SELECT place FROM card_line WHERE card_id ="
        " old.id), coalesce(char(31, 31) || group_concat(value, char(31, 31)) FILTER (WHERE "
        "+field IN ('additional_name', 'any_phone', 'family_name', 'fax', 'full_name', "
        "'given_name', 'home_phone', 'mail', 'mobile_phone', 'nickname', 'other_phone', 'pager',"
        " 'preferred_phone', 'work_phone')) || char(31, 31), ''), coalesce(char(31, 31) || "
        "group_concat(value, char(31, 31)) FILTER (WHERE +field = 'organisation') || char(31, "
        "31), ''), coalesce(char(31, 31) || group_concat(value, char(31, 31)) FILTER (WHERE NOT"
        " +field IN ('additional_name', 'any_phone', 'family_name', 'fax', 'full_name', "
        "'given_name', 'home_phone', 'mail', 'mobile_phone', 'nickname', 'organisation', "
        "'other_phone', 'pager', 'preferred_phone', 'work_phone')) || char(31, 31), '') FROM "
        "card_value WHERE card_id = old.id; DELETE FROM card_line WHERE card_id = old.id; END",
        "CREATE TRIGGER card_renamed BEFORE UPDATE OF sort_name ON card WHEN old.sort_name <> "
        "new.sort_name AND NOT EXISTS (SELECT 1 FROM trigram_due WHERE card_id = new.id) BEGIN "
        "INSERT INTO trigram_due (card_id, place, named, organisation, other) SELECT new.id, "
        "(SELECT place FROM card_line WHERE card_id = new.id), coalesce(char(31, 31) || "
        "group_concat(value, char(31, 31)) FILTER (WHERE +field IN ('additional_name', "
        "'any_phone', 'family_name', 'fax', 'full_name', 'given_name', 'home_phone', 'mail', "
        "'mobile_phone', 'nickname', 'other_phone', 'pager', 'preferred_phone', 'work_phone')) "
        "|| char(31, 31), ''), coalesce(char(31, 31) || group_concat(value, char(31, 31)) FILTER"
        " (WHERE +field = 'organisation') || char(31, 31), ''), coalesce(char(31, 31) || "
        "group_concat(value, char(31, 31)) FILTER (WHERE NOT +field IN ('additional_name', "
        "'any_phone', 'family_name', 'fax', 'full_name', 'given_name', 'home_phone', 'mail', "
        "'mobile_phone', 'nickname', 'organisation', 'other_phone', 'pager', 'preferred_phone',"
        " 'work_phone')) || char(31, 31), '') FROM card_value WHERE card_id = new.id; DELETE "
        "FROM card_line WHERE card_id = new.id; END",
    ),
    "postgresql": (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE INDEX ix_card_value_trigram ON card_value USING gin (value gin_trgm_ops)",
    ),
}
KEPT_TRAIL = {
    "sqlite": (
        "CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event BEGIN SELECT "
        "RAISE(ABORT, 'the audit trail is only added to'); END",
        "CREATE TRIGGER audit_event_unchanged BEFORE UPDATE ON audit_event WHEN NOT "
        "(new.erased AND NOT old.erased AND new.card = '' AND new.detail = '' AND "
        "new.salt = '' AND new.id IS old.id AND new.at IS old.at AND new.action IS "
        "old.action AND new.outcome IS old.outcome AND new.actor IS old.actor AND "
        "new.book IS old.book AND new.protocol IS old.protocol AND new.address IS "
        "old.address AND new.agent IS old.agent AND new.device IS old.device AND "
        "new.content_digest IS old.content_digest AND new.digest IS old.digest) BEGIN "
        "SELECT RAISE(ABORT, 'the audit trail is only added to'); END",
        "CREATE TRIGGER audit_event_unreplaced BEFORE INSERT ON audit_event WHEN EXISTS "
        "(SELECT 1 FROM audit_event WHERE id = new.id) BEGIN SELECT RAISE(ABORT, 'the "
        "audit trail is only added to'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION keep_audit_event() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN IF TG_OP = 'UPDATE' THEN IF (new.erased AND NOT old.erased AND "
        "new.card = '' AND new.detail = '' AND new.salt = '' AND new.id = old.id AND "
        "new.at = old.at AND new.action = old.action AND new.outcome = old.outcome AND "
        "new.actor = old.actor AND new.book = old.book AND new.protocol = old.protocol "
        "AND new.address = old.address AND new.agent = old.agent AND new.device = "
        "old.device AND new.content_digest = old.content_digest AND new.digest = "
        "old.digest) THEN RETURN new; END IF; END IF; RAISE EXCEPTION 'the audit trail is"
        " only added to'; END $$",
        "CREATE TRIGGER audit_event_kept BEFORE DELETE OR UPDATE ON audit_event FOR EACH "
        "ROW EXECUTE FUNCTION keep_audit_event()",
        "CREATE TRIGGER audit_event_not_truncated BEFORE TRUNCATE ON audit_event FOR EACH "
        "STATEMENT EXECUTE FUNCTION keep_audit_event()",
    ),
}


def upgrade() -> None:
    """Create every table of the first release."""
    op.create_table(
        "addressbook",
        sa.Column("id", ID, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delegate", sa.Boolean(), nullable=False),
        sa.Column("standards", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_addressbook"),
        sa.UniqueConstraint("owner", "slug", name="uq_addressbook_owner_slug"),
        sa.UniqueConstraint("uuid", name="uq_addressbook_uuid"),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
    )
    op.create_index("ix_audit_event_at", "audit_event", ["at"], unique=False)
    op.create_index("ix_audit_event_book_at", "audit_event", ["book", "at"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", ID, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.Text(), nullable=False),
        sa.Column("protocols", sa.Text(), nullable=False),
        sa.Column("books", sa.Text(), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("merged", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_address", sa.Text(), nullable=False),
        sa.Column("last_agent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_device"),
        sa.UniqueConstraint("secret_digest", name="uq_device_secret_digest"),
    )
    op.create_index(
        "uq_device_login_name",
        "device",
        ["login", "name"],
        unique=True,
        sqlite_where=sa.text("revoked IS NULL"),
        postgresql_where=sa.text("revoked IS NULL"),
    )
    op.create_table(
        "distinct_pair",
        sa.Column("one", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("one", "other", name="pk_distinct_pair"),
    )
    op.create_index("ix_distinct_pair_other", "distinct_pair", ["other"])
    op.create_table(
        "erasure",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_erasure"),
    )
    op.create_table(
        "home_property",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("login", "name", name="pk_home_property"),
    )
    op.create_table(
        "link",
        sa.Column("id", ID, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_link"),
    )
    op.create_table(
        "linked_card",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["link.id"], name="fk_linked_card_link_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_linked_card"),
    )
    op.create_index("ix_linked_card_link_id", "linked_card", ["link_id"])
    op.create_table(
        "link_step",
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.Boolean(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tie", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "after", "key", name="pk_link_step"),
    )
    op.create_index("ix_link_step_key", "link_step", ["key"])
    op.create_table(
        "principal",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("merged_home", sa.Boolean(), nullable=False),
        sa.Column("default_book", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_principal"),
        sa.UniqueConstraint("kind", "name", name="uq_principal_kind_name"),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_setting"),
    )
    op.create_table(
        "book_property",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["addressbook_id"],
            ["addressbook.id"],
            name="fk_book_property_addressbook_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("login", "addressbook_id", "name", name="pk_book_property"),
    )
    op.create_table(
        "book_grant",
        sa.Column("id", ID, nullable=False),
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("grantee", sa.Text(), nullable=False),
        sa.Column("access", sa.SmallInteger(), nullable=False),
        sa.Column("hide", sa.Text(), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("delegated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["addressbook_id"], ["addressbook.id"], name="fk_book_grant_addressbook_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_book_grant"),
        sa.UniqueConstraint(
            "addressbook_id",
            "grantee",
            "delegated",
            name="uq_book_grant_addressbook_id_grantee_delegated",
        ),
    )
    op.create_table(
        "card_version",
        sa.Column("id", ID, nullable=False),
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("href", PLAIN, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["addressbook_id"], ["addressbook.id"], name="fk_card_version_addressbook_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_card_version"),
    )
    op.create_index(
        "ix_card_version_addressbook_id_at", "card_version", ["addressbook_id", "at"], unique=False
    )
    op.create_index(
        "ix_card_version_addressbook_id_href_revision",
        "card_version",
        ["addressbook_id", "href", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_card_version_batch",
        "card_version",
        ["batch"],
        unique=False,
        sqlite_where=sa.text("batch IS NOT NULL"),
        postgresql_where=sa.text("batch IS NOT NULL"),
    )
    op.create_index("ix_card_version_key_id", "card_version", ["key", "id"], unique=False)
    op.create_index(
        "ix_card_version_loss",
        "card_version",
        ["addressbook_id", "at", "actor", "device", "protocol"],
        unique=False,
        sqlite_where=sa.text("body IS NULL OR operation = 'blank'"),
        postgresql_where=sa.text("body IS NULL OR operation = 'blank'"),
    )
    op.create_table(
        "change",
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("href", PLAIN, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("vanished", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["addressbook_id"], ["addressbook.id"], name="fk_change_addressbook_id"
        ),
        sa.PrimaryKeyConstraint("addressbook_id", "href", name="pk_change"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_change_addressbook_id_revision_href_vanished",
        "change",
        ["addressbook_id", "revision", "href", "vanished"],
        unique=False,
    )
    op.create_table(
        "forwarding",
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("href", PLAIN, nullable=False),
        sa.Column("uid", PLAIN, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("survivor", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("lifted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["addressbook_id"], ["addressbook.id"], name="fk_forwarding_addressbook_id"
        ),
        sa.PrimaryKeyConstraint("addressbook_id", "href", name="pk_forwarding"),
        sa.UniqueConstraint("key", name="uq_forwarding_key"),
    )
    op.create_index(
        "ix_forwarding_addressbook_id_uid", "forwarding", ["addressbook_id", "uid"], unique=False
    )
    op.create_index("ix_forwarding_survivor", "forwarding", ["survivor"], unique=False)
    op.create_table(
        "incarnation",
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["addressbook_id"], ["addressbook.id"], name="fk_incarnation_addressbook_id"
        ),
        sa.PrimaryKeyConstraint("addressbook_id", "name", name="pk_incarnation"),
    )
    op.create_table(
        "membership",
        sa.Column("group_id", ID, nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["principal.id"], name="fk_membership_group_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "member", name="pk_membership"),
    )
    op.create_table(
        "quality",
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["addressbook_id"], ["addressbook.id"], name="fk_quality_addressbook_id"
        ),
        sa.PrimaryKeyConstraint("addressbook_id", "day", "rule", name="pk_quality"),
    )
    op.create_table(
        "sighting",
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["addressbook_id"], ["addressbook.id"], name="fk_sighting_addressbook_id"
        ),
        sa.PrimaryKeyConstraint("addressbook_id", "login", "device", "agent", name="pk_sighting"),
    )
    op.create_table(
        "stopped_client",
        sa.Column("id", ID, nullable=False),
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("released", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["addressbook_id"], ["addressbook.id"], name="fk_stopped_client_addressbook_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stopped_client"),
    )
    op.create_index(
        "uq_stopped_client_addressbook_id_login_device",
        "stopped_client",
        ["addressbook_id", "login", "device"],
        unique=True,
        sqlite_where=sa.text("released IS NULL"),
        postgresql_where=sa.text("released IS NULL"),
    )
    op.create_table(
        "card",
        sa.Column("id", ID, nullable=False),
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("href", PLAIN, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("uid", PLAIN, nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("sort_name", PLAIN, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["addressbook_id"], ["addressbook.id"], name="fk_card_addressbook_id"
        ),
        sa.ForeignKeyConstraint(["version_id"], ["card_version.id"], name="fk_card_version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_card"),
        sa.UniqueConstraint("addressbook_id", "href", name="uq_card_addressbook_id_href"),
        sa.UniqueConstraint("key", name="uq_card_key"),
    )
    op.create_index(
        "ix_card_addressbook_id_sort_name_key",
        "card",
        ["addressbook_id", "sort_name", "key"],
        unique=False,
    )
    op.create_index("ix_card_addressbook_id_uid", "card", ["addressbook_id", "uid"], unique=False)
    op.create_index(
        "ix_card_listing",
        "card",
        ["addressbook_id", "href", "etag", "size", "modified", "uid", "key"],
        unique=False,
    )
    op.create_index("ix_card_version_id", "card", ["version_id"], unique=False)
    op.create_index(
        "ix_card_link_id",
        "card",
        ["link_id"],
        unique=False,
        sqlite_where=sa.text("link_id IS NOT NULL"),
        postgresql_where=sa.text("link_id IS NOT NULL"),
    )
    op.create_table(
        "link_offer",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("before_id", ID, nullable=False),
        sa.Column("after_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["before_id"],
            ["card_version.id"],
            name="fk_link_offer_before_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["after_id"], ["card_version.id"], name="fk_link_offer_after_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("target", "source", name="pk_link_offer"),
    )
    op.create_index("ix_link_offer_after_id", "link_offer", ["after_id"])
    op.create_index("ix_link_offer_before_id", "link_offer", ["before_id"])
    op.create_index("ix_link_offer_source", "link_offer", ["source"])
    op.create_table(
        "card_beginning",
        sa.Column("addressbook_id", ID, nullable=False),
        sa.Column("head", PLAIN, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("card_id", ID, nullable=False),
        sa.Column("value", PLAIN, nullable=False),
        sa.Column("fields", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "addressbook_id", "head", "place", "card_id", "value", name="pk_card_beginning"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "card_entry",
        sa.Column("card_id", ID, nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name="fk_card_entry_card_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("card_id", name="pk_card_entry"),
    )
    op.create_table(
        "card_value",
        sa.Column("card_id", ID, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", PLAIN, nullable=False),
        sa.Column("ordered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("card_id", "field", "value", name="pk_card_value"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_card_value_ordered",
        "card_value",
        ["field", "value", "card_id", "ordered"],
        unique=False,
        sqlite_where=sa.text("ordered = 1"),
    )
    op.create_table(
        "joined_card",
        sa.Column("card_id", ID, nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name="fk_joined_card_card_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("card_id", "etag", name="pk_joined_card"),
    )
    op.create_index("ix_joined_card_etag", "joined_card", ["etag"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("card_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name="fk_quarantine_card_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("card_id", name="pk_quarantine"),
    )
    op.create_table(
        "source_card",
        sa.Column("card_id", ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name="fk_source_card_card_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("card_id", name="pk_source_card"),
    )
    op.create_index("ix_source_card_source", "source_card", ["source"])
    engine = op.get_bind().dialect.name
    for statement in (*TRIGRAM_INDEX[engine], *KEPT_TRAIL[engine]):
        op.execute(statement)
