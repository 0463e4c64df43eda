"""HTTP/1.1 on Twisted for one WSGI application."""

from dirserver.http.access import AccessRecord
from dirserver.http.bridge import BridgeFactory, make_factory
from dirserver.http.limits import Limits
from dirserver.http.options import BridgeOptions, PlaintextPolicy
from dirserver.http.proxy import plain_address

__all__ = [
    "AccessRecord",
    "BridgeFactory",
    "BridgeOptions",
    "Limits",
    "PlaintextPolicy",
    "make_factory",
    "plain_address",
]
