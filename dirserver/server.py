"""The running server: the only place where sockets, reactor, threads and faces meet."""

# Twisted's ports carry few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import structlog
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import ServerFactory
from twisted.internet.task import LoopingCall
from twisted.internet.tcp import Port
from twisted.python.threadpool import ThreadPool

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.config import Config, Listener
from dirserver.errors import ConfigError, DirectoryError, StoreUnavailable
from dirserver.http import BridgeOptions, make_factory
from dirserver.ldap.protocol import LDAPFactory, LDAPSFactory
from dirserver.ldap.session import Context
from dirserver.ldap.settings import ClientProfile, LDAPSettings
from dirserver.listeners import ListenError, listen
from dirserver.log import http_request, ldap_request
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.number import NumberStyle
from dirserver.model.principal import Client, operator
from dirserver.reconcile import apply_config
from dirserver.tls import CertificateError, ServerTLS
from dirserver_radicale.application import Application

log = structlog.get_logger("dirserver")

_THREADS = 16
# How long requests in flight may take to be answered when the server stops.
_STOP_SECONDS = 15.0
# How often it is looked whether an hour is over, and lookups in it are to be summed up.
_TELLING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Address:
    """One socket to listen on: for which face, where, and whether with TLS."""

    face: str
    listener: Listener
    tls: bool

    def __str__(self) -> str:
        """Return its URL."""
        scheme = {"carddav": ("http", "https"), "ldap": ("ldap", "ldaps")}[self.face][self.tls]
        return f"{scheme}://{self.listener}"


def addresses_of(configuration: Config) -> tuple[Address, ...]:
    """Return every address that the config wants to be listened on."""
    faces = (("carddav", configuration.carddav), ("ldap", configuration.ldap))
    return tuple(
        Address(name, listener, tls)
        for name, face in faces
        for tls, listeners in ((False, face.listen), (True, face.listen_tls))
        for listener in listeners
    )


def ldap_settings(services: Services) -> LDAPSettings:
    """Return the LDAP face's part of a configuration."""
    section = services.config.ldap

    def profile_for(address: str) -> ClientProfile:
        found = section.profile_for(address)
        if found is None:
            return ClientProfile()
        return ClientProfile(NumberStyle(found.numbers.value), found.max_hits)

    return LDAPSettings(
        suffix=services.config.suffix,
        organisation=services.config.organisation.name,
        anonymous=section.anonymous,
        max_hits=section.max_hits,
        plan=services.deriver.plan,
        plaintext_bind=section.plaintext_bind.allows,
        profile_for=profile_for,
        starttls=services.config.tls is not None,
    )


