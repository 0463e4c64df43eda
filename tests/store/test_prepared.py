"""Prepared statements know types and errors as SQLAlchemy does, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from dirserver.assembly import Services
from dirserver.store.prepared import Prepared, among, listed
from dirserver.store.rows import NewRow, insert_into
from dirserver.store.tables import principal, setting, stopped_client

_SET = Prepared(insert_into(setting))
_NEW = NewRow(stopped_client)
_AT = Prepared(
    select(stopped_client.c.id, stopped_client.c.at, stopped_client.c.released).where(
        stopped_client.c.login == bindparam("login")
    )
)
_USERS = Prepared(
    {
        engine: select(principal.c.name, principal.c.active).where(one).order_by(principal.c.name)
        for engine, one in among(principal.c.id, "ids").items()
    }
)
_NAMED = Prepared(
    {
        engine: select(principal.c.name).where(one).order_by(principal.c.name)
        for engine, one in among(principal.c.name, "names").items()
    }
)
_FIRST = Prepared(select(principal.c.name).order_by(principal.c.name).limit(1))


def test_moments_and_ids_come_back_as_they_went_in(each_engine: Services) -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, 123456, timezone(timedelta(hours=2)))
    row = {
        "addressbook_id": 1,
        "login": "alice",
        "device": "",
        "at": at,
        "reason": "",
        "released": None,
        "released_by": "",
    }
    with each_engine.store.writing() as connection:
        number = _NEW.insert(connection, row)
        assert _AT.row(connection, login="alice") == (number, at, None)
        found = _AT.row(connection, login="alice")
        assert found is not None
        assert found[1].tzinfo is UTC
        assert _AT.row(connection, login="nobody") is None


def test_any_number_of_ids_is_one_parameter(each_engine: Services) -> None:
    with each_engine.store.reading() as connection:
        everybody = _USERS.rows(connection, ids=listed(range(10_000)))
        assert ("alice", True) in everybody
        assert _FIRST.row(connection) == everybody[0][:1]
        assert _USERS.rows(connection, ids=listed([])) == []


def test_errors_are_those_of_sqlalchemy_and_tell_no_values(each_engine: Services) -> None:
    with each_engine.store.writing() as connection:
        _SET.each(connection, [{"name": "x", "value": "1"}, {"name": "y", "value": "2"}])
    with pytest.raises(IntegrityError) as raised, each_engine.store.writing() as connection:
        _SET.run(connection, name="x", value="correct horse")
    assert "correct horse" not in str(raised.value)


def test_any_number_of_texts_is_one_parameter(each_engine: Services) -> None:
    """Whatever is in them, they are values and no JSON, and found as they are written."""
    with each_engine.store.reading() as connection:
        asked = ["bob", "Bob", 'alice"', "\\", "\\u0061lice", "%", "[]", "日本語", "alice", "alice"]
        assert list(_NAMED.iterate(connection, names=listed(asked))) == [("alice",), ("bob",)]
        assert list(_NAMED.iterate(connection, names=listed(["1", "null"]))) == []
