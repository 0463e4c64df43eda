"""Ten thousand people who do not exist, the same ones in every run."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

# Who has them.
LOGIN = "alice"
_SEED = 5
# One card in so many has a picture, as in a book that telephones have filled.
PHOTO_EVERY = 20
PHOTO_BYTES = 20_000
_CARD_BYTES = 900
# Ten people, in a book of whatever size, are called this and nobody else is.
RARE_NAME = ("Zoë", "Weißenöhm")
RARE = 10

_GIVEN = """
Anna Björn Çağla Dörte Émile Fatma Grzegorz Hülya Ines Jürgen Kateřina Łukasz María Nguyễn
Øyvind Paul Quentin Renate Søren Thérèse Ulla Václav Wolfgang Xenia Yıldız Zoë
Алексей Мария Сергей Ольга Δημήτρης Ελένη 小明 美咲 太郎 민준 أحمد שרה
"""
_FAMILY = """
Müller Schmidt Groß Weiß Bäcker Schäfer Köhler Vogt Lindqvist Åkerlund Nowak Wiśniewski
Dvořák Horáková García Muñoz Lefèvre Dubois O'Neil Smith Johnson Öztürk Yılmaz Nguyễn
Иванов Петрова Смирнов Παπαδόπουλος Γεωργίου 王 田中 山本 김 حداد כהן Quillinger
"""
_FIRMS = (
    "Bäckerei Groß", "Example GmbH", "Müller & Söhne KG", "Nordlicht AS", "Zakład Nowak",
    "Ост-Вест ООО", "田中商店", "Stadtwerke Beispiel", "Café Zoë", "Acme Ltd",
)  # fmt: skip
_TITLES = ("Leiter Einkauf", "Sales Manager", "Geschäftsführerin", "Monteur", "Buchhaltung", "営業")
_CITIES = (("Berlin", "10115", "30"), ("Köln", "50667", "221"), ("München", "80331", "89"))
_WORDS = """
ruft lieber vormittags an ordered twice last year zahlt pünktlich Rabatt vereinbart
met at the fair bevorzugt E-Mail siehe Vertrag liefert nur montags
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up person: the card, and what one would look for to find it."""

    number: int
    given: str
    family: str
    phone: str
    card: bytes

    @property
    def href(self) -> str:
        """The name of the card in its book."""
        return f"person-{self.number:06}.vcf"


def people(count: int, *, first: int = 0) -> Iterator[Person]:
    """Yield ``count`` people, beginning with number ``first``; a number is always the same one."""
    for number in range(first, first + count):
        yield person(number)


def person(number: int, *, edition: int = 0) -> Person:
    """Return the person ``number``; another ``edition`` of the card has another note."""
    random = Random(_SEED * 1_000_003 + number)
    given, family = random.choice(_GIVEN.split()), random.choice(_FAMILY.split())
    if number < RARE * 100 and number % 100 == 37:
        given, family = RARE_NAME
    city, code, area = random.choice(_CITIES)
    digits = f"{2_000_000 + number * 7919 % 7_000_000}"
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:person-{number:06}",
        f"FN:{given} {family}",
        f"N:{family};{given};;;",
        f"ORG:{random.choice(_FIRMS)};Abteilung {number % 17}",
        f"TITLE:{random.choice(_TITLES)}",
        f"TEL;TYPE=WORK,VOICE:{_written(random, area, digits)}",
        f"TEL;TYPE=CELL:{_written(random, '171', digits[::-1])}",
        f"EMAIL;TYPE=INTERNET,WORK:person{number}@example.com",
        f"EMAIL;TYPE=INTERNET,HOME:p{number}.{edition}@example.net",
        f"ADR;TYPE=WORK:;;Beispielstraße {number % 200};{city};;{code};Deutschland",
        f"CATEGORIES:Kunde,Gruppe {number % 12}",
        f"URL:https://www.example.com/people/{number}",
        "X-ABUID:" + "".join(random.choices("0123456789ABCDEF", k=32)),
        f"REV:2026-01-{number % 28 + 1:02}T{number % 24:02}:00:00Z",
    ]
    if number % PHOTO_EVERY == 0:
        picture = base64.b64encode(random.randbytes(PHOTO_BYTES)).decode()
        lines += _folded(f"PHOTO;ENCODING=b;TYPE=JPEG:{picture}")
    note = f"NOTE:Ausgabe {edition}"
    missing = _CARD_BYTES - sum(len(line.encode()) + 2 for line in lines)
    while len(note.encode()) < missing:
        note += f" {random.choice(_WORDS.split())}"
    card = "\r\n".join([*lines, *_folded(note), "END:VCARD", ""]).encode()
    return Person(number, given, family, f"+49{area}{digits}", card)


def _written(random: Random, area: str, digits: str) -> str:
    """Write a German number in one of the ways that people do."""
    ways = (
        f"+49 {area} {digits}",
        f"+49 (0){area} {digits[:3]} {digits[3:]}",
        f"0{area}/{digits}",
        f"(0{area}) {digits[:4]}-{digits[4:]}",
        f"0049{area}{digits}",
        f"0{area} {digits[:2]} {digits[2:4]} {digits[4:]}",
    )
    return random.choice(ways)


def _folded(line: str) -> list[str]:
    """Fold a line as clients do (RFC 2426 section 2.6), between characters."""
    return [line[:70], *(f" {line[at : at + 69]}" for at in range(70, len(line), 69))]
