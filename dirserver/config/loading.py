"""The file -> Config, or all that is wrong with the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dirserver.config import consistency
from dirserver.config.database import located, masked, with_password
from dirserver.config.faults import Inspection, Place, Refused, shown
from dirserver.config.files import read_document, read_secret
from dirserver.config.keys import homes_of
from dirserver.config.reading import read_table
from dirserver.config.schema import Audit, Config, Database, Draft, History, Server
from dirserver.errors import ConfigError


def load(path: Path) -> Config:
    """Read the configuration in the TOML file at ``path``, with the files that it names.

    Raises ConfigError with every fault that was found: file, table, key, value and what was
    expected. There is no secret in its text.
    """
    return interpret(read_document(path), path)


def interpret(document: dict[str, object], path: Path) -> Config:
    """Make a configuration of what is written in the file at ``path``; raises as ``load``."""
    inspection = Inspection(path, homes_of(Draft))
    draft = read_table(Draft, document, Place(), inspection) or Draft()
    consistency.check(draft, inspection)
    database = _reachable(draft.database, inspection)
    if (
        inspection.faults
        or not (draft.organisation and database and draft.carddav and draft.ldap)
        or not (draft.shield and draft.metrics and draft.backup)
    ):
        raise ConfigError(inspection.faults)
    return Config(
        path=path.absolute(),
        organisation=draft.organisation,
        database=database,
        server=draft.server or Server(),
        carddav=draft.carddav,
        ldap=draft.ldap,
        shield=draft.shield,
        metrics=draft.metrics,
        audit=draft.audit or Audit(),
        history=draft.history or History(),
        tls=draft.tls,
        backup=draft.backup,
        users=draft.users,
        groups=draft.groups,
        books=draft.books,
        sources=draft.sources,
    )


def _reachable(database: Database | None, inspection: Inspection) -> Database | None:
    """Return ``database`` with an absolute path, or with its password."""
    if database is None:
        return None
    place = inspection.place_of(database)
    try:
        database = replace(database, url=located(database.url, inspection.path.parent))
    except Refused as refused:
        inspection.refuse(place.at("url"), str(refused), masked(database.url))
    if database.password_file is None or inspection.is_unread(place.at("url")):
        return database
    try:
        password = read_secret(database.password_file)
        return replace(database, url=with_password(database.url, password))
    except Refused as refused:
        file = shown(str(database.password_file))
        inspection.refuse(place.at("password_file"), str(refused), file)
        return None
