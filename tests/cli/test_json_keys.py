"""What programs read is documented: the help of a command names the keys, in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import get_args, get_type_hints

import pytest

from dirserver.cli import (
    app,
    backups,
    books,
    cards,
    devices,
    doctors,
    duplicates,
    grants,
    histories,
    links,
    past,
    persons,
    quality,
    sources,
    trail,
)
from dirserver.cli.assessing import Quality
from dirserver.cli.auditing import ToldEvent
from dirserver.cli.backing import ShownBackup, ShownReturn
from dirserver.cli.bookshelf import ShownBook
from dirserver.cli.checking import Findings
from dirserver.cli.doctoring import ToldRequest
from dirserver.cli.erasing import Certificate, ToldCase
from dirserver.cli.explaining import Answer
from dirserver.cli.finding import ToldPerson
from dirserver.cli.following import ToldSource
from dirserver.cli.granting import GrantedBook
from dirserver.cli.handing import HandedOut
from dirserver.cli.health import Finding
from dirserver.cli.importing import Imported
from dirserver.cli.keyring import ShownDevice
from dirserver.cli.linking import ShownOffer
from dirserver.cli.pairing import ShownPair
from dirserver.cli.pruning import Pruned
from dirserver.cli.purging import Purged
from dirserver.cli.reconciling import Changes
from dirserver.cli.repairing import Fixed
from dirserver.cli.restoring import RestoredBook, RestoredCard
from dirserver.cli.sealing import Verified
from dirserver.cli.searching import FoundCard
from dirserver.cli.showing import ShownCard
from dirserver.cli.telling import ToldCard
from dirserver.cli.undoing import Undone
from dirserver.cli.uniting import Merged


def spelled(record: type) -> str:
    """Name the keys of ``record``, each record, or list of them, with theirs in brackets."""
    hints = get_type_hints(record)
    words = []
    for field in fields(record):
        hint = hints[field.name]
        inner = [
            spelled(one)
            for one in (hint, *get_args(hint))
            if isinstance(one, type) and is_dataclass(one)
        ]
        words.append(f"{field.name} ({inner[0]})" if inner else field.name)
    return ", ".join(words)


@pytest.mark.parametrize(
    ("command", "record"),
    [
        (app.check, Findings),
        (app.plan, Changes),
        (histories.prune, Pruned),
        (books.show_book, ShownBook),
        (cards.import_cards, Imported),
        (cards.search, FoundCard),
        (duplicates.find, ShownPair),
        (links.offers, ShownOffer),
        (duplicates.merge, Merged),
        (grants.list_grants, GrantedBook),
        (sources.sync_source, ToldSource),
        (grants.why, Answer),
        (devices.add_device, HandedOut),
        (devices.list_devices, ShownDevice),
        (doctors.doctor, Finding),
        (doctors.doctor_ldap, ToldRequest),
        (trail.audit, ToldEvent),
        (histories.history, ToldCard),
        (past.show, ShownCard),
        (past.restore, RestoredCard),
        (books.restore_book, RestoredBook),
        (past.undo, Undone),
        (books.purge_book, Purged),
        (backups.make_backup, ShownBackup),
        (backups.restore_backup, ShownReturn),
        (trail.verify, Verified),
        (persons.find, ToldPerson),
        (persons.erase, Certificate),
        (persons.erased, ToldCase),
        (quality.report, Quality),
        (quality.fix, Fixed),
    ],
)
def test_the_help_names_the_keys_of_the_json(command: Callable[..., None], record: type) -> None:
    said = " ".join((command.__doc__ or "").partition("--json:")[2].split())
    assert said.removeprefix("a list of ").partition(";")[0] == spelled(record)
