"""The controls that are understood (RFC 4511 section 4.1.11)."""

from __future__ import annotations

from dirserver.ldap.messages import BindRequest, Message

# There are no referrals here, so to treat them as entries (RFC 3296) asks for nothing.
MANAGE_DSA_IT = "2.16.840.1.113730.3.4.2"
SUPPORTED = (MANAGE_DSA_IT,)


def forbid(message: Message) -> bool:
    """Say whether a critical control of ``message`` is unknown, or not for such a request.

    The request must then not be performed.
    """
    understood = () if isinstance(message.op, BindRequest) else SUPPORTED
    return any(one.critical and one.oid not in understood for one in message.controls)
