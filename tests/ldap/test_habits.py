"""What is answered in short, since telephones ask it all day long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from dirserver.assembly import Services
from dirserver.errors import NotAtOnce
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.search import habits
from dirserver.ldap.session import Context, LDAPSession
from dirserver.model.identical import Followed
from tests.directory.acts import reconfigure
from tests.ldap import people, wire
from tests.ldap.client import encode
from tests.ldap.test_phones_families import FAMILIES, Family
from tests.organisation import PASSWORD

SUFFIX = "dc=example,dc=org"
Short = Callable[..., list[wire.Response] | None]
_addresses = (f"198.18.201.{number}" for number in count(1))
_ids = count(2)


def bound(context: Context, login: str) -> LDAPSession:
    session = LDAPSession(lambda: context, next(_addresses))
    assert list(session.answer(decode_message(encode(f'bind dn={login} password="{PASSWORD}"', 1))))
    return session


def short(
    session: LDAPSession,
    text: str,
    *,
    limit: int = 50,
    base: str = SUFFIX,
    attributes: tuple[str, ...] = ("cn",),
    scope: str = "sub",
) -> list[wire.Response] | None:
    """Return the short answer to a search, if there is one."""
    operation = wire.search(base, text, size_limit=limit, attributes=attributes, scope=scope)
    answer = session.short(decode_message(wire.message(next(_ids), operation)))
    return None if answer is None else wire.responses(answer)


def names(found: list[wire.Response] | None) -> list[str]:
    assert found is not None
    return [dict(one.attributes)["cn"][0].decode() for one in found[:-1]]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_what_a_phone_asks_has_a_short_answer(context: Context, family: Family) -> None:
    session = bound(context, "alice")
    for text, typed in (
        (family.name_filter, family.typed),
        (family.number_filter, family.numbers[0]),
    ):
        asked = text.replace("%", typed)
        attributes = tuple(family.attributes.split(","))
        found = short(session, asked, limit=family.limit, attributes=attributes)
        assert found is not None
        assert len(found) == 2


@pytest.mark.parametrize(
    "text",
    [
        "(|(cn=*anna*)(mail=*anna*)(givenName=*anna*)(sn=*anna*))",
        "(&(objectClass=person)(|(cn=anna*)(mail=anna*)(givenName=anna*)(sn=anna*)))",
        "(&(mail=*)(|(mail=anna*)(|(cn=anna*)(|(sn=anna*)(givenName=anna*)))))",
    ],
)
def test_so_has_what_a_mail_program_asks_which_names_no_attributes(
    context: Context, text: str
) -> None:
    found = short(bound(context, "alice"), text, limit=100, attributes=())
    assert found is not None
    assert [len(found), *names(found)] == [2, "Anna Beispiel"]


@pytest.mark.parametrize(
    "asked",
    [
        # A book or a person among the users, and what depends on where a card is.
        {"text": "(objectClass=*)"},
        {"text": f"(entryDN=uid=x,ou=customers,{SUFFIX})"},
        {"text": f"(member=uid=x,ou=customers,{SUFFIX})"},
        {"text": "(ou:dn:=customers)"},
        {"text": "(cn=alice*)", "base": f"ou=users,{SUFFIX}"},
        {"text": "(cn=a*)", "base": f"uid=nobody,ou=customers,{SUFFIX}"},
        {"text": "(cn=a*)", "base": f"ou=nowhere,{SUFFIX}"},
        # Numbers are shown as they were asked for.
        {"text": "(telephoneNumber=030 5550017)", "attributes": ()},
    ],
)
def test_what_else_is_asked_has_none(context: Context, asked: dict[str, str]) -> None:
    assert short(bound(context, "alice"), **asked) is None  # type: ignore[arg-type]  # any of them


def test_a_habit_of_one_is_not_that_of_another(context: Context) -> None:
    everybody = names(short(bound(context, "alice"), "(sn=*e*)"))
    assert len(everybody) > 3
    # carol sees no secrets, and erin none of the customers.
    for login in ("carol", "erin", "alice"):
        session = bound(context, login)
        found = names(short(session, "(sn=*e*)"))
        assert found == [one for one in everybody if one in found]
        assert (found == everybody) is (login == "alice")
    assert short(bound(context, "carol"), "(o=Kunde*)") is not None
    assert names(short(bound(context, "carol"), "(o=Kunde*)")) == []
    assert names(short(bound(context, "alice"), "(o=Kunde*)")) == ["Anna Beispiel"]


def test_who_may_only_look_people_up_is_shown_no_more_than_that(context: Context) -> None:
    few = replace(context, settings=replace(context.settings, max_hits=2))
    found = short(bound(few, "dave"), "(cn=*e*)", base=f"ou=customers,{SUFFIX}")
    assert found is not None
    assert (len(found), found[-1].code) == (3, ResultCode.SIZE_LIMIT_EXCEEDED.rfc_name)
    # He may read the staff as well.
    assert short(bound(few, "dave"), "(cn=*e*)") is None


def test_a_habit_ends_with_the_rights(services: Services, context: Context) -> None:
    people.fill(services)
    face = Context(services.directory, services.authenticator, context.settings)
    session = bound(face, "carol")
    base = f"ou=customers,{SUFFIX}"
    assert len(names(short(session, "(cn=*e*)", base=base))) > 1
    assert names(short(session, "(o=Kunde*)", base=base)) == []
    hiding = ', hide = ["NOTE", "BDAY", "ORG"]'
    reconfigure(services, (f'access = "read"{hiding}', 'access = "read"'))
    with pytest.raises(NotAtOnce):
        # What has changed is to be read first.
        short(session, "(o=Kunde*)", base=base)
    services.directory.policy()
    assert names(short(session, "(o=Kunde*)", base=base)) == ["Anna Beispiel"]
    reconfigure(services, ('  { to = "group:support", access = "read" },\n', ""))
    services.directory.policy()
    assert short(session, "(cn=*e*)", base=base) is None


@pytest.mark.parametrize("limit", [0, 1, 199, 200, 201, 1000])
def test_where_much_is_found_it_depends_on_the_limit(
    context: Context, crowded: Services, limit: int
) -> None:
    crowd = replace(context, directory=crowded.directory, authenticator=crowded.authenticator)
    found = short(bound(crowd, "alice"), "(cn=*)", limit=limit)
    if limit in (1, 199, 200):
        assert found is not None
        assert (len(found), found[-1].code) == (limit + 1, "sizeLimitExceeded")
    else:
        assert found is None


def test_more_habits_than_are_kept_are_answered_all_the_same(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Others have been seen before, in other tests.
    monkeypatch.setattr(habits, "_kept", Followed(lambda _views: {}))
    session = bound(context, "alice")
    asked = [short(session, "(cn=anna*)", attributes=("cn", f"x{number}")) for number in range(99)]
    assert all(names(found) == ["Anna Beispiel"] for found in asked)
    # Of what is asked, the last are kept: a telephone that comes later is not worse off.
    kept = max((kept for _, kept in habits._kept._kept.values()), key=len)
    assert len(kept) == 32
    assert any("x98" in attributes for (*_, attributes, _about), _profile in kept)
