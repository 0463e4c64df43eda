"""What is answered in the reactor's thread: the same as elsewhere, and nothing that takes long."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dirserver.assembly import Services
from dirserver.errors import NotAtOnce
from dirserver.ldap.answering import Answer, begin
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.entry.kept import KeptEntries
from dirserver.ldap.going import Going
from dirserver.ldap.session import Context, LDAPSession
from dirserver.ldap.settings import Size
from dirserver.model.principal import Client
from tests.ldap import wire
from tests.ldap.asking import paged
from tests.ldap.client import encode
from tests.organisation import PASSWORD, open_organisation, write_config

SUFFIX = "dc=example,dc=org"
BIND = f'bind dn=alice password="{PASSWORD}"'
SLOW = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
    "SELECT count(*) FROM n"
)


def session(context: Context, address: str = "198.18.200.1") -> LDAPSession:
    found = LDAPSession(lambda: context, address)
    assert list(found.answer(decode_message(encode(BIND, 1))))
    return found


attributes = st.sampled_from(
    ["cn", "sn", "givenName", "o", "mail", "telephoneNumber", "mobile", "l", "unknown"]
)
pieces = st.sampled_from(
    [
        "a",
        "an",
        "anna",
        "ei",
        "m\u00fcl",
        "mueller",
        "zo\u00eb",
        "5646",
        "030",
        "1234567",
        "@",
        "\u738b",
    ]
)
tests = st.builds(
    lambda attribute, form, piece: f"({attribute}{form.format(piece)})",
    attributes,
    st.sampled_from(["={}", "={}*", "=*{}*", "=*{}", "=*{0}*{0}*", ">={}", "~={}", "=*"]),
    pieces,
)
filters = st.recursive(
    tests | st.sampled_from(["(objectClass=person)", "(objectClass=groupOfNames)"]),
    lambda parts: (
        st.builds(lambda part: f"(!{part})", parts)
        | st.builds(
            lambda how, some: f"({how}{''.join(some)})",
            st.sampled_from("&|"),
            st.lists(parts, min_size=1, max_size=4),
        )
    ),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None)
@given(filters, st.integers(0, 4))
@example("(|(telephoneNumber=030 1234567)(mobile=030 1234567))", 0)
@example("(|(cn=a*)(sn=a*)(givenName=a*))", 1)
@example("(&(objectClass=person)(!(unknown=x)))", 0)
@example("(objectClass=*)", 2)
def test_a_search_finds_the_same_at_once(context: Context, asked: str, limit: int) -> None:
    one = session(context)
    operation = wire.search(SUFFIX, asked, attributes=["cn", "mail"], size_limit=limit)
    request = decode_message(wire.message(2, operation))
    waited = list(one.answer(request))
    try:
        at_once = list(one.answer(request, at_once=True))
    except NotAtOnce:
        # A machine that does other things as well may take long over anything.
        reject()
    assert at_once == waited


def test_a_login_is_at_once_when_it_is_remembered_and_else_is_not_looked_at(
    context: Context,
) -> None:
    one = LDAPSession(lambda: context, "198.18.200.2")
    with pytest.raises(NotAtOnce):
        list(one.answer(decode_message(encode(BIND, 1)), at_once=True))
    waited = list(one.answer(decode_message(encode(BIND, 1))))
    assert list(one.answer(decode_message(encode(BIND, 1)), at_once=True)) == waited
    wrong = encode('bind dn=alice password="wrong horse"', 2)
    with pytest.raises(NotAtOnce):
        list(one.answer(decode_message(wrong), at_once=True))
    assert one.principal.is_anonymous


def test_what_takes_long_is_broken_off_and_goes_on_elsewhere(organisation: Services) -> None:
    with pytest.raises(NotAtOnce), organisation.store.reading(at_once=True) as connection:
        connection.execute(text(SLOW)).scalar()
    # The same connection, which stood by.
    with organisation.store.reading() as connection:
        assert connection.execute(text(SLOW)).scalar() == 1_000_000


@pytest.mark.parametrize("batch", [1, 700_000])
def test_an_answer_that_is_broken_off_goes_on_behind_what_was_sent(
    context: Context, crowded: Services, batch: int
) -> None:
    crowd = replace(context, directory=crowded.directory, authenticator=crowded.authenticator)
    one = session(crowd, "198.18.200.4")
    request = decode_message(wire.message(2, wire.search(f"ou=customers,{SUFFIX}")))
    whole = b"".join(part for part in one.answer(request) if isinstance(part, bytes))
    sent: list[bytes] = []
    # It is not the size that ends it, but the time.
    answer = begin(one, request, Size(batch, len(whole)), sent.append)
    assert isinstance(answer, Answer)
    assert answer.ready is None
    at_once = sum(map(len, sent))
    assert 0 < at_once < len(whole)
    ended = False
    while not ended:
        data, _, ended = answer.next_batch(batch)
        sent.append(data)
    assert b"".join(sent) == whole


@pytest.mark.parametrize(("most", "is_all"), [(2_000_000, True), (300_000, False), (1, False)])
def test_of_a_page_is_sent_at_once_what_may_be(
    context: Context, crowded: Services, most: int, is_all: bool
) -> None:
    crowd = replace(context, directory=crowded.directory, authenticator=crowded.authenticator)
    one = session(crowd, "198.18.200.5")
    operation = wire.search(f"ou=customers,{SUFFIX}")
    request = decode_message(wire.message(2, operation, [paged(500)]))
    whole = b"".join(part for part in one.answer(request) if isinstance(part, bytes))
    sent: list[bytes] = []
    answer = begin(one, request, Size(1, most), sent.append)
    assert isinstance(answer, Answer)
    assert answer.ready is not None
    assert answer.ready.ended is is_all
    assert sum(map(len, sent)) < most
    data, _, ended = answer.next_batch(1)
    while not ended:
        rest, _, ended = answer.next_batch(1)
        data += rest
    assert b"".join(sent) + data == whole


def test_nothing_is_at_once_where_the_audit_trail_is_told_first(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    path.write_text(path.read_text() + '\n[audit]\nreads = "full"\n')
    services = open_organisation(path)
    alice, client = services.directory.policy().users["alice"], Client("ldap", "198.18.200.3")
    with pytest.raises(NotAtOnce), services.directory.reading(alice, client, at_once=True):
        pass
    services.close()


def test_a_step_does_not_run_within_a_step_and_others_have_their_turn() -> None:
    depth, deepest, steps = 0, 0, 0
    later: list[object] = []

    class Call:
        def active(self) -> bool:
            return True

        def cancel(self) -> None:
            later.pop()

    def step() -> None:
        nonlocal depth, deepest, steps
        depth, steps = depth + 1, steps + 1
        deepest = max(deepest, depth)
        going()
        depth -= 1

    def call_later(_seconds: float, call: object) -> Call:
        later.append(call)
        return Call()

    going = Going(step, call_later)
    going()
    assert deepest == 1
    assert steps > 1
    assert later == [going]
    going.stop()
    assert later == []


def test_no_more_is_kept_than_there_is_room_for() -> None:
    kept = KeptEntries(1000)
    look, other = object(), object()
    asked = [(look, (1, "key", revision)) for revision in range(10)]
    for one in asked:
        kept.put([(one, b"a" * 100)])
    assert [at for at, one in enumerate(kept.get(asked)) if one is not None] == [8, 9]
    assert kept.get([(other, (1, "key", 9)), (look, (2, "key", 9))]) == [None, None]
