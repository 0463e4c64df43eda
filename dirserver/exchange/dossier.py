"""What is kept of a person, as one file for them: a page to read, JSON, and the cards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from jinja2 import Environment, StrictUndefined

from dirserver.model.audit import WrittenEvent
from dirserver.model.derive import derive
from dirserver.model.dossier import Dossier, KeptCard, Version
from dirserver.model.fields import Field
from dirserver.model.vcard import parse_card

# Said once by a field of its own, and again in these.
_REPEATED = frozenset({Field.ANY_PHONE, Field.PREFERRED_PHONE, Field.SECOND_MAIL})


@dataclass(frozen=True, slots=True)
class _ShownCard:
    card: KeptCard
    facts: tuple[tuple[str, tuple[str, ...]], ...]
    files: tuple[tuple[str, Version], ...]

    @property
    def said(self) -> str:
        """Under which name there is what a source said last; empty if it comes of none."""
        return f"cards/{self.card.key}/said-by-{self.card.source}.vcf" if self.card.source else ""


def write_dossier(file: BinaryIO, person: Dossier, organisation: str, at: datetime) -> None:
    """Write everything in ``person`` as a ZIP file: index.html, person.json and all vCards.

    What the audit trail has of the addresses and programs of others is left out.
    """
    cards = tuple(_shown(card) for card in person.cards)
    page = _page(person, cards, organisation, at)
    data = json.dumps(_data(person, cards, organisation, at), indent=2, ensure_ascii=False)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("index.html", page)
        archive.writestr("person.json", data + "\n")
        for shown in cards:
            for name, version in shown.files:
                archive.writestr(name, version.body or b"")
            if shown.said:
                archive.writestr(shown.said, shown.card.said)


def _shown(card: KeptCard) -> _ShownCard:
    body = next((one.body for one in reversed(card.versions) if one.body is not None), b"")
    said = derive(parse_card(body)) if body else {}
    facts = tuple(
        (str(field).replace("_", " "), values)
        for field, values in said.items()
        if field not in _REPEATED
    )
    names = (
        f"cards/{card.key}/{number:04}-{version.at.astimezone(UTC):%Y%m%dT%H%M%SZ}.vcf"
        if version.body is not None
        else ""
        for number, version in enumerate(card.versions, 1)
    )
    pairs = zip(names, card.versions, strict=True)
    return _ShownCard(card, facts, tuple(pair for pair in pairs if pair[0]))


def _page(person: Dossier, cards: tuple[_ShownCard, ...], organisation: str, at: datetime) -> str:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["moment"] = _moment
    source = files("dirserver.exchange").joinpath("dossier.html").read_text("utf-8")
    names = {version: name for shown in cards for name, version in shown.files}
    return environment.from_string(source).render(
        person=person, cards=cards, organisation=organisation, at=at, file_of=names
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _data(
    person: Dossier, cards: tuple[_ShownCard, ...], organisation: str, at: datetime
) -> Mapping[str, object]:
    return {
        "organisation": organisation,
        "at": at.astimezone(UTC).isoformat(),
        "name": person.name,
        "cards": [_card(shown) for shown in cards],
        "events": [_event(written) for written in (*person.events, *person.lookups)],
        "copies": [
            {
                "book": copy.book,
                "login": copy.login,
                "device": copy.device,
                "since": copy.since.astimezone(UTC).isoformat(),
                "last": copy.last.astimezone(UTC).isoformat(),
                "stored": copy.stored,
            }
            for copy in person.copies
        ],
        "mentions": [
            {"key": one.key, "book": one.book, "properties": one.properties}
            for one in person.mentions
        ],
        "logins": person.logins,
    }


def _card(shown: _ShownCard) -> Mapping[str, object]:
    card = shown.card
    names = {version: name for name, version in shown.files}
    return {
        "key": card.key,
        "uid": card.uid,
        "book": card.book,
        "archived": card.archived,
        "current": card.is_current,
        "facts": dict(shown.facts),
        "source": card.source,
        "said_by_source": shown.said,
        "versions": [
            {
                "at": version.at.astimezone(UTC).isoformat(),
                "operation": version.operation,
                "book": version.book,
                "href": version.href,
                "actor": version.actor,
                "device": version.device,
                "file": names.get(version, ""),
            }
            for version in card.versions
        ],
    }


def _event(written: WrittenEvent) -> Mapping[str, object]:
    event = written.event
    return {
        "id": written.id,
        "at": written.at.astimezone(UTC).isoformat(),
        "actor": event.actor,
        "action": str(event.action),
        "outcome": str(event.outcome),
        "book": event.book,
        "card": event.card,
        "detail": event.detail,
    }
