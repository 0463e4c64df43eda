"""``import --on-duplicate ask``: who is known already is shown, one by one, to be decided on."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import typer

from dirserver.cli import screen
from dirserver.cli.failure import Failed
from dirserver.cli.history import outcomes
from dirserver.cli.intake.intaking import Known
from dirserver.cli.intake.meeting import there
from dirserver.directory import Reading
from dirserver.model.duplicates.meeting import OnDuplicate
from dirserver.model.grant import Privilege
from dirserver.model.history.difference import FieldChange, difference
from dirserver.model.uniting import Side, unite
from dirserver.model.vcard import without

_KEYS = {"u": OnDuplicate.UPDATE, "s": OnDuplicate.SKIP, "a": OnDuplicate.ADD}
_NOTHING = "Nothing was imported."


@dataclass(frozen=True, slots=True)
class Question:
    """A card whose person is known, and what an update would change."""

    known: Known
    changes: tuple[FieldChange, ...]


class Questions:
    """Collects what there is to be asked, and then asks; no transaction is open meanwhile."""

    def __init__(self, *, as_json: bool) -> None:
        """Begin with none. Raises Failed where nobody is there to be asked."""
        if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise Failed(
                "--on-duplicate ask is for somebody at a terminal, and here is none. Say update, "
                f"skip or add; --dry-run shows whom that concerns. {_NOTHING}"
            )
        self._asked: list[Question] = []
        self._answers: dict[tuple[str, str, int], OnDuplicate] = {}

    def collect(self, reading: Reading, known: Known) -> OnDuplicate:
        """Note a question, and go on as if the answer were to update."""
        self._asked.append(Question(known, _changes(reading, known)))
        return OnDuplicate.UPDATE

    def ask(self) -> None:
        """Ask of each what is to be done. Raises Failed when the answer is to do nothing at all."""
        for_all: OnDuplicate | None = None
        for number, question in enumerate(self._asked, 1):
            answer = for_all
            if answer is None:
                _show(question, number, len(self._asked))
                said = _said()
                answer = _KEYS[said.lower()]
                for_all = answer if said.isupper() else None
            self._answers[_name_of(question.known)] = answer

    def answer(self, _reading: Reading, known: Known) -> OnDuplicate:
        """Return what was answered; who was not asked about gets a card of their own."""
        return self._answers.get(_name_of(known), OnDuplicate.ADD)


def _name_of(known: Known) -> tuple[str, str, int]:
    return known.slug, known.file.name, known.card.number


def _changes(reading: Reading, known: Known) -> tuple[FieldChange, ...]:
    if known.other is not None:
        there = known.other.body or b""
    else:
        there = reading.body(reading.book(known.slug, Privilege.READ), known.meeting.href)
    came = without(known.card.body or b"", frozenset({"UID"}))
    return difference(there, unite(there, came, reading.plan, Side.OTHER).body)


def _show(question: Question, number: int, of: int) -> None:
    known = question.known
    name = outcomes.short(known.card.name) or known.file.name
    screen.say((f"{number} of {of}: {name}", "bold"), f" is {there(known)}")
    screen.say("  ", "; ".join(known.meeting.reasons))
    for change in question.changes:
        outcomes.tell_field(change)
    if not question.changes:
        screen.say("    that card says all of it already")


def _said() -> str:
    while True:
        said = str(
            typer.prompt(
                "(u)pdate that card, (s)kip this one, (a)dd it nonetheless; U, S or A for all that "
                "follow; (q)uit"
            )
        ).strip()
        if said.lower() in _KEYS:
            return said
        if said.lower() == "q":
            raise Failed(_NOTHING)
