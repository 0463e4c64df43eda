"""Acts about people, as the operator does them."""

from __future__ import annotations

from collections.abc import Collection

from dirserver.assembly import Services
from dirserver.directory.people import people
from dirserver.directory.people.erasing import Erased, erase, readmit
from dirserver.directory.people.people import Found
from tests.organisation import ADMIN, HERE


def find(services: Services, text: str, only: Collection[str] = ()) -> Found:
    with services.directory.reading(ADMIN, HERE) as reading:
        return people.find(reading, services.deriver, text, only)


def erased(services: Services, text: str, only: Collection[str] = ()) -> Erased:
    """Erase the one person that is found."""
    found = find(services, text, only)
    (person,) = found.people
    with services.directory.writing(ADMIN, HERE) as writing:
        return erase(writing, services.deriver, found, person)


def readmitted(services: Services, case: str) -> None:
    with services.directory.writing(ADMIN, HERE) as writing:
        readmit(writing, case)
