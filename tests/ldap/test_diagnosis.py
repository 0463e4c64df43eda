"""Why a client finds nothing: each mistake that phones are known to make, and what it is called."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.codec.messages import Message, SearchRequest
from dirserver.ldap.diagnosis.reasons import Cause, diagnose, family_of
from dirserver.ldap.diagnosis.recent import Heard, Recent, from_json
from dirserver.ldap.diagnosis.recent import as_json as spelled
from dirserver.ldap.diagnosis.replaying import Tally, replay
from dirserver.ldap.session import Context, LDAPSession
from tests.ldap import wire
from tests.ldap.client import SessionClient
from tests.organisation import PASSWORD

SUFFIX = "dc=example,dc=org"
CUSTOMERS = f"ou=customers,{SUFFIX}"
ANYWHERE = f"search base={SUFFIX}"
_ADDRESSES = (f"198.19.0.{number % 250 + 1}" for number in count())


class Phone(SessionClient):
    """A phone, and what is remembered of it."""

    def __init__(self, context: Context, login: str, **settings: object) -> None:
        changed = replace(context, settings=replace(context.settings, **settings))  # type: ignore[arg-type]  # any of them
        super().__init__(LDAPSession(lambda: changed, next(_ADDRESSES)))
        self.context = changed
        self.recent = Recent()
        if login:
            assert self.say([f'bind dn={login} password="{PASSWORD}"']) == ["BindResponse success"]

    def exchange(self, message: bytes) -> bytes:
        """Have the session answer, and remember how."""
        data = super().exchange(message)
        self.recent.answered(self.session)
        return data

    @property
    def last(self) -> tuple[Heard, SearchRequest | None]:
        """The last request, as it comes to another process."""
        heard = from_json(spelled(self.recent.of(self.session.client.address)))[-1]
        message = decode_message(heard.octets) if heard.octets else Message(1, _NONE)
        return heard, message.op if isinstance(message.op, SearchRequest) else None

    def cause(self) -> Cause:
        """Why the last request went as it did."""
        heard, request = self.last
        return diagnose(heard, request, self.tally())

    def tally(self) -> Tally | None:
        """What the last search finds when it is run again."""
        heard, request = self.last
        if request is None:
            return None
        return replay(request, heard, self.context.directory, self.context.settings)


_NONE = decode_message(wire.message(1, wire.unbind())).op


@pytest.mark.parametrize(
    ("login", "words", "cause"),
    [
        ("bob", "bind dn=bob", Cause.NO_PASSWORD),
        ("", "bind dn=bob password=wrong", Cause.WRONG_PASSWORD),
        ("", "bind dn=cn=phone,dc=pbx password=wrong", Cause.UNKNOWN_LOGIN),
        ("", "bind dn=bob password=x version=2", Cause.VERSION),
        ("", "bind sasl=DIGEST-MD5", Cause.MECHANISM),
        ("bob", "bind dn=", Cause.FOUND),
        ("bob", "search base=dc=example,dc=com filter=(cn=anna*)", Cause.BASE),
        ("bob", "search base=customers filter=(cn=anna*)", Cause.BASE),
        ("bob", f"search base=ou=phonebook,{SUFFIX} filter=(cn=anna*)", Cause.BASE),
        ("bob", f"search base=ou=staff,{SUFFIX} filter=(cn=anna*)", Cause.BASE),
        ("bob", f"search base=uid=gone,{CUSTOMERS} scope=base", Cause.ENTRY_GONE),
        ("bob", f"{ANYWHERE} scope=base filter=(cn=*anna*)", Cause.SCOPE),
        ("bob", f"{ANYWHERE} scope=one filter=(cn=*anna*)", Cause.SCOPE),
        ("bob", f"search base={CUSTOMERS} scope=base filter=(cn=*anna*)", Cause.SCOPE),
        ("bob", f"{ANYWHERE} filter=(&(objectClass=user)(cn=anna*))", Cause.OBJECT_CLASS),
        ("bob", f"{ANYWHERE} filter=(&(objectClass=asteriskPhone)(cn=an*))", Cause.OBJECT_CLASS),
        ("bob", f"{ANYWHERE} filter=(&(objectclass=person)(cn=anna*))", Cause.FOUND),
        ("bob", f"{ANYWHERE} filter=(|(cn=%)(sn=%))", Cause.PLACEHOLDER),
        ("bob", f"{ANYWHERE} filter=(cn=%s)", Cause.PLACEHOLDER),
        ("bob", f"{ANYWHERE} filter=(sn=$VALUE*)", Cause.PLACEHOLDER),
        ("bob", f"{ANYWHERE} filter=(|(cn=#)(mobile=#))", Cause.PLACEHOLDER),
        ("bob", f"{ANYWHERE} filter=(CallerIDName=anna*)", Cause.ATTRIBUTE),
        ("bob", f"{ANYWHERE} filter=(&(objectCategory=person)(cn=an*))", Cause.UNKNOWN_PART),
        (
            "bob",
            f"{ANYWHERE} filter=(&(objectClass=user)(!(userAccountControl=2))(|(cn=an*)(sn=an*)))",
            Cause.UNKNOWN_PART,
        ),
        ("bob", f"{ANYWHERE} filter=(&(sn=beisp*)(number=*))", Cause.UNKNOWN_PART),
        ("bob", f"{ANYWHERE} filter=(&(objectCategory=person)(cn=Nobody*))", Cause.NOBODY),
        ("bob", f'{ANYWHERE} filter="(cn=0171 5550017*)"', Cause.NUMBER_AS_NAME),
        ("bob", f"{ANYWHERE} filter=(mobile=+49305550017)", Cause.NOBODY),
        ("bob", f"{ANYWHERE} filter=(|(cn=+49305550017)(sn=+49305550017))", Cause.NUMBER_AS_NAME),
        ("bob", f"{ANYWHERE} filter=(|(cn=99999999*)(sn=99999999*))", Cause.NOBODY),
        ("bob", f"{ANYWHERE} filter=(|(cn=beisp)(o=beisp))", Cause.NO_WILDCARD),
        ("bob", f"{ANYWHERE} filter=(telephoneNumber=55500)", Cause.NO_WILDCARD),
        ("bob", f"{ANYWHERE} filter=(telephoneNumber=foo*)", Cause.NO_DIGITS),
        ("bob", f"{ANYWHERE} filter=(telePhoneNumber=00493055500*)", Cause.FOUND),
        ("bob", f"{ANYWHERE} filter=(cn=Nobody*)", Cause.NOBODY),
        ("bob", f"{ANYWHERE} filter=(mobile=0800123456)", Cause.NOBODY),
        ("bob", f"search base=ou=secret,{SUFFIX} filter=(cn=*)", Cause.NO_GRANT),
        ("bob", f"{ANYWHERE} filter=(mobile=01715550081)", Cause.NO_GRANT),
        ("erin", f"{ANYWHERE} filter=(cn=anna*)", Cause.NO_GRANT),
        ("", f"{ANYWHERE} filter=(cn=anna*)", Cause.NO_GRANT),
        ("carol", f"{ANYWHERE} filter=(o=kunde*)", Cause.HIDDEN),
        ("bob", f"{ANYWHERE} filter=(description=*quillfeather*)", Cause.HIDDEN),
        ("bob", f"{ANYWHERE} filter=(cn=*) size_limit=1", Cause.SIZE_LIMIT),
        ("dave", f"{ANYWHERE} filter=(cn=*)", Cause.SIZE_LIMIT),
        ("bob", f"{ANYWHERE} filter=(cn=anna*) attributes=AccountNumber", Cause.ANSWER_ATTRIBUTES),
        ("bob", f"{ANYWHERE} filter=(cn=anna*) attributes=cn,other", Cause.FOUND),
        ("bob", f"{ANYWHERE} filter=(cn=anna*) control=!1.2.3", Cause.CONTROL),
        ("bob", f"delete dn={CUSTOMERS}", Cause.WRITE),
        ("bob", "search scope=base", Cause.FOUND),
    ],
)
def test_each_mistake_has_its_name(context: Context, login: str, words: str, cause: Cause) -> None:
    phone = Phone(context, login)
    phone.say([words])
    assert phone.cause() is cause


def test_a_search_without_a_name_where_none_is_taken(context: Context) -> None:
    phone = Phone(context, "", anonymous=False)
    phone.say([f"{ANYWHERE} filter=(cn=anna*)"])
    assert phone.cause() is Cause.NO_BIND


def test_a_password_without_tls_where_none_is_taken(context: Context) -> None:
    phone = Phone(context, "", plaintext_bind=lambda _address: False)
    phone.say(["bind dn=bob password=x"])
    assert phone.cause() is Cause.PLAINTEXT_BIND


def test_somebody_who_guesses_is_told_apart_from_somebody_who_mistypes(context: Context) -> None:
    phone = Phone(context, "")
    for _ in range(6):
        phone.say(["bind dn=bob password=wrong"])
    assert phone.cause() is Cause.BLOCKED


def test_a_request_that_makes_no_sense_is_called_that(context: Context) -> None:
    phone = Phone(context, "bob")
    phone.exchange(wire.message(7, wire.search(SUFFIX, scope=9)))
    assert phone.cause() is Cause.MALFORMED


@pytest.mark.parametrize(
    ("reason", "secure", "cause"),
    [
        ("TLS was begun without StartTLS", False, Cause.TLS_ON_PLAIN_PORT),
        ("what came does not begin like a message", False, Cause.NOT_LDAP),
        ("[('SSL routines', '', 'wrong version number')]", True, Cause.PLAIN_ON_TLS_PORT),
        ("[('SSL routines', '', 'packet length too long')]", True, Cause.PLAIN_ON_TLS_PORT),
        ("[('SSL routines', '', 'http request')]", True, Cause.PLAIN_ON_TLS_PORT),
        ("[('SSL routines', '', 'tlsv1 alert unknown ca')]", True, Cause.TLS_REFUSED),
        ("[('SSL routines', '', 'sslv3 alert bad certificate')]", True, Cause.TLS_REFUSED),
        ("[('SSL routines', '', 'unsupported protocol')]", True, Cause.TLS_TOO_OLD),
        ("[('SSL routines', '', 'no shared cipher')]", True, Cause.TLS_TOO_OLD),
        ("Connection was closed cleanly.", False, Cause.NOTHING_ASKED),
    ],
)
def test_a_connection_without_a_request_has_a_cause(
    reason: str, secure: bool, cause: Cause
) -> None:
    heard = Heard(0.0, "10.20.0.31", secure, "connection", reason=reason)
    assert diagnose(heard, None, None) is cause


@pytest.mark.parametrize(("login", "after"), [("alice", 10), ("bob", 9), ("erin", 2)])
def test_what_is_found_is_counted_before_grants_and_after_them(
    context: Context, login: str, after: int
) -> None:
    phone = Phone(context, login)
    phone.say([f"{ANYWHERE} filter=(cn=*)"])
    tally = phone.tally()
    assert tally is not None
    assert (tally.before, tally.after) == (10, after)


def test_the_root_dse_is_no_card(context: Context) -> None:
    phone = Phone(context, "bob")
    phone.say(['search base="" scope=base'])
    tally = phone.tally()
    assert tally is not None
    assert (tally.before, tally.after, phone.cause()) == (0, 0, Cause.FOUND)


@pytest.mark.parametrize(
    ("words", "family"),
    [
        ("bind sasl=DIGEST-MD5", "avaya"),
        (f"{ANYWHERE} filter=(|(telephoneNumber=1)(mobile=1)(other=1))", "fanvil"),
        (f"{ANYWHERE} filter=(&(sn=a*)(number=*))", "mitel"),
        (f"{ANYWHERE} filter=(|(cn=a)(sn=a))", ""),
        (
            f"{ANYWHERE} filter=(&(objectclass=person)(sn=a*)) attributes=sn,telephoneNumber",
            "poly",
        ),
    ],
)
def test_some_phones_are_known_by_how_they_ask(context: Context, words: str, family: str) -> None:
    phone = Phone(context, "bob")
    phone.say([words])
    assert family_of(*phone.last) == family
