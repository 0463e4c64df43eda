"""Responses as octets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldaptor.protocols.ldap import ldaperrors

from dirserver.ldap.codec.encode import (
    ResultCode,
    encode_entry,
    encode_extended,
    encode_notice_of_disconnection,
    encode_result,
)
from dirserver.ldap.codec.messages import RESPONSES, Control, Operation
from tests.ldap import wire

_ids = st.integers(0, 2**31 - 1)
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
_NAMES = {
    Operation.BIND_RESPONSE: "BindResponse",
    Operation.SEARCH_RESULT_DONE: "SearchResultDone",
    Operation.MODIFY_RESPONSE: "ModifyResponse",
    Operation.ADD_RESPONSE: "AddResponse",
    Operation.DELETE_RESPONSE: "DelResponse",
    Operation.MODIFY_DN_RESPONSE: "ModifyDNResponse",
    Operation.COMPARE_RESPONSE: "CompareResponse",
}


@given(_ids, _texts, st.binary(max_size=70_000).map(lambda value: value * 3))
def test_an_entry_is_what_a_client_reads(message_id: int, dn: str, value: bytes) -> None:
    attributes = wire.tlv(0x30, wire.string("cn") + wire.tlv(0x31, wire.string(value)))
    data = encode_entry(message_id, dn.encode(), attributes)
    assert wire.responses(data) == [
        wire.Response(message_id, "SearchResultEntry", dn=dn, attributes=(("cn", (value,)),))
    ]


def test_an_entry_without_attributes_is_an_entry() -> None:
    data = encode_entry(1, b"cn=a", b"")
    assert wire.responses(data) == [wire.Response(1, "SearchResultEntry", dn="cn=a")]


@given(
    _ids,
    st.sampled_from(sorted(_NAMES)),
    st.sampled_from(ResultCode),
    _texts,
    _texts,
    st.lists(
        st.builds(Control, st.just("1.2.3"), st.booleans(), st.none() | st.binary(max_size=5)),
        max_size=2,
    ),
)
def test_a_result_is_what_a_client_reads(
    message_id: int,
    operation: Operation,
    code: ResultCode,
    matched_dn: str,
    diagnostic: str,
    controls: list[Control],
) -> None:
    data = encode_result(message_id, operation, code, matched_dn, diagnostic, controls)
    assert wire.responses(data) == [
        wire.Response(
            message_id,
            _NAMES[operation],
            code.rfc_name,
            matched_dn,
            diagnostic,
            controls=tuple((one.oid, one.critical, one.value) for one in controls),
        )
    ]


@given(_ids, st.none() | st.just("1.3.6.1.4.1.1466.20037"), st.none() | st.binary(max_size=300))
def test_an_extended_response_says_its_name_and_value_when_it_has_them(
    message_id: int, name: str | None, value: bytes | None
) -> None:
    data = encode_extended(message_id, ResultCode.SUCCESS, name=name, value=value)
    extras = ((0x8A, name.encode()) if name else None, (0x8B, value) if value is not None else None)
    (response,) = wire.responses(data)
    assert (response.id, response.name, response.code) == (
        message_id,
        "ExtendedResponse",
        "success",
    )
    assert [(one.tag, one.contents) for one in response.extras] == [
        one for one in extras if one is not None
    ]


def test_a_notice_of_disconnection_has_the_id_zero_and_its_name_rfc_4511_section_4_4_1() -> None:
    data = encode_notice_of_disconnection(ResultCode.PROTOCOL_ERROR, "that was no LDAP")
    assert [line for one in wire.responses(data) for line in one.lines()] == [
        "ExtendedResponse protocolError",
        "  that was no LDAP",
        "  responseName: 1.3.6.1.4.1.1466.20036",
    ]
    assert wire.responses(data)[0].id == 0


def test_every_request_that_is_answered_has_a_response_that_can_be_encoded() -> None:
    assert set(RESPONSES.values()) == {*_NAMES, Operation.EXTENDED_RESPONSE}


# The draft of virtual list views has them; ldaptor knows none of it.
_OF_WINDOWS = {60: "sortControlMissing", 61: "offsetRangeError", 76: "virtualListViewError"}


@pytest.mark.parametrize("code", ResultCode)
def test_a_result_code_has_the_name_that_ldaptor_and_the_rfc_give_it(code: ResultCode) -> None:
    known = _OF_WINDOWS.get(code.value)
    if known is None:
        known = ldaperrors.LDAPExceptionCollection.collection[code.value].name.decode()
    # RFC 2251 had another name for 8 than RFC 4511 has.
    assert code.rfc_name == {"strongAuthRequired": "strongerAuthRequired"}.get(known, known)
