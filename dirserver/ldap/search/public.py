"""The root DSE, in short: many clients ask for it before all else."""

from __future__ import annotations

from dirserver.ldap.codec.ber import without_id
from dirserver.ldap.codec.encode import ResultCode, encode_named
from dirserver.ldap.codec.messages import Message, SearchRequest
from dirserver.ldap.dit.containers import root_dse
from dirserver.ldap.search.answers import KeptAnswers, Short
from dirserver.ldap.search.matching import matches_container
from dirserver.ldap.settings import LDAPSettings

# There are few ways to ask for it; a stranger who knows more is not to fill the memory.
_answers = KeptAnswers[tuple[str, ...]](64 * 1024)


def root_answer(
    message: Message, request: SearchRequest, settings: LDAPSettings, mechanisms: tuple[str, ...]
) -> Short:
    """Return what a search for the root DSE finds where ``mechanisms`` of SASL are offered."""
    asked = mechanisms, without_id(message.octets)
    # It is made of nothing but the settings, which are the same object until a new config.
    known = _answers.get(settings, asked)
    if known is None:
        known = _found(request, settings, mechanisms)
        _answers.put(settings, asked, known)
    return known


def _found(request: SearchRequest, settings: LDAPSettings, mechanisms: tuple[str, ...]) -> Short:
    entry = root_dse(settings, mechanisms)
    if not matches_container(request.filter, entry.attributes):
        return Short((), ResultCode.SUCCESS)
    shown = entry.shown(request.attributes, types_only=request.types_only)
    return Short((encode_named(entry.dn.encode(), shown),), ResultCode.SUCCESS)
