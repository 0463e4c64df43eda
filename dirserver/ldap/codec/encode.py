"""Responses as octets (RFC 4511 section 4).

What every search sends, entries and the end of a result, is put together here; ldaptor's
messages, which take ten times as long, encode the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

from ldaptor.protocols import pureldap
from ldaptor.protocols.ldap import ldaperrors

from dirserver.ldap.codec.ber import (
    BOOLEAN,
    ENUMERATED,
    OCTET_STRING,
    SEQUENCE,
    encode_integer,
    length,
    tlv,
)
from dirserver.ldap.codec.messages import Control, Operation


class ResultCode(IntEnum):
    """The result codes that a read-only server may answer (RFC 4511 appendix A)."""

    SUCCESS = ldaperrors.Success.resultCode
    OPERATIONS_ERROR = ldaperrors.LDAPOperationsError.resultCode
    PROTOCOL_ERROR = ldaperrors.LDAPProtocolError.resultCode
    TIME_LIMIT_EXCEEDED = ldaperrors.LDAPTimeLimitExceeded.resultCode
    SIZE_LIMIT_EXCEEDED = ldaperrors.LDAPSizeLimitExceeded.resultCode
    VIRTUAL_LIST_VIEW_ERROR = 76
    OFFSET_RANGE_ERROR = 61
    SORT_CONTROL_MISSING = 60
    COMPARE_FALSE = ldaperrors.LDAPCompareFalse.resultCode
    COMPARE_TRUE = ldaperrors.LDAPCompareTrue.resultCode
    AUTH_METHOD_NOT_SUPPORTED = ldaperrors.LDAPAuthMethodNotSupported.resultCode
    STRONGER_AUTH_REQUIRED = ldaperrors.LDAPStrongAuthRequired.resultCode
    ADMIN_LIMIT_EXCEEDED = ldaperrors.LDAPAdminLimitExceeded.resultCode
    UNAVAILABLE_CRITICAL_EXTENSION = ldaperrors.LDAPUnavailableCriticalExtension.resultCode
    CONFIDENTIALITY_REQUIRED = ldaperrors.LDAPConfidentialityRequired.resultCode
    NO_SUCH_ATTRIBUTE = ldaperrors.LDAPNoSuchAttribute.resultCode
    UNDEFINED_ATTRIBUTE_TYPE = ldaperrors.LDAPUndefinedAttributeType.resultCode
    INAPPROPRIATE_MATCHING = ldaperrors.LDAPInappropriateMatching.resultCode
    NO_SUCH_OBJECT = ldaperrors.LDAPNoSuchObject.resultCode
    INVALID_DN_SYNTAX = ldaperrors.LDAPInvalidDNSyntax.resultCode
    INAPPROPRIATE_AUTHENTICATION = ldaperrors.LDAPInappropriateAuthentication.resultCode
    INVALID_CREDENTIALS = ldaperrors.LDAPInvalidCredentials.resultCode
    INSUFFICIENT_ACCESS_RIGHTS = ldaperrors.LDAPInsufficientAccessRights.resultCode
    BUSY = ldaperrors.LDAPBusy.resultCode
    UNAVAILABLE = ldaperrors.LDAPUnavailable.resultCode
    UNWILLING_TO_PERFORM = ldaperrors.LDAPUnwillingToPerform.resultCode
    OTHER = ldaperrors.LDAPOther.resultCode

    # Enum hashes in Python, and each answer has a code.
    __hash__ = int.__hash__

    @property
    def rfc_name(self) -> str:
        """The name that RFC 4511 gives the code."""
        return _NAMES[self]


_NOT_OF_LDAPTOR = {
    # It has the name of RFC 2251.
    ResultCode.STRONGER_AUTH_REQUIRED: "strongerAuthRequired",
    # Those of draft-ietf-ldapext-ldapv3-vlv-09 it does not know.
    ResultCode.SORT_CONTROL_MISSING: "sortControlMissing",
    ResultCode.OFFSET_RANGE_ERROR: "offsetRangeError",
    ResultCode.VIRTUAL_LIST_VIEW_ERROR: "virtualListViewError",
}
# Every answer needs one, for the log.
_NAMES = {
    code: _NOT_OF_LDAPTOR.get(code)
    or str(ldaperrors.LDAPExceptionCollection.collection[code].name, "ascii")
    for code in ResultCode
}

# RFC 4511 section 4.4.1.
NOTICE_OF_DISCONNECTION = "1.3.6.1.4.1.1466.20036"

_RESPONSES = {
    Operation.BIND_RESPONSE: pureldap.LDAPBindResponse,
    Operation.SEARCH_RESULT_DONE: pureldap.LDAPSearchResultDone,
    Operation.MODIFY_RESPONSE: pureldap.LDAPModifyResponse,
    Operation.ADD_RESPONSE: pureldap.LDAPAddResponse,
    Operation.DELETE_RESPONSE: pureldap.LDAPDelResponse,
    Operation.MODIFY_DN_RESPONSE: pureldap.LDAPModifyDNResponse,
    Operation.COMPARE_RESPONSE: pureldap.LDAPCompareResponse,
}
_FREQUENT = frozenset({Operation.BIND_RESPONSE, Operation.SEARCH_RESULT_DONE})


def encode_entry(message_id: int, dn: bytes, attributes: bytes) -> bytes:
    """Return a SearchResultEntry; ``attributes`` are PartialAttributes, already encoded."""
    body = encode_integer(message_id) + encode_named(dn, attributes)
    return b"\x30%b%b" % (length(len(body)), body)


def encode_named(dn: bytes, attributes: bytes) -> bytes:
    """Return a SearchResultEntry without the message that it is in."""
    named, size = length(len(dn)), length(len(attributes))
    octets = 2 + len(named) + len(dn) + len(size) + len(attributes)
    return b"\x64%b\x04%b%b\x30%b%b" % (length(octets), named, dn, size, attributes)


def encode_result(
    message_id: int,
    operation: Operation,
    code: ResultCode,
    matched_dn: str = "",
    diagnostic: str = "",
    controls: Sequence[Control] = (),
) -> bytes:
    """Return the response ``operation`` with its result (RFC 4511 section 4.1.9).

    ``diagnostic`` goes to the client as it is. Extended responses have ``encode_extended``.
    """
    if operation in _FREQUENT:
        result = _encode_result(operation, code, matched_dn, diagnostic)
        return tlv(SEQUENCE, encode_integer(message_id) + result + _trailer(controls))
    response = _RESPONSES[operation](int(code), matched_dn, diagnostic)
    return _message(message_id, response, controls)


# Nearly all answers end in the same few ways.
@lru_cache(maxsize=256)
def _encode_result(
    operation: Operation, code: ResultCode, matched_dn: str, diagnostic: str
) -> bytes:
    """Return a response that is nothing but its result, without the message that it is in."""
    return tlv(
        operation,
        encode_integer(code, ENUMERATED)
        + tlv(OCTET_STRING, matched_dn.encode())
        + tlv(OCTET_STRING, diagnostic.encode()),
    )


def encode_extended(
    message_id: int,
    code: ResultCode,
    diagnostic: str = "",
    *,
    name: str | None = None,
    value: bytes | None = None,
    controls: Sequence[Control] = (),
) -> bytes:
    """Return an ExtendedResponse (RFC 4511 section 4.12)."""
    response = pureldap.LDAPExtendedResponse(
        int(code), errorMessage=diagnostic, responseName=name, response=value
    )
    return _message(message_id, response, controls)


def encode_notice_of_disconnection(code: ResultCode, diagnostic: str = "") -> bytes:
    """Return the message after which the server closes the session (RFC 4511 section 4.4.1)."""
    return encode_extended(0, code, diagnostic, name=NOTICE_OF_DISCONNECTION)


def _trailer(controls: Sequence[Control]) -> bytes:
    """Return the controls of a response."""
    if not controls:
        return b""
    encoded = [
        tlv(OCTET_STRING, control.oid.encode())
        + (tlv(BOOLEAN, b"\xff") if control.critical else b"")
        + (b"" if control.value is None else tlv(OCTET_STRING, control.value))
        for control in controls
    ]
    return tlv(0xA0, b"".join([tlv(SEQUENCE, one) for one in encoded]))


def _message(
    message_id: int, response: pureldap.LDAPProtocolResponse, controls: Sequence[Control]
) -> bytes:
    # FALSE is the default of criticality, and a default is left out (RFC 4511 section 5.1).
    encoded = [(control.oid, control.critical or None, control.value) for control in controls]
    message = pureldap.LDAPMessage(response, controls=encoded or None, id=message_id)
    return bytes(message.toWire())