class Server:
    """Both faces of one config file, from start to stop."""

    def __init__(self, path: Path, reactor: PosixReactorBase) -> None:
        """Read the config at ``path``, apply it, and make the faces ready; listen on nothing.

        Raises ConfigError, StoreUnavailable, CertificateError.
        """
        self._path = path
        self._reactor = reactor
        services = open_services(config.load(path))
        self._tls = _load_tls(services.config)
        apply_config(services, operator("dirserver"), Client("serve"))
        self._services = services
        self._pool = ThreadPool(minthreads=2, maxthreads=_THREADS, name="dirserver")
        self._http = make_factory(Application(services), self._pool, self._http_options())
        ldap = partial(
            self._make_ldap,
            Context(services.directory, services.authenticator, ldap_settings(services)),
        )
        self._ldap = ldap(LDAPFactory)
        self._ldaps = ldap(LDAPSFactory)
        self._ports: dict[Address, Port] = {}
        self._stopping = False
        self._telling = LoopingCall(self._tell_lookups)

    def _make_ldap(self, context: Context, kind: type[LDAPFactory]) -> LDAPFactory:
        return kind(context, self._pool, self._reactor, tls=self._tls, tell=ldap_request)

    def _http_options(self) -> BridgeOptions:
        section = self._services.config.carddav
        return BridgeOptions(
            plaintext=section.plaintext_login,
            trusted_proxies=tuple(section.trusted_proxies),
            public_url=section.public_url or None,
            access_log=http_request,
        )

    def start(self) -> list[str]:
        """Listen on every address and return their URLs.

        Raises ListenError, and then listens on none.
        """
        self._pool.start()
        try:
            for address in addresses_of(self._services.config):
                self._open(address)
        except ListenError:
            for port in self._ports.values():
                port.stopListening()
            self._pool.stop()
            raise
        self._telling.start(_TELLING_SECONDS, now=False)
        return [self._url(address) for address in self._ports]

    def _url(self, address: Address) -> str:
        """Return the URL of an open address, with the port that the system gave it."""
        host = self._ports[address].getHost()
        return str(Address(address.face, Listener(address.listener.host, host.port), address.tls))

    def _open(self, address: Address) -> None:
        ldap = self._ldaps if address.tls else self._ldap
        factory = self._http if address.face == "carddav" else ldap
        tls = self._tls if address.tls else None
        host, port = address.listener.host, address.listener.port
        self._ports[address] = listen(self._reactor, host, port, cast(ServerFactory, factory), tls)

    def reload(self) -> None:
        """Apply the config file again, in a thread. A file with faults changes nothing."""
        self._pool.callInThreadWithCallback(self._reloaded, self._reread)

    def _reread(self) -> Callable[[], None]:
        """Apply the file and return what is to be done about it in the reactor's thread."""
        try:
            return self._reapply()
        except (ConfigError, CertificateError) as error:
            faults = len(error.faults) if isinstance(error, ConfigError) else 1
            # What they are is in the log; a file's text does not belong into the trail.
            said = f"{self._path.name}: {faults} fault{'' if faults == 1 else 's'}"
            action, actor = AuditAction.CONFIG_APPLY, operator("dirserver").login
            refusal = AuditEvent(action, actor, Outcome.REFUSED, detail=said, protocol="reload")
            self._services.directory.record([refusal])
            raise

    def _reapply(self) -> Callable[[], None]:
        configuration = config.load(self._path)
        if configuration.database.url != self._services.config.database.url:
            fault = f"{self._path.name}: [database] cannot change while the server runs; restart it"
            raise ConfigError([fault])
        # Looked at before anything is applied, so that a broken certificate changes nothing.
        _load_tls(configuration)
        services = open_services(configuration, self._services.store)
        plan = apply_config(services, operator("dirserver"), Client("reload"))
        return partial(self._swap, services, len(plan.steps))

    def _tell_lookups(self) -> None:
        self._pool.callInThread(_tell_lookups, self._services)

    def _reloaded(self, succeeded: bool, result: object) -> None:
        if succeeded and callable(result):
            self._reactor.callFromThread(result)
            return
        error = getattr(result, "value", result)
        if isinstance(error, ConfigError):
            for fault in error.faults:
                log.error("config refused", fault=fault)
        elif isinstance(error, DirectoryError | CertificateError):
            log.error("config refused", fault=str(error))
        else:
            log.error("config refused", error=str(result))
        log.error("the old config stays in force", file=str(self._path))

    def _swap(self, services: Services, changes: int) -> None:
        """Let requests from now on be answered by ``services``."""
        self._pool.callInThread(_tell_lookups, self._services, unfinished=True)
        self._services = services
        tls = services.config.tls
        if tls is not None and self._tls is not None:
            self._tls.load(tls.certificate, tls.key)
        elif tls is not None:
            self._tls = ServerTLS(tls.certificate, tls.key)
        self._http.application = Application(services)
        self._http.options = self._http_options()
        context = Context(services.directory, services.authenticator, ldap_settings(services))
        for factory in (self._ldap, self._ldaps):
            factory.context = context
            factory.tls = self._tls if tls is not None else None
        wanted = addresses_of(services.config)
        for address in [one for one in self._ports if one not in wanted]:
            # Connections that were taken here stay open.
            self._ports.pop(address).stopListening()
            log.info("no longer listening", address=str(address))
        for address in [one for one in wanted if one not in self._ports]:
            try:
                self._open(address)
                log.info("listening", address=self._url(address))
            except ListenError as error:
                log.error("cannot listen", error=str(error))
        log.info("config applied", file=str(self._path), changes=changes)

    def stop(self) -> Deferred[object]:
        """Stop listening, answer what has been asked, close; fires when all is closed."""
        if self._stopping:
            return Deferred()
        self._stopping = True
        for port in self._ports.values():
            port.stopListening()
        log.info("stopping")
        faces = (self._http, self._ldap, self._ldaps)
        ended = DeferredList([face.stop(_STOP_SECONDS) for face in faces])
        return ended.addBoth(self._ended)

    def _ended(self, _result: object) -> None:
        if self._telling.running:
            self._telling.stop()
        self._pool.stop()
        _tell_lookups(self._services, unfinished=True)
        self._services.store.close()


def _tell_lookups(services: Services, *, unfinished: bool = False) -> None:
    """Write what was counted of lookups; it is tried again when the database is not there."""
    try:
        services.directory.tell_lookups(unfinished=unfinished)
    except StoreUnavailable as error:
        log.warning("lookups could not be told", error=str(error))


def _load_tls(configuration: Config) -> ServerTLS | None:
    section = configuration.tls
    return None if section is None else ServerTLS(section.certificate, section.key)


def serve(path: Path, ready: Callable[[list[str]], None]) -> None:
    """Serve the config at ``path`` until SIGTERM or SIGINT; SIGHUP applies it again.

    ``ready`` is called with the URLs once every address is listened on. Raises ConfigError,
    StoreUnavailable, CertificateError and ListenError before that.
    """
    from twisted.internet import reactor

    running = cast(PosixReactorBase, reactor)
    # Too early to be of use, but no reason to die.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = Server(path, running)
    urls = server.start()

    def stop(_signal: int, _frame: object) -> None:
        running.callFromThread(lambda: server.stop().addBoth(lambda _: running.stop()))

    def reload(_signal: int, _frame: object) -> None:
        running.callFromThread(server.reload)

    def started() -> None:
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGHUP, reload)
        ready(urls)

    running.callWhenRunning(started)
    running.run(installSignalHandlers=True)
