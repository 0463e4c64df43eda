"""``dirserver show``: a card as it is, or as it was."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime

from dirserver.cli import again, screen
from dirserver.cli.acting import acting
from dirserver.cli.cards.choosing import Chosen, Wanted, choose
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.moments import asked_past
from dirserver.cli.same.linked import ShownPlace, places
from dirserver.directory import label_of
from dirserver.directory.past import history
from dirserver.directory.same import linking
from dirserver.model.history.difference import FieldValue, said
from dirserver.model.history.life import Version, current
from dirserver.model.history.wording import name_of
from dirserver.model.vcard import parse_card


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card at one moment; ``actor`` made it what it is, at ``changed``.

    It is ``linked`` with others now, which are of the same person; ``link_batch`` takes that back.
    """

    book: str
    href: str
    key: str
    uid: str
    name: str
    version: int
    changed: datetime
    actor: str
    device: str
    fields: tuple[FieldValue, ...]
    linked: tuple[ShownPlace, ...]
    link_batch: int | None


def show(invocation: Invocation, wanted: Wanted, at: str, *, raw: bool, as_json: bool) -> None:
    """Print a card as it was at the moment ``at``, or as it is. Raises Failed."""
    moment = asked_past(at, datetime.now().astimezone()) if at else None
    with acting(invocation, wanted.login) as who, who.reading() as reading:
        card = choose(who, reading, wanted)
        version = version_at(card, moment)
        body = history.bodies(reading, [version])[version.id]
        link = linking.of_cards(reading, [card.key]).get(card.key)
        link_batch = None if link is None else linking.number_of(reading, card.key)
    if raw:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
        return
    shown = ShownCard(
        label_of(card.views[version.place.book_id].book),
        version.place.href,
        card.key,
        parse_card(body).uid,
        name_of(body),
        version.id,
        version.at,
        version.actor,
        version.device,
        said(body),
        () if link is None else places(link.cards),
        link_batch,
    )
    if as_json:
        screen.say_json(shown)
        return
    screen.say((shown.name, "bold"), f"  ({shown.book}/{shown.href}, key {shown.key})")
    screen.say(f"version #{version.id}, by {version.actor}, {screen.local(version.at)}")
    if shown.fields:
        screen.say_table((), [(field.field, field.value) for field in shown.fields])
    for one in shown.linked:
        mode = "" if link is None else f", by {link.link.mode}"
        screen.say(f"linked with {one.book}/{one.href} (key {one.key}{mode})")
    if link_batch is not None:
        screen.note(f"To take the link back: {again.undo(link_batch)}")


def version_at(card: Chosen, moment: datetime | None) -> Version:
    """Return the version that a card had at ``moment``, or has. Raises Failed if there is none."""
    versions = [one for one in card.life if moment is None or one.at <= moment]
    found = current(versions)
    if found is not None:
        return found
    if not versions:
        first = card.life[0]
        raise Failed(
            f"{card.name} was not there then; {first.actor} created it at {screen.local(first.at)}."
        )
    gone = versions[-1]
    raise Failed(
        f"{card.name} was deleted by {gone.actor} at {screen.local(gone.at)}. Name a moment "
        f"before with --at, or bring it back with: {again.command(f'restore {card.key}')}"
    )
