"""Whether a request may reach the application, decided from its head alone.

The order matters: that a password must not come in clear is said before anything else about the
request could invite or judge one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus

from dirserver.http.authorization import normalised_authorization
from dirserver.http.head import (
    BodyLimit,
    RequestHead,
    body_length,
    wants_continue,
    wants_persistence,
)
from dirserver.http.options import BridgeOptions
from dirserver.http.proxy import Client
from dirserver.http.refusal import Refusal
from dirserver.http.target import Target, parse_target

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Admission:
    """A request that may go on: its head, and what that has been found to say.

    ``length`` is that of the body, None when it comes in chunks, and then it ends within
    ``body_limit``.
    """

    head: RequestHead
    client: Client
    target: Target
    authorization: str | None
    length: int | None
    body_limit: BodyLimit
    expects_continue: bool
    persistent: bool


def admit(head: RequestHead, client: Client, options: BridgeOptions) -> Admission:
    """Admit the request of ``client`` with ``head``.

    Raises Refusal when it must be answered without the application.
    """
    if not client.secure and not options.plaintext.allows(client.address):
        if b"authorization" in head.fields:
            log.warning("a password was sent in clear from %s; it was not used", client.address)
        raise _https_only(options.public_url)
    target = parse_target(head, client.forwarded_host)
    authorization = normalised_authorization(head.fields)
    expects_continue = wants_continue(head)
    limit = _body_limit(authorization, options)
    length = body_length(head, limit)
    return Admission(
        head=head,
        client=client,
        target=target,
        authorization=authorization,
        length=length,
        body_limit=limit,
        expects_continue=expects_continue and length != 0,
        persistent=wants_persistence(head),
    )


def _body_limit(authorization: str | None, options: BridgeOptions) -> BodyLimit:
    limits = options.limits
    has_login = authorization is not None and authorization.startswith("Basic ")
    if has_login or limits.body <= limits.body_of_strangers:
        return BodyLimit(limits.body)
    return BodyLimit(limits.body_of_strangers, options.challenge)


def _https_only(public_url: str | None) -> Refusal:
    text = "This server takes passwords over HTTPS only."
    if public_url is not None:
        text = f"{text}\nUse {public_url}"
    return Refusal(HTTPStatus.FORBIDDEN, text)
