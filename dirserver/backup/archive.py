"""The file: a ZIP archive of the manifest and the copy, sealed with a checksum over all of it.

Any program for ZIP archives can open it. The last 64 bytes, which ZIP leaves to a comment, are
the SHA-256 of every byte before them, so that a single wrong bit anywhere is found.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from dirserver.backup import manifest as manifests
from dirserver.backup.failure import Advance, BackupError, writing
from dirserver.backup.manifest import Manifest, Member

_MANIFEST = "manifest.json"
_MOST_MANIFEST_BYTES = 16 * 1024 * 1024
_SEAL = re.compile(rb"[0-9a-f]{64}")
_SEAL_BYTES = 64
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup whose seal is whole. ``digest`` is the seal: the checksum of the file."""

    file: Path
    size: int
    digest: str
    manifest: Manifest


def describe(file: Path, name: str) -> Member:
    """Return what a manifest says of ``file``, which will be the member ``name``."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return Member(name, file.stat().st_size, digest)


def pack(file: Path, manifest: Manifest, copy: Path, advance: Advance) -> Archive:
    """Write a backup to ``file``: the manifest, the ``copy`` and the seal. Raises OSError."""
    compression = zipfile.ZIP_DEFLATED
    with (
        file.open("xb") as opened,
        zipfile.ZipFile(opened, "w", compression, compresslevel=1) as archive,
    ):
        # There are password hashes in it.
        file.chmod(0o600)
        archive.comment = b"0" * _SEAL_BYTES
        archive.writestr(_info(_MANIFEST, manifest.made), manifests.write(manifest), compression)
        info = _info(manifest.copy.name, manifest.made)
        info.compress_type = compression
        with archive.open(info, "w", force_zip64=True) as member, copy.open("rb") as source:
            for done, chunk in _chunks(source):
                member.write(chunk)
                advance(done, manifest.copy.size)
    digest = _digest(file, lambda _done, _total: None)
    with file.open("r+b") as sealed:
        sealed.seek(-_SEAL_BYTES, os.SEEK_END)
        sealed.write(digest.encode())
    return Archive(file, file.stat().st_size, digest, manifest)


def _info(name: str, made: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, made.astimezone().timetuple()[:6])
    info.external_attr = 0o600 << 16
    return info


def open_archive(file: Path, advance: Advance) -> Archive:
    """Check the seal of a backup and read its manifest. Raises BackupError."""
    with _reading(file):
        size = file.stat().st_size
        with file.open("rb") as opened:
            opened.seek(max(0, size - _SEAL_BYTES))
            seal = opened.read()
        if not zipfile.is_zipfile(file) and not _SEAL.fullmatch(seal):
            raise BackupError(f"{file} is no backup of dirserver, or only a part of one.")
        digest = _digest(file, advance)
        if digest.encode() != seal:
            raise BackupError(
                f"{file} is damaged: its checksum is not the one that it was written with. "
                "Use another backup."
            )
        with zipfile.ZipFile(file) as archive:
            info = archive.getinfo(_MANIFEST)
            if info.file_size > _MOST_MANIFEST_BYTES:
                raise BackupError(f"{file}: the manifest is too large to be one.")
            return Archive(file, size, digest, manifests.read(archive.read(info)))


def unpack(archive: Archive, target: Path, advance: Advance) -> None:
    """Write the copy that is in a backup to ``target``. Raises BackupError."""
    member = archive.manifest.copy
    digest = hashlib.sha256()
    done = 0
    with _reading(archive.file), zipfile.ZipFile(archive.file) as opened:
        source = opened.open(member.name)
        with source, writing(target), target.open("xb") as copy:
            for done, chunk in _chunks(source):
                if done > member.size:
                    break
                digest.update(chunk)
                copy.write(chunk)
                advance(done, member.size)
    if (done, digest.hexdigest()) != (member.size, member.sha256):
        raise BackupError(f"{archive.file}: {member.name} in it is not what the manifest says.")


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BackupError(f"{file} cannot be read: {reason}.") from error
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
        raise BackupError(f"{file} is no backup that dirserver has made: {error}.") from error


def _digest(file: Path, advance: Advance) -> str:
    """Return the checksum of all but the seal."""
    digest = hashlib.sha256()
    left = total = file.stat().st_size - _SEAL_BYTES
    with file.open("rb") as opened:
        while left > 0:
            chunk = opened.read(min(_CHUNK, left))
            if not chunk:
                break
            digest.update(chunk)
            left -= len(chunk)
            advance(total - left, total)
    return digest.hexdigest()


def _chunks(source: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield what there is to read in pieces, each with how many bytes there were so far."""
    done = 0
    while chunk := source.read(_CHUNK):
        done += len(chunk)
        yield done, chunk
