-- The tables of dirserver, as they follow from dirserver/store/tables.py; to be read, not run.
-- The migrations in schema/migrations make the same. After a change:
-- pytest tests/store/test_ddl.py --update-golden


-- SQLite

CREATE TABLE addressbook (
    id INTEGER NOT NULL,
    uuid TEXT NOT NULL,
    owner TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    revision BIGINT NOT NULL,
    modified DATETIME NOT NULL,
    archived DATETIME,
    delegate BOOLEAN NOT NULL,
    standards TEXT NOT NULL,
    "query" TEXT NOT NULL,
    CONSTRAINT pk_addressbook PRIMARY KEY (id),
    CONSTRAINT uq_addressbook_owner_slug UNIQUE (owner, slug),
    CONSTRAINT uq_addressbook_uuid UNIQUE (uuid)
);

CREATE TABLE audit_event (
    id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    actor TEXT NOT NULL,
    book TEXT NOT NULL,
    card TEXT NOT NULL,
    detail TEXT NOT NULL,
    protocol TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    device TEXT NOT NULL,
    salt TEXT NOT NULL,
    content_digest TEXT NOT NULL,
    digest TEXT NOT NULL,
    erased BOOLEAN NOT NULL,
    CONSTRAINT pk_audit_event PRIMARY KEY (id)
);

CREATE INDEX ix_audit_event_at ON audit_event (at);

CREATE INDEX ix_audit_event_book_at ON audit_event (book, at);

CREATE TABLE device (
    id INTEGER NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_digest TEXT NOT NULL,
    protocols TEXT NOT NULL,
    books TEXT NOT NULL,
    networks TEXT NOT NULL,
    merged BOOLEAN NOT NULL,
    created DATETIME NOT NULL,
    created_by TEXT NOT NULL,
    expires DATETIME,
    revoked DATETIME,
    last_seen DATETIME,
    last_address TEXT NOT NULL,
    last_agent TEXT NOT NULL,
    CONSTRAINT pk_device PRIMARY KEY (id),
    CONSTRAINT uq_device_secret_digest UNIQUE (secret_digest)
);

CREATE UNIQUE INDEX uq_device_login_name ON device (login, name) WHERE revoked IS NULL;

CREATE TABLE distinct_pair (
    one TEXT NOT NULL,
    other TEXT NOT NULL,
    at DATETIME NOT NULL,
    said_by TEXT NOT NULL,
    CONSTRAINT pk_distinct_pair PRIMARY KEY (one, other)
);

CREATE INDEX ix_distinct_pair_other ON distinct_pair (other);

CREATE TABLE erasure (
    fingerprint TEXT NOT NULL,
    person TEXT NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_erasure PRIMARY KEY (fingerprint)
);

CREATE TABLE home_property (
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_home_property PRIMARY KEY (login, name)
);

CREATE TABLE link (
    id INTEGER NOT NULL,
    mode TEXT NOT NULL,
    properties TEXT NOT NULL,
    at DATETIME NOT NULL,
    made_by TEXT NOT NULL,
    CONSTRAINT pk_link PRIMARY KEY (id)
);

CREATE TABLE link_step (
    batch BIGINT NOT NULL,
    "after" BOOLEAN NOT NULL,
    "key" TEXT NOT NULL,
    tie BIGINT NOT NULL,
    mode TEXT NOT NULL,
    properties TEXT NOT NULL,
    at DATETIME NOT NULL,
    actor TEXT NOT NULL,
    device TEXT NOT NULL,
    CONSTRAINT pk_link_step PRIMARY KEY (batch, "after", "key")
);

CREATE INDEX ix_link_step_key ON link_step ("key");

CREATE TABLE principal (
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    mail TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    merged_home BOOLEAN NOT NULL,
    default_book TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_principal PRIMARY KEY (id),
    CONSTRAINT uq_principal_kind_name UNIQUE (kind, name)
);

CREATE TABLE setting (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_setting PRIMARY KEY (name)
);

