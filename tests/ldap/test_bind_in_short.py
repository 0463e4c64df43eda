"""A bind that is remembered is answered in short, as it is the long way."""

from __future__ import annotations

from itertools import count

import pytest

from dirserver.errors import NotAtOnce
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.session import Context, LDAPSession
from tests.ldap import wire
from tests.ldap.client import encode
from tests.organisation import PASSWORD

_addresses = (f"198.18.205.{number}" for number in count(1))
REMEMBERED = f'bind dn=alice password="{PASSWORD}"'


def long(session: LDAPSession, asked: bytes) -> bytes:
    return b"".join(one for one in session.answer(decode_message(asked)) if isinstance(one, bytes))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (REMEMBERED, "success"),
        ('bind dn="" password=""', "success"),
        ('bind dn=alice password=""', "unwillingToPerform"),
        (f'bind dn="" password="{PASSWORD}"', "invalidCredentials"),
    ],
)
def test_it_says_the_same(context: Context, said: str, code: str) -> None:
    address = next(_addresses)
    # Somebody has been here with this password.
    long(LDAPSession(lambda: context, address), encode(REMEMBERED, 1))
    sessions = [LDAPSession(lambda: context, address) for _ in range(2)]
    for session in sessions:
        long(session, encode(REMEMBERED, 1))
    message = encode(said, 7)
    whole, short = long(sessions[0], message), sessions[1].short(decode_message(message))
    assert short == whole
    assert [one.code for one in wire.responses(whole)] == [code]
    first, second = (session.answered for session in sessions)
    assert (first.code, first.refusal, first.operation) == (
        second.code, second.refusal, second.operation,
    )  # fmt: skip
    # Whatever becomes of it, the bind before it has ended.
    assert sessions[0].principal == sessions[1].principal
    assert sessions[1].principal.is_anonymous is (said != REMEMBERED)


def test_a_password_that_has_to_be_looked_at_takes_a_thread(context: Context) -> None:
    session = LDAPSession(lambda: context, next(_addresses))
    long(session, encode(REMEMBERED, 1))
    message = decode_message(encode('bind dn=alice password="wrong"', 2))
    with pytest.raises(NotAtOnce):
        session.short(message)
    # Until then nobody is who they were.
    assert session.principal.is_anonymous


def test_one_with_controls_goes_the_long_way(context: Context) -> None:
    session = LDAPSession(lambda: context, next(_addresses))
    control = wire.control("1.2.3.4", critical=True)
    message = wire.message(3, wire.bind("alice", PASSWORD), controls=[control])
    assert session.short(decode_message(message)) is None
