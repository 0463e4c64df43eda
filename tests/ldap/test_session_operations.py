"""Everything but bind and search: what is refused, what is compared, what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from dirserver import errors
from dirserver.assembly import Services
from dirserver.directory import DirectoryReader, Reading
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.operations import RESULT_CODES
from dirserver.ldap.session import Context, LDAPSession
from dirserver.model.principal import Client as PrincipalClient
from dirserver.model.principal import Principal
from dirserver.store.trail import audit
from tests.conversation import play
from tests.ldap import wire
from tests.ldap.client import Client, SessionClient

Connect = Callable[..., Client]

_DN = "uid=x,ou=customers,dc=example,dc=org"


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        ("add", "AddResponse"),
        ("modify", "ModifyResponse"),
        ("delete", "DelResponse"),
        ("rename", "ModifyDNResponse"),
    ],
)
@pytest.mark.parametrize("login", ["", "alice"])
def test_every_write_is_refused_with_its_own_response(
    ldap: Connect, login: str, request_: str, response: str
) -> None:
    play(
        ldap(login),
        f"""
        C: {request_} dn={_DN}
        S: {response} unwillingToPerform
             This directory is changed over CardDAV.
        """,
    )


def test_a_refused_write_is_told_of_those_who_have_said_who_they_are(
    ldap: Connect, organisation: Services
) -> None:
    def told() -> list[tuple[str, str, str]]:
        with organisation.store.reading() as connection:
            trail = [one.event for one in audit.read(connection, audit.AuditFilter())]
        refused = [one for one in trail if one.detail == "LDAP is for reading only"]
        return [(one.actor, str(one.action), str(one.outcome)) for one in refused]

    before = len(told())
    ldap().say([f"delete dn={_DN}"])
    client = ldap("alice")
    for request in ("add", "modify", "delete", "rename"):
        client.say([f"{request} dn={_DN}"])
    assert told()[before:] == [
        ("alice", action, "refused")
        for action in ("card:create", "card:update", "card:delete", "card:move")
    ]


def test_a_password_is_not_changed_here(ldap: Connect) -> None:
    # RFC 3062; not announced, but ldappasswd asks without looking.
    play(
        ldap("alice"),
        """
        C: extended oid=1.3.6.1.4.1.4203.1.11.1
        S: ExtendedResponse unwillingToPerform
             Passwords are set in the server's configuration.
        """,
    )


def test_an_unknown_extended_operation_is_a_protocol_error(ldap: Connect) -> None:
    # RFC 4511 section 4.12.
    play(ldap("alice"), "C: extended oid=1.2.3.4.5.6\nS: ExtendedResponse protocolError")


def test_tls_that_is_not_set_up_cannot_be_started(ldap: Connect) -> None:
    # RFC 4511 section 4.14.2: protocolError when TLS is not supported.
    play(
        ldap(starttls=False),
        """
        C: starttls
        S: ExtendedResponse protocolError
             responseName: 1.3.6.1.4.1.1466.20037
        C: search scope=base attributes=supportedExtension
        S: SearchResultEntry
             supportedExtension: 1.3.6.1.4.1.4203.1.11.3
           SearchResultDone success
        """,
    )


def test_tls_cannot_be_started_twice(ldap: Connect) -> None:
    # RFC 4511 section 4.14.2: operationsError when there is TLS already.
    client = ldap()
    play(client, "C: starttls\nS: ExtendedResponse success\n   ...")
    play(client, "C: starttls\nS: ExtendedResponse operationsError\n   ...")
    play(ldap(secure=True), "C: starttls\nS: ExtendedResponse operationsError\n   ...")


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (f"search base={_DN}", "SearchResultDone"),
        (f"compare dn={_DN} attribute=cn value=x", "CompareResponse"),
        (f"add dn={_DN}", "AddResponse"),
        (f"delete dn={_DN}", "DelResponse"),
        ("extended oid=1.2.3", "ExtendedResponse"),
        ("starttls", "ExtendedResponse"),
        ("bind", "BindResponse"),
    ],
)
def test_an_unknown_critical_control_keeps_any_request_from_being_performed(
    ldap: Connect, request_: str, response: str
) -> None:
    # RFC 4511 section 4.1.11.
    play(
        ldap(),
        f"C: {request_} control=!1.2.3.4\nS: {response} unavailableCriticalExtension",
    )


def test_an_unknown_control_that_is_not_critical_is_passed_over(ldap: Connect) -> None:
    play(
        ldap(),
        """
        C: search scope=base attributes=1.1 control=1.2.3.4 control=2.16.840.1.113730.3.4.2
        S: SearchResultEntry
           SearchResultDone success
        """,
    )


def test_manage_dsa_it_may_be_critical_where_it_belongs(ldap: Connect) -> None:
    # RFC 3296 section 3 has it for other requests than bind.
    play(
        ldap(),
        """
        C: search scope=base attributes=1.1 control=!2.16.840.1.113730.3.4.2
        S: SearchResultEntry
           SearchResultDone success
        C: bind control=!2.16.840.1.113730.3.4.2
        S: BindResponse unavailableCriticalExtension
        """,
    )


def test_a_value_can_be_compared(ldap: Connect) -> None:
    client = ldap("alice")
    play(
        client,
        """
        C: search base=ou=customers,dc=example,dc=org filter="(cn=anna*)" attributes=1.1
        S: SearchResultEntry $anna
           SearchResultDone success
        C: compare dn=$anna attribute=cn value="anna BEISPIEL"
        S: CompareResponse compareTrue
        C: compare dn=$anna attribute=surname value="Beispiel"
        S: CompareResponse compareTrue
        C: compare dn=$anna attribute=telephoneNumber value=0305550017
        S: CompareResponse compareTrue
        C: compare dn=$anna attribute=objectClass value=person
        S: CompareResponse compareTrue
        C: compare dn=$anna attribute=cn value="Anna Beispie"
        S: CompareResponse compareFalse
        C: compare dn=$anna attribute=objectClass value=groupOfNames
        S: CompareResponse compareFalse
        C: compare dn=$anna attribute=pager value=1
        S: CompareResponse noSuchAttribute
        C: compare dn=$anna attribute=shoeSize value=1
        S: CompareResponse undefinedAttributeType
        C: compare dn=$anna attribute=cn value=" "
        S: CompareResponse inappropriateMatching
        """,
    )


def test_other_entries_can_be_compared_too(ldap: Connect) -> None:
    client = ldap("alice")
    play(
        client,
        """
        C: compare dn=dc=example,dc=org attribute=dc value=EXAMPLE
        S: CompareResponse compareTrue
        C: compare dn=ou=customers,dc=example,dc=org attribute=ou value=staff
        S: CompareResponse compareFalse
        C: compare dn=ou=customers,dc=example,dc=org attribute=mail value=staff
        S: CompareResponse noSuchAttribute
        C: compare dn=ou=customers,dc=example,dc=org attribute=shoeSize value=1
        S: CompareResponse undefinedAttributeType
        C: compare dn=uid=alice,ou=users,dc=example,dc=org attribute=mail value=alice@example.org
        S: CompareResponse compareTrue
        C: compare attribute=supportedLDAPVersion value=3
        S: CompareResponse compareTrue
        """,
    )


def test_nothing_can_be_compared_with_what_is_not_there(ldap: Connect) -> None:
    play(
        ldap("erin"),
        """
        C: compare dn=uid=x,ou=staff,dc=example,dc=org attribute=cn value=x
        S: CompareResponse noSuchObject
             matchedDN: ou=staff,dc=example,dc=org
        C: compare dn=uid=x,ou=secret,dc=example,dc=org attribute=cn value=x
        S: CompareResponse noSuchObject
             matchedDN: dc=example,dc=org
        C: compare dn=uid=x,ou=nothere,dc=example,dc=org attribute=cn value=x
        S: CompareResponse noSuchObject
             matchedDN: dc=example,dc=org
        C: compare dn="no dn" attribute=cn value=x
        S: CompareResponse invalidDNSyntax
        """,
    )


def test_comparing_needs_a_bind_where_the_policy_wants_one(ldap: Connect) -> None:
    client = ldap(anonymous=False)
    play(
        client,
        f"""
        C: compare dn={_DN} attribute=cn value=x
        S: CompareResponse insufficientAccessRights
        C: compare attribute=supportedLDAPVersion value=3
        S: CompareResponse compareTrue
        """,
    )


@pytest.mark.parametrize(
    ("operation", "response"),
    [
        (wire.search("", scope=9), "SearchResultDone"),
        (wire.search("", deref=4), "SearchResultDone"),
        (wire.search(b"\xff"), "SearchResultDone"),
        (wire.search("", size_limit=-1), "SearchResultDone"),
        (wire.compare("", "cn", "x").replace(b"cn", b"\xff\xfe"), "CompareResponse"),
        (
            wire.extended("").replace(b"\x80\x00", b"\x80\x01\xff").replace(b"w\x02", b"w\x03"),
            "ExtendedResponse",
        ),
    ],
)
def test_a_request_that_makes_no_sense_is_told_so_and_the_session_goes_on(
    ldap: Connect, operation: bytes, response: str
) -> None:
    client = ldap("alice")
    (answer,) = wire.responses(client.exchange(wire.message(77, operation)))
    assert (answer.id, answer.name, answer.code) == (77, response, "protocolError")
    play(
        client,
        """
        C: search base=ou=secret,dc=example,dc=org scope=base attributes=1.1
        S: SearchResultEntry ou=secret,dc=example,dc=org
           SearchResultDone success
        """,
    )


class _Faulty(DirectoryReader):
    """A directory whose every act ends in an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    @contextmanager
    def reading(
        self,
        _principal: Principal,
        _client: PrincipalClient,
        *,
        at_once: bool = False,
        of_turn: bool = False,
    ) -> Iterator[Reading]:
        del at_once, of_turn
        raise self._error
        yield

    def moment_for(self, _principal: Principal, _client: PrincipalClient) -> object | None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.AccessDenied("alice is no longer a user"), "insufficientAccessRights"),
        (errors.OwnedBySource("hr"), "insufficientAccessRights"),
        (errors.StoreUnavailable("disk /var/lib on fire"), "unavailable"),
        (errors.InvalidCredentials("no"), "invalidCredentials"),
        (errors.TooManyAttempts("no"), "invalidCredentials"),
    ],
)
def test_an_error_of_the_directory_becomes_its_result_code_and_no_text(
    context: Context, error: errors.DirectoryError, code: str
) -> None:
    faulty = replace(context, directory=_Faulty(error))
    client = SessionClient(LDAPSession(lambda: faulty, "192.0.2.1"))
    assert client.say(["search base=dc=example,dc=org"]) == [f"SearchResultDone {code}"]
    assert client.say([f"compare dn={_DN} attribute=cn value=x"]) == [f"CompareResponse {code}"]


