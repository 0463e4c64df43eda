"""Facts about the store itself, by name."""

from __future__ import annotations

import secrets

from sqlalchemy import (
    BigInteger,
    Connection,
    Text,
    bindparam,
    cast,
    delete,
    insert,
    select,
    update,
)

from dirserver.store import turns
from dirserver.store.engine import Store
from dirserver.store.prepared import Prepared
from dirserver.store.tables import setting

POLICY_EPOCH = "policy_epoch"
DERIVATION = "derivation"
BATCH = "batch"
_RULE = "rule "
VIEW_KEY = "view_key"


_VALUE = select(setting.c.value).where(setting.c.name == bindparam("name"))
_EPOCH = Prepared(select(setting.c.value).where(setting.c.name == POLICY_EPOCH))


def get(connection: Connection, name: str) -> str:
    """Return the value of ``name``, or an empty string when it was never set."""
    found = connection.scalar(_VALUE, {"name": name})
    return found or ""


def put(connection: Connection, name: str, value: str) -> None:
    """Set ``name`` to ``value``."""
    connection.execute(delete(setting).where(setting.c.name == name))
    connection.execute(insert(setting).values(name=name, value=value))


def remove(connection: Connection, name: str) -> None:
    """Let ``name`` be as if it had never been set."""
    connection.execute(delete(setting).where(setting.c.name == name))


def rules(connection: Connection) -> dict[str, str]:
    """Return the rules of the config that was applied last, by name."""
    rows = connection.execute(select(setting).where(setting.c.name.startswith(_RULE)))
    return {row.name.removeprefix(_RULE): row.value for row in rows}


def put_rule(connection: Connection, name: str, value: str | None) -> None:
    """Remember a rule, or with None that it is the default again."""
    if value is None:
        remove(connection, _RULE + name)
    else:
        put(connection, _RULE + name, value)


def next_batch(connection: Connection) -> int:
    """Return a number that no import, restore or other act on many cards has had yet."""
    # Two at once would be given the same.
    turns.take(connection, turns.Turn.BATCH)
    batch = int(get(connection, BATCH) or 0) + 1
    put(connection, BATCH, str(batch))
    return batch


def make_view_key(connection: Connection) -> None:
    """See to it that there is a key for what readers are told of cards that they see in part."""
    if not get(connection, VIEW_KEY):
        put(connection, VIEW_KEY, secrets.token_hex(32))


def view_key(connection: Connection) -> bytes:
    """Return that key. It is a secret of this store."""
    return bytes.fromhex(get(connection, VIEW_KEY))


def policy_epoch(connection: Connection) -> int:
    """Return the number that grows with every change to users, groups, books or grants."""
    found = _EPOCH.row(connection)
    return 0 if found is None else int(found[0])


def glance_at_policy_epoch(store: Store) -> int | None:
    """Return what ``policy_epoch`` would, outside of any transaction, or None if it fails."""
    found = store.glance(_EPOCH)
    return None if found is None else int(found[0])


def next_policy_epoch(connection: Connection) -> None:
    """Let every process see that the policy has changed."""
    # The database counts: of two at once, one waits here, and each must be seen.
    counted = cast(cast(setting.c.value, BigInteger) + 1, Text)
    statement = update(setting).where(setting.c.name == POLICY_EPOCH).values(value=counted)
    if not connection.execute(statement).rowcount:
        put(connection, POLICY_EPOCH, "1")
