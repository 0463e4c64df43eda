"""Conversion happens while a client waits: it is quick, and nobody can make it slow."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest

from dirserver.model.conversion import convert
from dirserver.model.vcard import parse_card
from tests.model.conversion.cards import card

# A card as a phone writes it, of about a thousand bytes.
USUAL = [
    "PRODID:-//Apple Inc.//iOS 17.5//EN",
    "UID:5f3c9a0e-6d0f-4d0b-8f1a-2b3c4d5e6f70",
    "ORG:Viagénie;Recherche",
    "TITLE:Directeur",
    "EMAIL;type=INTERNET;type=WORK;type=pref:zoe@example.org",
    "EMAIL;type=INTERNET;type=HOME:zoe@example.net",
    "TEL;type=WORK;type=VOICE;type=pref:+1-418-656-9254",
    "TEL;type=CELL;type=VOICE:+1-418-262-6501",
    "item1.ADR;type=WORK;type=pref:;;2875 boul. Laurier\\, suite 630;Québec;QC;G1V 2M2;Canada",
    "item1.X-ABADR:ca",
    "item2.URL;type=pref:http\\://www.example.org",
    "item2.X-ABLabel:_$!<HomePage>!$_",
    "BDAY;value=date:1970-02-03",
    "NOTE:Rencontrée à l'IETF\\; aime la vCard\\, beaucoup.\\nRappeler au printemps.",
    "CATEGORIES:Clients,VIP",
    "item3.X-ABRELATEDNAMES:Jane",
    "item3.X-ABLabel:_$!<Spouse>!$_",
    "REV:2024-05-01T10:20:30Z",
]


def seconds(act: Callable[[], object]) -> float:
    """Return the least CPU time that ``act`` takes."""
    taken = []
    for _ in range(5):
        started = time.process_time()
        act()
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.mark.parametrize("version", ["3.0", "4.0"])
def test_a_conversion_takes_a_few_times_what_reading_the_card_takes(version: str) -> None:
    other = {"3.0": "4.0", "4.0": "3.0"}[version]
    body = card("3.0", USUAL)
    body = body if other == "3.0" else convert(body, "4.0")
    reading = seconds(lambda: [parse_card(body) for _ in range(200)])
    converting = seconds(lambda: [convert(body, version) for _ in range(200)])
    assert converting < 8 * reading


def test_a_photo_is_not_looked_through_letter_by_letter() -> None:
    photo = base64.b64encode(bytes(range(256)) * 300).decode()
    body = convert(card("3.0", [*USUAL, f"PHOTO;ENCODING=b;TYPE=JPEG:{photo}"]), "4.0")
    assert len(body) > 100_000
    reading = seconds(lambda: parse_card(body))
    assert seconds(lambda: convert(body, "3.0")) < 5 * reading


@pytest.mark.parametrize(
    "lines",
    [
        ["X-SPOUSE:a", "X-ABRELATEDNAMES:b"],
        ["item1.X-ABRELATEDNAMES:b", "item1.X-ABLabel:_$!<Spouse>!$_"],
        ["item1.X-ABRELATEDNAMES:b", "item1.RELATED;VALUE=text:b", "item1.X-ABDATE:20010203"],
        ["ADR;TYPE=home:;;a", "NOTE:x", "LABEL;TYPE=home:b"],
        ["X-ANNIVERSARY:20010203", "item1.X-ABDATE:20010203"],
        ["X-JABBER:a", "IMPP:xmpp:b", "X-MANAGER:c"],
        ["FN:a", "N:b", "BDAY:c", "SORT-STRING:d", "RELATED;VALUE=text:e", "ANNIVERSARY:20010203"],
        ["NOTE:" + "\\" * 40, "TEL:" + "," * 40, "PHOTO;ENCODING=b: a b"],
    ],
)
@pytest.mark.parametrize("version", ["3.0", "4.0"])
def test_the_time_grows_with_the_card_and_no_faster(lines: list[str], version: str) -> None:
    other = {"3.0": "4.0", "4.0": "3.0"}[version]
    small, large = (card(other, lines * count) for count in (100, 800))
    short = seconds(lambda: convert(small, version))
    assert seconds(lambda: convert(large, version)) < 8 * 4 * short
