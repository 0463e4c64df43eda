"""What programs read is documented: the help of a command names the keys, in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import get_args, get_type_hints

import pytest

from dirserver.cli import app
from dirserver.cli.cards.assessing import Quality
from dirserver.cli.cards.repairing import Fixed
from dirserver.cli.cards.searching import FoundCard
from dirserver.cli.cards.showing import ShownCard
from dirserver.cli.history.pruning import Pruned
from dirserver.cli.history.restoring import RestoredBook, RestoredCard
from dirserver.cli.history.telling import ToldCard
from dirserver.cli.history.undoing import Undone
from dirserver.cli.intake.following import ToldSource
from dirserver.cli.intake.importing import Imported
from dirserver.cli.people.erasing import Certificate, ToldCase
from dirserver.cli.people.finding import ToldPerson
from dirserver.cli.rights.bookshelf import ShownBook
from dirserver.cli.rights.explaining import Answer
from dirserver.cli.rights.granting import GrantedBook
from dirserver.cli.rights.handing import HandedOut
from dirserver.cli.rights.keyring import ShownDevice
from dirserver.cli.same.linked import LinkedPeople, UnlinkedCards
from dirserver.cli.same.linking import ShownOffer
from dirserver.cli.same.pairing import ShownPair
from dirserver.cli.same.uniting import Merged
from dirserver.cli.typed import (
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
from dirserver.cli.upkeep.auditing import ToldEvent
from dirserver.cli.upkeep.backing import ShownBackup, ShownReturn
from dirserver.cli.upkeep.checking import Findings
from dirserver.cli.upkeep.doctoring import ToldRequest
from dirserver.cli.upkeep.health import Finding
from dirserver.cli.upkeep.purging import Purged
from dirserver.cli.upkeep.reconciling import Changes
from dirserver.cli.upkeep.sealing import Verified


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
        (links.link, LinkedPeople),
        (links.unlink, UnlinkedCards),
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
