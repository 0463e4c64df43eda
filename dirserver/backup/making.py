"""Making a backup of a store that is in use."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dirserver import __version__
from dirserver.assembly import Services
from dirserver.backup import programs
from dirserver.backup.archive import Archive, describe, pack
from dirserver.backup.failure import Advance, BackupError, Progress, writing
from dirserver.backup.manifest import FORMAT, Engine, Manifest
from dirserver.backup.workspace import keep, workspace
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.model.principal import Client, Principal
from dirserver.store import loading, schema
from dirserver.store.contents import Contents, contents
from dirserver.store.engine import Connection, Store
from dirserver.store.sqlite import copying

COPIES = {Engine.SQLITE: "store.sqlite", Engine.POSTGRESQL: "store.pgdump"}


def make_backup(
    services: Services,
    file: Path,
    actor: Principal,
    client: Client,
    progress: Progress,
    *,
    force: bool = False,
) -> Archive:
    """Write a copy of the store, as it is at one moment, to ``file``; the audit trail tells of it.

    Others go on reading and writing meanwhile. The file is there when it is whole, or not at
    all. Raises BackupError, also when there is such a file and not ``force``; StoreUnavailable.
    """
    _require_free(file, force=force)
    with writing(file), workspace(file.parent) as directory:
        manifest, copy = _copy(services, directory, progress)
        with progress("packing the copy") as advance:
            part = directory / "backup"
            archive = replace(pack(part, manifest, copy, advance), file=file)
        # Before anything leaves the house.
        services.directory.record([_event(archive, actor, client)])
        _require_free(file, force=force)
        keep(part, file)
    return archive


def _require_free(file: Path, *, force: bool) -> None:
    if not file.parent.is_dir():
        raise BackupError(f"There is no directory {file.parent}. Create it first.")
    if file.is_dir():
        raise BackupError(f"{file} is a directory. Name a file in it.")
    if file.exists() and not file.is_file():
        raise BackupError(f"{file} is no file that could be replaced.")
    if os.path.lexists(file) and not force:
        raise BackupError(f"{file} exists already. Name another file, or replace it with --force.")


def _copy(services: Services, directory: Path, progress: Progress) -> tuple[Manifest, Path]:
    """Copy the store into ``directory``; return the copy and what is to be said of it."""
    store = services.store
    engine = Engine.SQLITE if store.is_sqlite else Engine.POSTGRESQL
    copy = directory / COPIES[engine]
    version, made = 0, datetime.now(UTC)
    with progress("copying the database") as advance, store.reading() as connection:
        if store.is_sqlite:
            copying.copy_snapshot(connection, copy, advance)
            found = contents(connection)
        else:
            version = loading.server_version(connection)
            found = contents(connection)
            _dump(store, connection, found, copy, advance)
    organisation = services.config.organisation
    manifest = Manifest(
        FORMAT,
        __version__,
        schema.newest(),
        engine,
        version,
        made,
        organisation.name,
        organisation.domain,
        found,
        (describe(copy, copy.name),),
    )
    return manifest, copy


def _dump(
    store: Store, connection: Connection, found: Contents, copy: Path, advance: Advance
) -> None:
    version = loading.server_version(connection)
    program = programs.find("pg_dump", version, programs.places())
    done = 0

    def heard(line: str) -> None:
        nonlocal done
        done += "dumping contents of table" in line
        advance(done, len(found.rows))

    snapshot = loading.export_snapshot(connection)
    namespace = loading.namespace(connection)
    programs.dump(program, store.parameters, snapshot, namespace, copy, heard)


def _event(archive: Archive, actor: Principal, client: Client) -> AuditEvent:
    return AuditEvent(
        AuditAction.BACKUP_MAKE,
        actor.login,
        detail=f"{archive.file}, {archive.size} bytes, SHA-256 {archive.digest}",
        protocol=client.protocol,
        address=client.address,
        agent=client.agent,
    )