CREATE TABLE book_grant (
    id INTEGER NOT NULL,
    addressbook_id INTEGER NOT NULL,
    grantee TEXT NOT NULL,
    access SMALLINT NOT NULL,
    hide TEXT NOT NULL,
    networks TEXT NOT NULL,
    given_by TEXT NOT NULL,
    delegated BOOLEAN NOT NULL,
    CONSTRAINT pk_book_grant PRIMARY KEY (id),
    CONSTRAINT uq_book_grant_addressbook_id_grantee_delegated UNIQUE (addressbook_id, grantee, delegated),
    CONSTRAINT fk_book_grant_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE TABLE book_property (
    login TEXT NOT NULL,
    addressbook_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_book_property PRIMARY KEY (login, addressbook_id, name),
    CONSTRAINT fk_book_property_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id) ON DELETE CASCADE
);

CREATE TABLE card_version (
    id INTEGER NOT NULL,
    addressbook_id INTEGER NOT NULL,
    href TEXT NOT NULL,
    "key" TEXT NOT NULL,
    revision BIGINT NOT NULL,
    operation TEXT NOT NULL,
    body BLOB,
    etag TEXT NOT NULL,
    at DATETIME NOT NULL,
    actor TEXT NOT NULL,
    protocol TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    device TEXT NOT NULL,
    batch BIGINT,
    CONSTRAINT pk_card_version PRIMARY KEY (id),
    CONSTRAINT fk_card_version_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE INDEX ix_card_version_addressbook_id_at ON card_version (addressbook_id, at);

CREATE INDEX ix_card_version_addressbook_id_href_revision ON card_version (addressbook_id, href, revision);

CREATE INDEX ix_card_version_batch ON card_version (batch) WHERE batch IS NOT NULL;

CREATE INDEX ix_card_version_key_id ON card_version ("key", id);

CREATE INDEX ix_card_version_loss ON card_version (addressbook_id, at, actor, device, protocol) WHERE body IS NULL OR operation = 'blank';

CREATE TABLE change (
    addressbook_id INTEGER NOT NULL,
    href TEXT NOT NULL,
    revision BIGINT NOT NULL,
    vanished BOOLEAN NOT NULL,
    CONSTRAINT pk_change PRIMARY KEY (addressbook_id, href),
    CONSTRAINT fk_change_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
)
 WITHOUT ROWID;

CREATE INDEX ix_change_addressbook_id_revision_href_vanished ON change (addressbook_id, revision, href, vanished);

CREATE TABLE forwarding (
    addressbook_id INTEGER NOT NULL,
    href TEXT NOT NULL,
    uid TEXT NOT NULL,
    "key" TEXT NOT NULL,
    survivor TEXT NOT NULL,
    revision BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    linked BOOLEAN NOT NULL,
    lifted BOOLEAN NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_forwarding PRIMARY KEY (addressbook_id, href),
    CONSTRAINT uq_forwarding_key UNIQUE ("key"),
    CONSTRAINT fk_forwarding_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE INDEX ix_forwarding_addressbook_id_uid ON forwarding (addressbook_id, uid);

CREATE INDEX ix_forwarding_survivor ON forwarding (survivor);

CREATE TABLE incarnation (
    addressbook_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_incarnation PRIMARY KEY (addressbook_id, name),
    CONSTRAINT fk_incarnation_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE TABLE linked_card (
    "key" TEXT NOT NULL,
    link_id BIGINT NOT NULL,
    CONSTRAINT pk_linked_card PRIMARY KEY ("key"),
    CONSTRAINT fk_linked_card_link_id FOREIGN KEY(link_id) REFERENCES link (id) ON DELETE CASCADE
);

CREATE INDEX ix_linked_card_link_id ON linked_card (link_id);

CREATE TABLE membership (
    group_id INTEGER NOT NULL,
    member TEXT NOT NULL,
    CONSTRAINT pk_membership PRIMARY KEY (group_id, member),
    CONSTRAINT fk_membership_group_id FOREIGN KEY(group_id) REFERENCES principal (id) ON DELETE CASCADE
);

CREATE TABLE quality (
    addressbook_id INTEGER NOT NULL,
    day TEXT NOT NULL,
    rule TEXT NOT NULL,
    cards INTEGER NOT NULL,
    CONSTRAINT pk_quality PRIMARY KEY (addressbook_id, day, rule),
    CONSTRAINT fk_quality_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE TABLE sighting (
    addressbook_id INTEGER NOT NULL,
    login TEXT NOT NULL,
    device TEXT NOT NULL,
    agent TEXT NOT NULL,
    revision BIGINT NOT NULL,
    first_at DATETIME NOT NULL,
    last_at DATETIME NOT NULL,
    CONSTRAINT pk_sighting PRIMARY KEY (addressbook_id, login, device, agent),
    CONSTRAINT fk_sighting_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE TABLE stopped_client (
    id INTEGER NOT NULL,
    addressbook_id INTEGER NOT NULL,
    login TEXT NOT NULL,
    device TEXT NOT NULL,
    at DATETIME NOT NULL,
    reason TEXT NOT NULL,
    released DATETIME,
    released_by TEXT NOT NULL,
    CONSTRAINT pk_stopped_client PRIMARY KEY (id),
    CONSTRAINT fk_stopped_client_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE UNIQUE INDEX uq_stopped_client_addressbook_id_login_device ON stopped_client (addressbook_id, login, device) WHERE released IS NULL;

CREATE TABLE card (
    id INTEGER NOT NULL,
    addressbook_id INTEGER NOT NULL,
    href TEXT NOT NULL,
    "key" TEXT NOT NULL,
    uid TEXT NOT NULL,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    revision BIGINT NOT NULL,
    sort_name TEXT NOT NULL,
    created DATETIME NOT NULL,
    modified DATETIME NOT NULL,
    version_id INTEGER NOT NULL,
    link_id BIGINT,
    CONSTRAINT pk_card PRIMARY KEY (id),
    CONSTRAINT uq_card_addressbook_id_href UNIQUE (addressbook_id, href),
    CONSTRAINT fk_card_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id),
    CONSTRAINT uq_card_key UNIQUE ("key"),
    CONSTRAINT fk_card_version_id FOREIGN KEY(version_id) REFERENCES card_version (id)
);

CREATE INDEX ix_card_addressbook_id_sort_name_key ON card (addressbook_id, sort_name, "key");

CREATE INDEX ix_card_addressbook_id_uid ON card (addressbook_id, uid);

CREATE INDEX ix_card_link_id ON card (link_id) WHERE link_id IS NOT NULL;

CREATE INDEX ix_card_listing ON card (addressbook_id, href, etag, size, modified, uid, "key");

CREATE INDEX ix_card_version_id ON card (version_id);

CREATE TABLE link_offer (
    target TEXT NOT NULL,
    source TEXT NOT NULL,
    before_id INTEGER NOT NULL,
    after_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_link_offer PRIMARY KEY (target, source),
    CONSTRAINT fk_link_offer_before_id FOREIGN KEY(before_id) REFERENCES card_version (id) ON DELETE CASCADE,
    CONSTRAINT fk_link_offer_after_id FOREIGN KEY(after_id) REFERENCES card_version (id) ON DELETE CASCADE
);

CREATE INDEX ix_link_offer_after_id ON link_offer (after_id);

CREATE INDEX ix_link_offer_before_id ON link_offer (before_id);

CREATE INDEX ix_link_offer_source ON link_offer (source);

CREATE TABLE card_beginning (
    addressbook_id INTEGER NOT NULL,
    head TEXT NOT NULL,
    place BIGINT NOT NULL,
    card_id INTEGER NOT NULL,
    value TEXT NOT NULL,
    fields INTEGER NOT NULL,
    CONSTRAINT pk_card_beginning PRIMARY KEY (addressbook_id, head, place, card_id, value)
)
 WITHOUT ROWID;

CREATE TABLE card_entry (
    card_id INTEGER NOT NULL,
    attributes BLOB NOT NULL,
    CONSTRAINT pk_card_entry PRIMARY KEY (card_id),
    CONSTRAINT fk_card_entry_card_id FOREIGN KEY(card_id) REFERENCES card (id) ON DELETE CASCADE
);

CREATE TABLE card_value (
    card_id INTEGER NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    ordered BOOLEAN NOT NULL,
    CONSTRAINT pk_card_value PRIMARY KEY (card_id, field, value)
)
 WITHOUT ROWID;

CREATE INDEX ix_card_value_ordered ON card_value (field, value, card_id, ordered) WHERE ordered = 1;

CREATE TABLE joined_card (
    card_id INTEGER NOT NULL,
    etag TEXT NOT NULL,
    skipped BOOLEAN NOT NULL,
    CONSTRAINT pk_joined_card PRIMARY KEY (card_id, etag),
    CONSTRAINT fk_joined_card_card_id FOREIGN KEY(card_id) REFERENCES card (id) ON DELETE CASCADE
);

CREATE INDEX ix_joined_card_etag ON joined_card (etag);

CREATE TABLE quarantine (
    card_id INTEGER NOT NULL,
    CONSTRAINT pk_quarantine PRIMARY KEY (card_id),
    CONSTRAINT fk_quarantine_card_id FOREIGN KEY(card_id) REFERENCES card (id) ON DELETE CASCADE
);

CREATE TABLE source_card (
    card_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    said BLOB NOT NULL,
    etag TEXT NOT NULL,
    CONSTRAINT pk_source_card PRIMARY KEY (card_id),
    CONSTRAINT fk_source_card_card_id FOREIGN KEY(card_id) REFERENCES card (id) ON DELETE CASCADE
);

CREATE INDEX ix_source_card_source ON source_card (source);

CREATE VIRTUAL TABLE card_trigram USING fts5(said, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1');

CREATE VIRTUAL TABLE card_trigram_term USING fts5vocab(card_trigram, row);

CREATE VIRTUAL TABLE card_trigram_organisation USING fts5(said, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1');

CREATE VIRTUAL TABLE card_trigram_organisation_term USING fts5vocab(card_trigram_organisation, row);

CREATE VIRTUAL TABLE card_trigram_other USING fts5(said, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1');

CREATE VIRTUAL TABLE card_trigram_other_term USING fts5vocab(card_trigram_other, row);

CREATE TABLE trigram_due (card_id INTEGER NOT NULL PRIMARY KEY, place INTEGER, named TEXT NOT NULL, organisation TEXT NOT NULL, other TEXT NOT NULL);

CREATE TABLE card_line (place INTEGER NOT NULL PRIMARY KEY, card_id INTEGER NOT NULL, addressbook_id INTEGER NOT NULL, additional_name TEXT, family_name TEXT, full_name TEXT, given_name TEXT, mail TEXT, nickname TEXT, organisation TEXT);

CREATE UNIQUE INDEX ix_card_line_card_id ON card_line (card_id);

CREATE TRIGGER card_created AFTER INSERT ON card WHEN NOT EXISTS (SELECT 1 FROM trigram_due WHERE card_id = new.id) BEGIN INSERT INTO trigram_due (card_id, named, organisation, other) VALUES (new.id, '', '', ''); END;

CREATE TRIGGER card_removed BEFORE DELETE ON card WHEN NOT EXISTS (SELECT 1 FROM trigram_due WHERE card_id = old.id) BEGIN INSERT INTO trigram_due (card_id, place, named, organisation, other) SELECT old.id, (SELECT place FROM card_line WHERE card_id = old.id), coalesce(char(31, 31) || group_concat(value, char(31, 31)) FILTER (WHERE +field IN ('additional_name', 'any_phone', 'family_name', 'fax', 'full_name', 'given_name', 'home_phone', 'mail', 'mobile_phone', 'nickname', 'other_phone', 'pager', 'preferred_phone', 'work_phone')) || char(31, 31), ''), coalesce(char(31, 31) || group_concat(value, char(31, 31)) FILTER (WHERE +field = 'organisation') || char(31, 31), ''), coalesce(char(31, 31) || group_concat(value, char(31, 31)) FILTER (WHERE NOT +field IN ('additional_name', 'any_phone', 'family_name', 'fax', 'full_name', 'given_name', 'home_phone', 'mail', 'mobile_phone', 'nickname', 'organisation', 'other_phone', 'pager', 'preferred_phone', 'work_phone')) || char(31, 31), '') FROM card_value WHERE card_id = old.id; DELETE FROM card_line WHERE card_id = old.id; END;

CREATE TRIGGER card_renamed BEFORE UPDATE OF sort_name ON card WHEN old.sort_name <> new.sort_name AND NOT EXISTS (SELECT 1 FROM trigram_due WHERE card_id = new.id) BEGIN INSERT INTO trigram_due (card_id, place, named, organisation, other) SELECT new.id, (SELECT place FROM card_line WHERE card_id = new.id), coalesce(char(31, 31) || group_concat(value, char(31, 31)) FILTER (WHERE +field IN ('additional_name', 'any_phone', 'family_name', 'fax', 'full_name', 'given_name', 'home_phone', 'mail', 'mobile_phone', 'nickname', 'other_phone', 'pager', 'preferred_phone', 'work_phone')) || char(31, 31), ''), coalesce(char(31, 31) || group_concat(value, char(31, 31)) FILTER (WHERE +field = 'organisation') || char(31, 31), ''), coalesce(char(31, 31) || group_concat(value, char(31, 31)) FILTER (WHERE NOT +field IN ('additional_name', 'any_phone', 'family_name', 'fax', 'full_name', 'given_name', 'home_phone', 'mail', 'mobile_phone', 'nickname', 'organisation', 'other_phone', 'pager', 'preferred_phone', 'work_phone')) || char(31, 31), '') FROM card_value WHERE card_id = new.id; DELETE FROM card_line WHERE card_id = new.id; END;

CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;

CREATE TRIGGER audit_event_unchanged BEFORE UPDATE ON audit_event WHEN NOT (new.erased AND NOT old.erased AND new.card = '' AND new.detail = '' AND new.salt = '' AND new.id IS old.id AND new.at IS old.at AND new.action IS old.action AND new.outcome IS old.outcome AND new.actor IS old.actor AND new.book IS old.book AND new.protocol IS old.protocol AND new.address IS old.address AND new.agent IS old.agent AND new.device IS old.device AND new.content_digest IS old.content_digest AND new.digest IS old.digest) BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;

CREATE TRIGGER audit_event_unreplaced BEFORE INSERT ON audit_event WHEN EXISTS (SELECT 1 FROM audit_event WHERE id = new.id) BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;


-- PostgreSQL

CREATE TABLE addressbook (
    id BIGSERIAL NOT NULL,
    uuid TEXT NOT NULL,
    owner TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    revision BIGINT NOT NULL,
    modified TIMESTAMP WITH TIME ZONE NOT NULL,
    archived TIMESTAMP WITH TIME ZONE,
    delegate BOOLEAN NOT NULL,
    standards TEXT NOT NULL,
    query TEXT NOT NULL,
    CONSTRAINT pk_addressbook PRIMARY KEY (id),
    CONSTRAINT uq_addressbook_owner_slug UNIQUE (owner, slug),
    CONSTRAINT uq_addressbook_uuid UNIQUE (uuid)
);

CREATE TABLE audit_event (
    id BIGSERIAL NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    actor TEXT NOT NULL,
    book TEXT NOT NULL,
    card TEXT NOT NULL,
    detail TEXT NOT NULL,
    protocol TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    device TEXT NOT NULL,
    salt TEXT NOT NULL,
    content_digest TEXT NOT NULL,
    digest TEXT NOT NULL,
    erased BOOLEAN NOT NULL,
    CONSTRAINT pk_audit_event PRIMARY KEY (id)
);

CREATE INDEX ix_audit_event_at ON audit_event (at);

CREATE INDEX ix_audit_event_book_at ON audit_event (book, at);

CREATE TABLE device (
    id BIGSERIAL NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_digest TEXT NOT NULL,
    protocols TEXT NOT NULL,
    books TEXT NOT NULL,
    networks TEXT NOT NULL,
    merged BOOLEAN NOT NULL,
    created TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by TEXT NOT NULL,
    expires TIMESTAMP WITH TIME ZONE,
    revoked TIMESTAMP WITH TIME ZONE,
    last_seen TIMESTAMP WITH TIME ZONE,
    last_address TEXT NOT NULL,
    last_agent TEXT NOT NULL,
    CONSTRAINT pk_device PRIMARY KEY (id),
    CONSTRAINT uq_device_secret_digest UNIQUE (secret_digest)
);

CREATE UNIQUE INDEX uq_device_login_name ON device (login, name) WHERE revoked IS NULL;

CREATE TABLE distinct_pair (
    one TEXT NOT NULL,
    other TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    said_by TEXT NOT NULL,
    CONSTRAINT pk_distinct_pair PRIMARY KEY (one, other)
);

CREATE INDEX ix_distinct_pair_other ON distinct_pair (other);

CREATE TABLE erasure (
    fingerprint TEXT NOT NULL,
    person TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_erasure PRIMARY KEY (fingerprint)
);

CREATE TABLE home_property (
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_home_property PRIMARY KEY (login, name)
);

CREATE TABLE link (
    id BIGSERIAL NOT NULL,
    mode TEXT NOT NULL,
    properties TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by TEXT NOT NULL,
    CONSTRAINT pk_link PRIMARY KEY (id)
);

CREATE TABLE link_step (
    batch BIGINT NOT NULL,
    after BOOLEAN NOT NULL,
    key TEXT NOT NULL,
    tie BIGINT NOT NULL,
    mode TEXT NOT NULL,
    properties TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    device TEXT NOT NULL,
    CONSTRAINT pk_link_step PRIMARY KEY (batch, after, key)
);

CREATE INDEX ix_link_step_key ON link_step (key);

CREATE TABLE principal (
    id BIGSERIAL NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    mail TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    merged_home BOOLEAN NOT NULL,
    default_book TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_principal PRIMARY KEY (id),
    CONSTRAINT uq_principal_kind_name UNIQUE (kind, name)
);

CREATE TABLE setting (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_setting PRIMARY KEY (name)
);

CREATE TABLE book_grant (
    id BIGSERIAL NOT NULL,
    addressbook_id BIGINT NOT NULL,
    grantee TEXT NOT NULL,
    access SMALLINT NOT NULL,
    hide TEXT NOT NULL,
    networks TEXT NOT NULL,
    given_by TEXT NOT NULL,
    delegated BOOLEAN NOT NULL,
    CONSTRAINT pk_book_grant PRIMARY KEY (id),
    CONSTRAINT uq_book_grant_addressbook_id_grantee_delegated UNIQUE (addressbook_id, grantee, delegated),
    CONSTRAINT fk_book_grant_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE TABLE book_property (
    login TEXT NOT NULL,
    addressbook_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_book_property PRIMARY KEY (login, addressbook_id, name),
    CONSTRAINT fk_book_property_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id) ON DELETE CASCADE
);

CREATE TABLE card_version (
    id BIGSERIAL NOT NULL,
    addressbook_id BIGINT NOT NULL,
    href TEXT COLLATE "C" NOT NULL,
    key TEXT NOT NULL,
    revision BIGINT NOT NULL,
    operation TEXT NOT NULL,
    body BYTEA,
    etag TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    protocol TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    device TEXT NOT NULL,
    batch BIGINT,
    CONSTRAINT pk_card_version PRIMARY KEY (id),
    CONSTRAINT fk_card_version_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE INDEX ix_card_version_addressbook_id_at ON card_version (addressbook_id, at);

CREATE INDEX ix_card_version_addressbook_id_href_revision ON card_version (addressbook_id, href, revision);

CREATE INDEX ix_card_version_batch ON card_version (batch) WHERE batch IS NOT NULL;

CREATE INDEX ix_card_version_key_id ON card_version (key, id);

CREATE INDEX ix_card_version_loss ON card_version (addressbook_id, at, actor, device, protocol) WHERE body IS NULL OR operation = 'blank';

CREATE TABLE change (
    addressbook_id BIGINT NOT NULL,
    href TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    vanished BOOLEAN NOT NULL,
    CONSTRAINT pk_change PRIMARY KEY (addressbook_id, href),
    CONSTRAINT fk_change_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE INDEX ix_change_addressbook_id_revision_href_vanished ON change (addressbook_id, revision, href, vanished);

CREATE TABLE forwarding (
    addressbook_id BIGINT NOT NULL,
    href TEXT COLLATE "C" NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    key TEXT NOT NULL,
    survivor TEXT NOT NULL,
    revision BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    linked BOOLEAN NOT NULL,
    lifted BOOLEAN NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_forwarding PRIMARY KEY (addressbook_id, href),
    CONSTRAINT uq_forwarding_key UNIQUE (key),
    CONSTRAINT fk_forwarding_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE INDEX ix_forwarding_addressbook_id_uid ON forwarding (addressbook_id, uid);

CREATE INDEX ix_forwarding_survivor ON forwarding (survivor);

CREATE TABLE incarnation (
    addressbook_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_incarnation PRIMARY KEY (addressbook_id, name),
    CONSTRAINT fk_incarnation_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE TABLE linked_card (
    key TEXT NOT NULL,
    link_id BIGINT NOT NULL,
    CONSTRAINT pk_linked_card PRIMARY KEY (key),
    CONSTRAINT fk_linked_card_link_id FOREIGN KEY(link_id) REFERENCES link (id) ON DELETE CASCADE
);

CREATE INDEX ix_linked_card_link_id ON linked_card (link_id);

CREATE TABLE membership (
    group_id BIGINT NOT NULL,
    member TEXT NOT NULL,
    CONSTRAINT pk_membership PRIMARY KEY (group_id, member),
    CONSTRAINT fk_membership_group_id FOREIGN KEY(group_id) REFERENCES principal (id) ON DELETE CASCADE
);

CREATE TABLE quality (
    addressbook_id BIGINT NOT NULL,
    day TEXT NOT NULL,
    rule TEXT NOT NULL,
    cards INTEGER NOT NULL,
    CONSTRAINT pk_quality PRIMARY KEY (addressbook_id, day, rule),
    CONSTRAINT fk_quality_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE TABLE sighting (
    addressbook_id BIGINT NOT NULL,
    login TEXT NOT NULL,
    device TEXT NOT NULL,
    agent TEXT NOT NULL,
    revision BIGINT NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_sighting PRIMARY KEY (addressbook_id, login, device, agent),
    CONSTRAINT fk_sighting_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE TABLE stopped_client (
    id BIGSERIAL NOT NULL,
    addressbook_id BIGINT NOT NULL,
    login TEXT NOT NULL,
    device TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT NOT NULL,
    released TIMESTAMP WITH TIME ZONE,
    released_by TEXT NOT NULL,
    CONSTRAINT pk_stopped_client PRIMARY KEY (id),
    CONSTRAINT fk_stopped_client_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id)
);

CREATE UNIQUE INDEX uq_stopped_client_addressbook_id_login_device ON stopped_client (addressbook_id, login, device) WHERE released IS NULL;

CREATE TABLE card (
    id BIGSERIAL NOT NULL,
    addressbook_id BIGINT NOT NULL,
    href TEXT COLLATE "C" NOT NULL,
    key TEXT NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    revision BIGINT NOT NULL,
    sort_name TEXT COLLATE "C" NOT NULL,
    created TIMESTAMP WITH TIME ZONE NOT NULL,
    modified TIMESTAMP WITH TIME ZONE NOT NULL,
    version_id BIGINT NOT NULL,
    link_id BIGINT,
    CONSTRAINT pk_card PRIMARY KEY (id),
    CONSTRAINT uq_card_addressbook_id_href UNIQUE (addressbook_id, href),
    CONSTRAINT fk_card_addressbook_id FOREIGN KEY(addressbook_id) REFERENCES addressbook (id),
    CONSTRAINT uq_card_key UNIQUE (key),
    CONSTRAINT fk_card_version_id FOREIGN KEY(version_id) REFERENCES card_version (id)
);

CREATE INDEX ix_card_addressbook_id_sort_name_key ON card (addressbook_id, sort_name, key);

CREATE INDEX ix_card_addressbook_id_uid ON card (addressbook_id, uid);

CREATE INDEX ix_card_link_id ON card (link_id) WHERE link_id IS NOT NULL;

CREATE INDEX ix_card_listing ON card (addressbook_id, href, etag, size, modified, uid, key);

CREATE INDEX ix_card_version_id ON card (version_id);

CREATE TABLE link_offer (
    target TEXT NOT NULL,
    source TEXT NOT NULL,
    before_id BIGINT NOT NULL,
    after_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_link_offer PRIMARY KEY (target, source),
    CONSTRAINT fk_link_offer_before_id FOREIGN KEY(before_id) REFERENCES card_version (id) ON DELETE CASCADE,
    CONSTRAINT fk_link_offer_after_id FOREIGN KEY(after_id) REFERENCES card_version (id) ON DELETE CASCADE
);

CREATE INDEX ix_link_offer_after_id ON link_offer (after_id);

CREATE INDEX ix_link_offer_before_id ON link_offer (before_id);

CREATE INDEX ix_link_offer_source ON link_offer (source);

CREATE TABLE card_beginning (
    addressbook_id BIGINT NOT NULL,
    head TEXT COLLATE "C" NOT NULL,
    place BIGINT NOT NULL,
    card_id BIGINT NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    fields INTEGER NOT NULL,
    CONSTRAINT pk_card_beginning PRIMARY KEY (addressbook_id, head, place, card_id, value)
);

CREATE TABLE card_entry (
    card_id BIGINT NOT NULL,
    attributes BYTEA NOT NULL,
    CONSTRAINT pk_card_entry PRIMARY KEY (card_id),
    CONSTRAINT fk_card_entry_card_id FOREIGN KEY(card_id) REFERENCES card (id) ON DELETE CASCADE
);

CREATE TABLE card_value (
    card_id BIGINT NOT NULL,
    field TEXT NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    ordered BOOLEAN NOT NULL,
    CONSTRAINT pk_card_value PRIMARY KEY (card_id, field, value)
);

CREATE INDEX ix_card_value_ordered ON card_value (field, value, card_id, ordered);

CREATE TABLE joined_card (
    card_id BIGINT NOT NULL,
    etag TEXT NOT NULL,
    skipped BOOLEAN NOT NULL,
    CONSTRAINT pk_joined_card PRIMARY KEY (card_id, etag),
    CONSTRAINT fk_joined_card_card_id FOREIGN KEY(card_id) REFERENCES card (id) ON DELETE CASCADE
);

CREATE INDEX ix_joined_card_etag ON joined_card (etag);

CREATE TABLE quarantine (
    card_id BIGINT NOT NULL,
    CONSTRAINT pk_quarantine PRIMARY KEY (card_id),
    CONSTRAINT fk_quarantine_card_id FOREIGN KEY(card_id) REFERENCES card (id) ON DELETE CASCADE
);

CREATE TABLE source_card (
    card_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    said BYTEA NOT NULL,
    etag TEXT NOT NULL,
    CONSTRAINT pk_source_card PRIMARY KEY (card_id),
    CONSTRAINT fk_source_card_card_id FOREIGN KEY(card_id) REFERENCES card (id) ON DELETE CASCADE
);

CREATE INDEX ix_source_card_source ON source_card (source);

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX ix_card_value_trigram ON card_value USING gin (value gin_trgm_ops);

CREATE OR REPLACE FUNCTION keep_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'UPDATE' THEN IF (new.erased AND NOT old.erased AND new.card = '' AND new.detail = '' AND new.salt = '' AND new.id = old.id AND new.at = old.at AND new.action = old.action AND new.outcome = old.outcome AND new.actor = old.actor AND new.book = old.book AND new.protocol = old.protocol AND new.address = old.address AND new.agent = old.agent AND new.device = old.device AND new.content_digest = old.content_digest AND new.digest = old.digest) THEN RETURN new; END IF; END IF; RAISE EXCEPTION 'the audit trail is only added to'; END $$;

CREATE TRIGGER audit_event_kept BEFORE DELETE OR UPDATE ON audit_event FOR EACH ROW EXECUTE FUNCTION keep_audit_event();

CREATE TRIGGER audit_event_not_truncated BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_event();
