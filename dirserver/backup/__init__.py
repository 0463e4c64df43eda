"""Backups: a consistent copy of the store as one file, checking it, and putting it back."""

from dirserver.backup.checking import check_backup
from dirserver.backup.failure import BackupError
from dirserver.backup.making import make_backup
from dirserver.backup.manifest import Manifest
from dirserver.backup.restoring import Restoring, restore_backup

__all__ = [
    "BackupError",
    "Manifest",
    "Restoring",
    "check_backup",
    "make_backup",
    "restore_backup",
]
