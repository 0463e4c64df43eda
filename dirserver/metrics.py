"""Figures about the running server, for Prometheus: how much of what, and never of whom."""

# Twisted's resources carry few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    make_wsgi_app,
)
from prometheus_client.multiprocess import MultiProcessCollector
from twisted.internet.posixbase import PosixReactorBase
from twisted.python.threadpool import ThreadPool
from twisted.web.resource import Resource
from twisted.web.server import Site
from twisted.web.wsgi import WSGIResource

from dirserver.http import AccessRecord
from dirserver.ldap.diagnosis.recent import Heard
from dirserver.model.audit import AuditAction, AuditEvent, Outcome

_WRITTEN = frozenset({AuditAction.CARD_CREATE, AuditAction.CARD_UPDATE, AuditAction.CARD_MOVE})


class Metrics:
    """Counts what happens, from when it is made."""

    def __init__(self, *, shared: bool = False) -> None:
        """Begin at nothing.

        Whoever reads them of one of several processes, whose figures are ``shared``, is given
        the sums, also of what those had counted that have ended; and nothing of the process
        itself, which would be another one each time.
        """
        self.registry = CollectorRegistry()
        self._told = CollectorRegistry() if shared else self.registry
        if shared:
            # It goes by $PROMETHEUS_MULTIPROC_DIR, which was there before it was imported.
            MultiProcessCollector(self._told)
        else:
            for collector in (ProcessCollector, PlatformCollector, GCCollector):
                collector(registry=self.registry)
        self._logins = self._counter(
            "logins", "Logins; those remembered from before do not count.", "face", "outcome"
        )
        self._requests = self._counter("requests", "Requests answered.", "face", "code")
        # To look a counter up by its labels costs more than to count; codes are few.
        self._requests_with = cache(self._requests.labels)
        self._written = self._counter("cards_written", "Cards stored or moved.", "face")
        self._deleted = self._counter("cards_deleted", "Cards deleted.", "face")
        self._stops = self._counter(
            "shield_stops", "Clients stopped because they took too much out of a book.", "book"
        )

        self._source_failures = self._counter(
            "source_failures", "Runs of a source after which all was as before.", "book"
        )

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"dirserver_{name}", about, labels, registry=self.registry)

    def tell(self, events: Sequence[AuditEvent]) -> None:
        """Count what was done and refused."""
        for event in events:
            if event.action is AuditAction.LOGIN:
                outcome = "done" if event.outcome is Outcome.DONE else "failed"
                self._logins.labels(event.protocol, outcome).inc()
            elif event.outcome is not Outcome.DONE:
                continue
            elif event.action is AuditAction.SOURCE_FAIL:
                self._source_failures.labels(event.book).inc()
            elif event.action in _WRITTEN:
                self._written.labels(event.protocol).inc()
            elif event.action is AuditAction.CARD_DELETE:
                self._deleted.labels(event.protocol).inc()
            elif event.action is AuditAction.SHIELD_STOP:
                self._stops.labels(event.book.rpartition("/")[2]).inc()

    def http_request(self, record: AccessRecord) -> None:
        """Count a request that the CardDAV face has answered."""
        self._requests_with("carddav", str(record.status)).inc()

    def ldap_request(self, heard: Heard) -> None:
        """Count a request that the LDAP face has answered."""
        self._requests_with("ldap", heard.code).inc()

    def site(self, reactor: PosixReactorBase, pool: ThreadPool) -> Site:
        """Return what serves the figures at ``/metrics``."""
        root = Resource()
        figures = WSGIResource(reactor, pool, make_wsgi_app(self._told))
        # It declares its interface in zope's way, which mypy does not see.
        root.putChild(b"metrics", figures)  # type: ignore[arg-type]
        return Site(root)
