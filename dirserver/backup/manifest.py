"""What a backup says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from dirserver.backup.failure import BackupError
from dirserver.store.contents import BookContents, Contents

# Counts up when a backup can no longer be read by what reads those before.
FORMAT = 1


class Engine(StrEnum):
    """What the copy is a copy of."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the backup beside the manifest: the copy itself."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup, when it was made and by what.

    ``engine_version`` is PostgreSQL's major version; ``schema`` is that of the tables.
    """

    format: int
    dirserver: str
    schema: str
    engine: Engine
    engine_version: int
    made: datetime
    organisation: str
    domain: str
    contents: Contents
    members: tuple[Member, ...]

    @property
    def copy(self) -> Member:
        """The member that is the copy."""
        return self.members[0]


def write(manifest: Manifest) -> bytes:
    """Write a manifest, as ``read`` reads it."""
    return json.dumps(asdict(manifest), default=datetime.isoformat, indent=2).encode()


def read(data: bytes) -> Manifest:
    """Read a manifest. Raises BackupError for one that says too little, or comes from later."""
    try:
        said = json.loads(data)
        if int(said["format"]) > FORMAT:
            raise BackupError(
                f"The backup was made by dirserver {said['dirserver']}, whose backups this "
                "version cannot read. Install that version."
            )
        return Manifest(
            int(said["format"]),
            str(said["dirserver"]),
            str(said["schema"]),
            Engine(said["engine"]),
            int(said["engine_version"]),
            datetime.fromisoformat(said["made"]),
            str(said["organisation"]),
            str(said["domain"]),
            _contents(said["contents"]),
            tuple(
                Member(str(one["name"]), int(one["size"]), str(one["sha256"]))
                for one in said["members"]
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError("The manifest of the backup is not one that dirserver writes.") from error


def _contents(said: Mapping[str, object]) -> Contents:
    books, rows = said["books"], said["rows"]
    if not isinstance(books, list) or not isinstance(rows, dict):
        raise TypeError
    return Contents(
        tuple(
            BookContents(
                str(one["book"]),
                str(one["uuid"]),
                int(one["cards"]),
                int(one["revision"]),
                bool(one["archived"]),
            )
            for one in books
        ),
        {str(name): int(count) for name, count in rows.items()},
        int(str(said["last_event"])),
        str(said["last_digest"]),
    )
