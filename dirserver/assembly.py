"""What a config file stands for, put together: store, directory, authenticator.

The server, the command line and the plugins under a server of their own all begin here, so
that a card is derived in one way whoever writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from dirserver.config import Config, Reads
from dirserver.directory import Authenticator, Deriver, Detail, Directory
from dirserver.directory.directory import Tell, tell_nobody
from dirserver.ldap.entry.entries import encode_attributes
from dirserver.ldap.settings import NO_PROFILE, ClientProfile, LDAPSettings
from dirserver.model.number import DialPlan
from dirserver.model.number_writing import NumberStyle
from dirserver.model.shield import Shield
from dirserver.model.source import Source
from dirserver.store.engine import Store


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that acts on the store of one config file."""

    config: Config
    store: Store
    deriver: Deriver
    directory: Directory
    authenticator: Authenticator

    def close(self) -> None:
        """Write what waits to be written, and close the store."""
        self.directory.close()
        self.store.close()


def open_services(
    config: Config,
    store: Store | None = None,
    *,
    before: Services | None = None,
    tell: Tell = tell_nobody,
) -> Services:
    """Open what ``config`` describes, with the ``store`` that is open already if it is given.

    What has to outlive a change of the config is taken over from the services ``before``.
    ``tell`` hears of what is done. Raises StoreUnavailable.
    """
    organisation = config.organisation
    plan = DialPlan(organisation.country, tuple(organisation.outside_line), organisation.area_code)
    deriver = Deriver(plan, encode_attributes)
    sightings, attempts, recorder = None, None, None
    if before is not None:
        store = store or before.store
        sightings, attempts = before.directory.sightings, before.authenticator.attempts
        tell, recorder = before.directory.tell, before.directory.recorder
    store = store or Store(config.database.url)
    section = config.shield
    guard = Shield(section.enabled, section.cards, section.percent, section.minutes)
    reads = config.audit.reads
    detail = None if reads is Reads.NONE else Detail(reads.value)
    directory = Directory(
        store,
        deriver,
        guard,
        sightings=sightings,
        reads=detail,
        tell=tell,
        recorder=recorder,
        sources={source.book: source for source in sources_of(config)},
    )
    required = {
        "carddav": config.carddav.require_device_passwords,
        "ldap": config.ldap.require_device_passwords,
    }
    authenticator = Authenticator(
        store,
        directory,
        devices_only=[name for name, is_required in required.items() if is_required],
        attempts=attempts,
    )
    return Services(config, store, deriver, directory, authenticator)


def sources_of(config: Config) -> tuple[Source, ...]:
    """Return what the directory is to know of the sources in a configuration."""
    return tuple(
        Source(one.name, one.book, frozenset(one.owns) if one.owns else None, one.writable)
        for one in config.sources
    )


def ldap_settings(services: Services) -> LDAPSettings:
    """Return the LDAP face's part of a configuration."""
    section = services.config.ldap

    profiles = [
        (one, ClientProfile(NumberStyle(one.numbers.value), one.max_hits, one.as_asked))
        for one in section.profiles
    ]

    @lru_cache(maxsize=1024)
    def profile_for(address: str) -> ClientProfile:
        found = section.profile_for(address)
        return next((made for one, made in profiles if one is found), NO_PROFILE)

    return LDAPSettings(
        suffix=services.config.suffix,
        organisation=services.config.organisation.name,
        anonymous=section.anonymous,
        max_hits=section.max_hits,
        plan=services.deriver.plan,
        plaintext_bind=lru_cache(maxsize=1024)(section.plaintext_bind.allows),
        profile_for=profile_for,
        starttls=services.config.tls is not None,
        personal=frozenset(
            (book.slug, str(shown)) for book in services.config.books for shown in book.ldap_shows
        ),
        show_users=frozenset(section.show_users),
    )