def test_any_other_error_is_a_bug_and_raised_as_one(context: Context) -> None:
    faulty = replace(context, directory=_Faulty(errors.NotFound("a card that nobody asked for")))
    session = LDAPSession(lambda: faulty, "192.0.2.1")
    client = SessionClient(session)
    with pytest.raises(errors.NotFound):
        client.say(["search base=dc=example,dc=org"])


def test_every_error_that_a_reader_raises_has_a_result_code() -> None:
    of_writers = {
        errors.AlreadyExists,
        errors.PreconditionFailed,
        errors.UIDConflict,
        errors.InvalidCard,
        errors.CardTooLarge,
        errors.BreaksStandards,
        errors.ErasedPerson,
        errors.InvalidHref,
        errors.QuotaExceeded,
        errors.InvalidGrant,
    }
    # Those the LDAP face never asks for: cards by href or in a version, changes, configs.
    of_others = {
        errors.NotFound,
        errors.InvalidSyncToken,
        errors.ConfigError,
        errors.UnsupportedVersion,
    }
    conditions = set(errors.DirectoryError.__subclasses__())
    assert set(RESULT_CODES) == conditions - of_writers - of_others | {errors.StoreBusy}
    assert set(RESULT_CODES.values()).isdisjoint({ResultCode.SUCCESS, ResultCode.OTHER})


def test_the_root_dse_needs_no_database(context: Context) -> None:
    broken = replace(context, directory=_Faulty(errors.StoreUnavailable("gone")))
    client = SessionClient(LDAPSession(lambda: broken, "192.0.2.1"))
    assert client.say(["search scope=base attributes=1.1"])[-1] == "SearchResultDone success"
