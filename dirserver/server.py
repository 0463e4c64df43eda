"""The running server: the only place where sockets, reactor, threads and faces meet."""

# Twisted's ports carry few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import structlog
from twisted.internet.defer import Deferred, DeferredList, DeferredLock
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import ServerFactory
from twisted.internet.tcp import Port
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from dirserver import config
from dirserver.accesslog import AccessLog
from dirserver.assembly import Services, ldap_settings, open_services
from dirserver.chores import Chores
from dirserver.confidant import Confidant
from dirserver.config import Config
from dirserver.errors import CertificateError, ConfigError, DirectoryError
from dirserver.http import AccessRecord, BridgeOptions, make_factory
from dirserver.ldap.diagnosis.recent import Recent
from dirserver.ldap.factory import DEFAULT_LIMITS, LDAPFactory, LDAPSFactory
from dirserver.ldap.session import Context, LDAPSession
from dirserver.ldap.settings import ConnectionLimits
from dirserver.listeners import ListenError, take
from dirserver.memory import settle, share_among_threads
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.principal import Client, operator
from dirserver.places import Places
from dirserver.ports import Address, Ports, addresses_of
from dirserver.reconcile import apply_config
from dirserver.sockets import open_socket
from dirserver.workers.line import Line
from dirserver_radicale.application import Application
from dirserver_radicale.configuration import challenge

if TYPE_CHECKING:
    # The types only: what not every config asks for is not to be imported for all.
    from twisted.web.server import Site

    from dirserver.certified import Authority
    from dirserver.metrics import Metrics
    from dirserver.tls import ServerTLS

log = structlog.get_logger("dirserver")

Given = ParamSpec("Given")
Result = TypeVar("Result")

_THREADS = 16
# How long requests in flight may take to be answered when the server stops.
_STOP_SECONDS = 15.0


