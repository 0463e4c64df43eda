"""``dirserver quality``: how good the cards of a book are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dirserver.cli import again, screen
from dirserver.cli.acting import acting
from dirserver.cli.invocation import Invocation
from dirserver.cli.outfile import replacing
from dirserver.cli.same.pairing import ShownDouble, ShownPair, shown
from dirserver.directory import Reading, label_of
from dirserver.directory.same import duplicates
from dirserver.directory.standards.quality import BREAKING, Inspected, Noted, inspected, noted
from dirserver.exchange.quality import quality_page
from dirserver.model.duplicates.verdict import Verdict
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.standards.rules import Handling, Rule, Standards

_MONTH = timedelta(days=365 / 12)
_MOST_SHOWN = 20
_MOST_DAYS = 10


@dataclass(frozen=True, slots=True)
class Request:
    """What to report on, as it was typed."""

    book: str
    login: str
    months: int
    html: Path | None
    force: bool


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many cards break a rule, and in how many of them something can be repaired."""

    rule: Rule
    policy: Handling
    cards: int
    repairable: int


@dataclass(frozen=True, slots=True)
class ShownFault:
    """What in a card breaks a rule, and the value that a repair puts there, if it can."""

    href: str
    key: str
    name: str
    rule: Rule
    property: str
    said: str
    becomes: str | None


@dataclass(frozen=True, slots=True)
class NamedCard:
    """A card, and when somebody changed it last."""

    href: str
    key: str
    name: str
    changed: datetime


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the cards of a book are."""

    book: str
    cards: int
    breaking: int
    months: int
    rules: tuple[RuleCount, ...]
    faults: tuple[ShownFault, ...]
    stale: tuple[NamedCard, ...]
    without_number: tuple[NamedCard, ...]
    without_mail: tuple[NamedCard, ...]
    duplicates: tuple[ShownPair, ...]
    days: tuple[Noted, ...]


def report(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Print how good the cards of a book are, for one who may change them. Raises Failed."""
    now = datetime.now(UTC)
    with acting(invocation, request.login) as who, who.reading() as reading:
        view = who.book(reading, request.book, Privilege.WRITE)
        total, found = reading.count(view), []
        with screen.progress(f"looking through {request.book}") as advance:
            for one in inspected(reading, view):
                found.append(one)
                advance(len(found), total)
        standards = view.book.standards or Standards()
        days = tuple(noted(reading, view))
        twice = _found_twice(reading, view)
        since = now - request.months * _MONTH
        quality = Quality(
            label_of(view.book),
            len(found),
            sum(bool(one.faults) for one in found),
            request.months,
            tuple(_count(found, standards, rule) for rule in standards.rules),
            tuple(fault for one in found for fault in _faults(one)),
            tuple(_named(one) for one in found if one.changed < since),
            tuple(_named(one) for one in found if not one.has_number),
            tuple(_named(one) for one in found if not one.has_mail),
            twice,
            days,
        )
        organisation = who.services.config.organisation.name
    if request.html is not None:
        with replacing(request.html, "There is no page.", force=request.force) as file:
            file.write(quality_page(quality, organisation, now).encode())
    if as_json:
        screen.say_json(quality)
    else:
        _tell(quality)


def _found_twice(reading: Reading, view: VisibleBook) -> tuple[ShownPair, ...]:
    """Return who certainly is twice in the book, or in it and another one that can be read."""
    views = {one.book.id: one for one in reading.books(Privilege.READ)} | {view.book.id: view}
    of_all = list(views.values())
    with screen.progress("reading cards") as advance:
        gathered = duplicates.gather(reading, of_all, advance)
    with screen.progress("comparing cards") as advance:
        found = duplicates.compare(gathered, advance, Verdict.CERTAIN, view)
    return tuple(shown(reading, of_all, found, len(found.pairs)))


def _count(found: Sequence[Inspected], standards: Standards, rule: Rule) -> RuleCount:
    broken = [[fault for fault in one.faults if fault.rule is rule] for one in found]
    return RuleCount(
        rule,
        standards.handling_of(rule),
        sum(map(bool, broken)),
        sum(any(fault.mended is not None for fault in faults) for faults in broken),
    )


def _faults(one: Inspected) -> list[ShownFault]:
    card = one.card
    return [
        ShownFault(
            card.href, card.key, one.name, fault.rule, fault.property, fault.sentence, fault.mended
        )
        for fault in one.faults
    ]


def _named(one: Inspected) -> NamedCard:
    return NamedCard(one.card.href, one.card.key, one.name, one.changed)


def _tell(quality: Quality) -> None:
    cards = screen.counted(quality.cards, "card")
    if quality.rules:
        breaks = "breaks" if quality.breaking == 1 else "break"
        screen.say((quality.book, "bold"), f": {cards}, {quality.breaking} {breaks} a standard")
        screen.say_table(
            ("rule", "cards", "repairable", "policy"),
            [
                (one.rule.value, str(one.cards), str(one.repairable), one.policy.value)
                for one in quality.rules
            ],
        )
    else:
        screen.say((quality.book, "bold"), f": {cards}; the book has no standards")
    _tell_some(
        "what breaks a standard",
        [f"{one.name or one.href}, {one.href}: {one.said}" for one in quality.faults],
    )
    _tell_some(
        f"nobody has changed for {screen.counted(quality.months, 'month')}",
        [f"{one.name or one.href}, {one.href}: {one.changed:%Y-%m-%d}" for one in quality.stale],
    )
    for what, lacking in (
        ("without a number", quality.without_number),
        ("without a mail address", quality.without_mail),
    ):
        _tell_some(what, [f"{one.name or one.href}, {one.href}" for one in lacking])
    _tell_some(
        "certainly there twice",
        [
            f"{' and '.join(_place(card, quality.book) for card in pair.cards)}: "
            f"{'; '.join(pair.reasons)}"
            for pair in quality.duplicates
        ],
    )
    breaking = [one for one in quality.days if one.rule == BREAKING][-_MOST_DAYS:]
    if breaking:
        days = ", ".join(f"{one.day}: {one.cards}" for one in breaking)
        screen.say(("cards that broke a standard", "bold"), f": {days}")
    if quality.duplicates:
        screen.note(f"What to do about those: {again.command(f'duplicates {quality.book}')}")
    if any(one.repairable for one in quality.rules):
        fix = again.command(f"quality fix {quality.book} --dry-run")
        screen.note(f"What can be repaired: {fix}")


def _place(card: ShownDouble, book: str) -> str:
    return f"{card.name}, {card.href if card.book == book else f'{card.book}/{card.href}'}"


def _tell_some(what: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    screen.say((what, "bold"), f": {len(lines)}")
    for line in lines[:_MOST_SHOWN]:
        screen.say(f"  {line}")
    if len(lines) > _MOST_SHOWN:
        screen.say(f"  ... and {len(lines) - _MOST_SHOWN} more; all are in --json and --html")
