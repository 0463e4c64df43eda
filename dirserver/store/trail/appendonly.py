"""What keeps the audit trail as it is, in the engines themselves.

Events are added, and no statement of anybody's takes one away or changes it. The exception is
an erasure: an event then no longer says which card it was about, nor anything beyond, and all
else about it stays. Each engine spells that in its own way.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END"
# Who did what to which book, when, from where and how it went.
_STAYS = "id at action outcome actor book protocol address agent device content_digest digest"
_GOES = "card detail salt"

SQLITE = (
    f"CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event {_REFUSE}",
    "CREATE TRIGGER audit_event_unchanged BEFORE UPDATE ON audit_event WHEN NOT "
    "(new.erased AND NOT old.erased"
    + "".join(f" AND new.{name} = ''" for name in _GOES.split())
    + "".join(f" AND new.{name} IS old.{name}" for name in _STAYS.split())
    + f") {_REFUSE}",
    # INSERT OR REPLACE deletes without firing the trigger for that.
    "CREATE TRIGGER audit_event_unreplaced BEFORE INSERT ON audit_event "
    "WHEN EXISTS (SELECT 1 FROM audit_event WHERE id = new.id) "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END",
)
POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION keep_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'UPDATE' THEN IF (new.erased AND NOT old.erased"
    + "".join(f" AND new.{name} = ''" for name in _GOES.split())
    + "".join(f" AND new.{name} = old.{name}" for name in _STAYS.split())
    + ") THEN RETURN new; END IF; END IF; "
    "RAISE EXCEPTION 'the audit trail is only added to'; END $$",
    "CREATE TRIGGER audit_event_kept BEFORE DELETE OR UPDATE ON audit_event "
    "FOR EACH ROW EXECUTE FUNCTION keep_audit_event()",
    "CREATE TRIGGER audit_event_not_truncated BEFORE TRUNCATE ON audit_event "
    "FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_event()",
)


def create(connection: Connection) -> None:
    """Create the triggers for the engine that ``connection`` leads to."""
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.execute(text(statement))