class Server:
    """Both faces of one config file, from start to stop."""

    def __init__(self, path: Path, reactor: PosixReactorBase, line: Line | None = None) -> None:
        """Read the config at ``path``, apply it, and make the faces ready; listen on nothing.

        One of several workers has a ``line`` to who watches over them.
        Raises ConfigError, StoreUnavailable, CertificateError.
        """
        self._path = path
        self._reactor = reactor
        self._line = line
        self._pool = ThreadPool(minthreads=2, maxthreads=_THREADS, name="dirserver")
        self._metrics: Metrics | None = None
        self._figures: Site | None = None
        configuration = config.load(path)
        self._count(configuration)
        services = open_services(configuration, tell=self._tell)
        self._tls = _load_tls(services.config)
        self._ldap_tls = _load_ldap_tls(services.config)
        apply_config(services, operator("dirserver"), Client("serve"))
        self._services = services
        if line is not None:
            services.authenticator.attempts.tell = line.attempted
        self._places = Places()
        self._access_log = AccessLog(reactor.callLater, None if line is None else line.number)
        self._recent = Recent()
        self._confidant = Confidant(self._recent, reactor)
        application = Application(services)
        self._http = make_factory(
            application, self._pool, self._http_options(), application.prompt, application.writes
        )
        ldap = partial(
            self._make_ldap,
            Context(services.directory, services.authenticator, ldap_settings(services)),
        )
        self._ldap = ldap(LDAPFactory)
        self._ldaps = ldap(LDAPSFactory)
        self._ports = Ports(self._listen, lambda what, where: log.info(what, address=where))
        self._reloads = DeferredLock()
        self._chores = Chores(services, self._pool, reactor)
        self._stopping = False

    def _count(self, configuration: Config) -> None:
        """Count what happens from now on, if the config wants somebody to be told."""
        if configuration.metrics.listen and self._metrics is None:
            # Here, since it brings Prometheus's client along, and a web server to ask it.
            from dirserver.metrics import Metrics

            metrics = Metrics(shared=self._line is not None)
            self._figures = metrics.site(self._reactor, self._pool)
            self._metrics = metrics

    def _make_ldap(self, context: Context, kind: type[LDAPFactory]) -> LDAPFactory:
        return kind(
            context,
            self._pool,
            self._reactor,
            tls=self._ldap_tls,
            tell=self._told,
            misheard=self._recent.misheard,
            limits=self._limits(),
            places=self._places,
        )

    def _limits(self) -> ConnectionLimits:
        """Return this process's share of the limits that are for the whole server."""
        workers = 1 if self._line is None else self._line.workers
        limits = DEFAULT_LIMITS
        return replace(
            limits,
            connections=-(-limits.connections // workers),
            connections_each=-(-limits.connections_each // workers),
        )

    def _told(self, session: LDAPSession, began: float) -> None:
        heard = self._recent.answered(session)
        self._access_log.ldap_request(heard, time.monotonic() - began)
        if self._metrics is not None:
            self._metrics.ldap_request(heard)

    def _answered(self, record: AccessRecord) -> None:
        self._access_log.http_request(record)
        if self._metrics is not None:
            self._metrics.http_request(record)

    def _tell(self, events: Sequence[AuditEvent]) -> None:
        if self._metrics is not None:
            self._metrics.tell(events)

    def _http_options(self) -> BridgeOptions:
        section = self._services.config.carddav
        return BridgeOptions(
            plaintext=section.plaintext_login,
            trusted_proxies=tuple(section.trusted_proxies),
            public_url=section.public_url or None,
            challenge=challenge(self._services.config.organisation.name),
            access_log=self._answered,
        )

    def start(self) -> list[str]:
        """Listen on every address and return their URLs.

        Raises ListenError, and then listens on none.
        """
        self._pool.start()
        try:
            self._ports.open(addresses_of(self._services.config))
        except ListenError:
            self._pool.stop()
            raise
        self._chores.start()
        self._confidant.start(self._services.config.database.url)
        if self._line is not None:
            self._line.keep(self._ports.names)
        return self._ports.urls()

    def _listen(self, address: Address) -> Port:
        ldap = self._ldaps if address.tls else self._ldap
        factory = {"carddav": self._http, "ldap": ldap, "metrics": self._figures}[address.face]
        faces_tls = self._ldap_tls if address.face == "ldap" else self._tls
        tls = faces_tls if address.tls else None
        host, port = address.listener.host, address.listener.port
        line, served = self._line, cast(ServerFactory, factory)
        shared = line is not None
        opened = open_socket(host, port) if line is None else line.open(str(address), host, port)
        return take(self._reactor, opened, served, tls, shared=shared)

    def heard(self, login: str, address: str, succeeded: bool) -> None:
        """Take in how a login went that another worker has seen."""
        attempts = self._services.authenticator.attempts
        attempts.heard(login, address, succeeded, time.monotonic())

    def turn(self) -> Callable[[], None]:
        """Begin a turn of the reactor, and return what ends it."""
        return self._services.store.turn()

    def reload(self) -> None:
        """Apply the config file again; a file with faults changes nothing.

        Of several requests each waits for the one before it.
        """
        self._reloads.run(lambda: Deferred.fromCoroutine(self._reload()))

    async def _reload(self) -> None:
        opened: list[Address] = []
        try:
            services = await self._in_thread(self._reread)
            wanted = addresses_of(services.config)
            # Before anything is applied, so that an address that cannot be had changes nothing.
            opened = self._ports.open(
                address
                for address in self._ports.unhindered(wanted)
                if self._tls is not None or not address.tls
            )
            changes = await self._in_thread(self._apply, services)
        except ConfigError as error:
            await self._refuse(*error.faults)
        except (DirectoryError, CertificateError, ListenError) as error:
            await self._refuse(str(error))
        except Exception as error:
            # A bug in a reload must not end the server, which has a config that works.
            log.exception("config refused", error=type(error).__name__)
        else:
            self._swap(services)
            await self._ports.become(wanted, opened)
            if self._line is not None:
                self._line.keep(self._ports.names)
            log.info("config applied", file=str(self._path), changes=changes)
            return
        await self._ports.close(opened)

    def _in_thread(
        self, function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
    ) -> Deferred[Result]:
        reactor = cast(IReactorFromThreads, self._reactor)
        return deferToThreadPool(reactor, self._pool, function, *args, **kwargs)

    def _reread(self) -> Services:
        configuration = config.load(self._path)
        if configuration.database.url != self._services.config.database.url:
            fault = f"{self._path.name}: [database] cannot change while the server runs; restart it"
            raise ConfigError([fault])
        if configuration.server != self._services.config.server:
            fault = f"{self._path.name}: [server] cannot change while the server runs; restart it"
            raise ConfigError([fault])
        # Looked at before anything is applied, so that a broken certificate changes nothing.
        _load_tls(configuration)
        _load_ldap_tls(configuration)
        self._count(configuration)
        return open_services(configuration, before=self._services)

    def _apply(self, services: Services) -> int:
        return len(apply_config(services, operator("dirserver"), Client("reload")).steps)

    async def _refuse(self, *faults: str) -> None:
        for fault in faults:
            log.error("config refused", fault=fault)
        # What they are is in the log; a file's text does not belong into the trail.
        said = f"{self._path.name}: {len(faults)} fault{'' if len(faults) == 1 else 's'}"
        action, actor = AuditAction.CONFIG_APPLY, operator("dirserver").login
        refusal = AuditEvent(action, actor, Outcome.REFUSED, detail=said, protocol="reload")
        try:
            await self._in_thread(self._services.directory.record, [refusal])
        except DirectoryError as error:
            log.error("the refusal could not be told", error=str(error))
        log.error("the old config stays in force", file=str(self._path))

    def _swap(self, services: Services) -> None:
        """Let requests from now on be answered by ``services``."""
        self._services = services
        self._chores.swap(services)
        tls = services.config.tls
        if tls is not None and self._tls is not None and self._ldap_tls is not None:
            self._tls.load(tls.certificate, tls.key)
            self._ldap_tls.load(tls.certificate, tls.key, _load_authority(services.config))
        elif tls is not None:
            self._tls = _load_tls(services.config)
            self._ldap_tls = _load_ldap_tls(services.config)
        application = Application(services)
        self._http.serve(application, application.prompt, application.writes)
        self._http.options = self._http_options()
        context = Context(services.directory, services.authenticator, ldap_settings(services))
        for factory in (self._ldap, self._ldaps):
            factory.context = context
            factory.tls = self._ldap_tls if tls is not None else None

    def stop(self) -> Deferred[object]:
        """Stop listening, answer what has been asked, close; fires when all is closed."""
        if self._stopping:
            return Deferred()
        self._stopping = True
        self._ports.stop()
        self._chores.stop()
        self._confidant.stop()
        log.info("stopping")
        faces = (self._http, self._ldap, self._ldaps)
        ended = DeferredList([face.stop(_STOP_SECONDS) for face in faces])
        return ended.addBoth(self._ended)

    def _ended(self, _result: object) -> None:
        self._access_log.flush()
        self._pool.stop()
        self._chores.finish()
        self._services.close()


def _load_tls(configuration: Config, authority: Authority | None = None) -> ServerTLS | None:
    section = configuration.tls
    if section is None:
        return None
    # Here, since it brings OpenSSL along; a reload is in a thread, which holds nobody up.
    from dirserver.tls import ServerTLS

    return ServerTLS(section.certificate, section.key, authority)


def _load_ldap_tls(configuration: Config) -> ServerTLS | None:
    """Return the TLS of the LDAP face alone: browsers are not to be asked for certificates."""
    return _load_tls(configuration, _load_authority(configuration))


def _load_authority(configuration: Config) -> Authority | None:
    section = configuration.ldap
    if section.client_ca is None:
        return None
    # Here, as above.
    from dirserver.certified import NamedIn
    from dirserver.tls import load_authority

    return load_authority(section.client_ca, NamedIn(section.client_login.value))


def serve(path: Path, ready: Callable[[list[str]], None], line: Line | None = None) -> None:
    """Serve the config at ``path`` until SIGTERM or SIGINT; SIGHUP applies it again.

    ``ready`` is called with the URLs once every address is listened on. One of several workers
    also ends when whoever is at the other end of its ``line`` is gone. Raises ConfigError,
    StoreUnavailable, CertificateError and ListenError before that.
    """
    share_among_threads()
    # Here, since a reactor must not be there before a worker is forked.
    from twisted.internet.main import installReactor

    from dirserver.turns import TurningReactor

    running = TurningReactor()
    installReactor(running)
    # Too early to be of use, but no reason to die.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = Server(path, running, line)
    running.turn = server.turn
    urls = server.start()

    def end() -> None:
        server.stop().addBoth(lambda _: running.stop())

    def stop(_signal: int, _frame: object) -> None:
        running.callFromThread(end)

    def reload(_signal: int, _frame: object) -> None:
        running.callFromThread(server.reload)

    def follow(line: Line) -> None:
        line.follow(server.heard)
        running.callFromThread(end)

    def started() -> None:
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGHUP, reload)
        if line is not None:
            threading.Thread(target=follow, args=(line,), daemon=True).start()
        settle()
        ready(urls)

    running.callWhenRunning(started)
    running.run(installSignalHandlers=True)
