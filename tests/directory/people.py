"""People who are a little alike, in numbers."""

from __future__ import annotations

from random import Random

from tests.organisation import vcard


def made_up(random: Random, number: int) -> bytes:
    """A card of one of a few people, who have a few ways to be reached."""
    given, family = (
        random.choice(["Anna", "Bob", "Robert", "Paul"]),
        random.choice(["Vogt", "Groß"]),
    )
    choices = [
        f"TEL;TYPE=cell:0171 392{random.randrange(30):04}",
        f"EMAIL:{given}{random.randrange(4)}@{family}.example".lower(),
        "EMAIL:info@vogt.example",
        f"BDAY:19{random.randrange(80, 85)}-02-01",
        f"BDAY:19{random.randrange(80, 85)}0201",
        f"ORG:{random.choice(['Acme', 'Nordlicht'])}",
        f"ADR:;;Am Markt {random.randrange(3)};Köln;;50667;",
        f"TEL;TYPE=work:0221 7700{random.randrange(10):02}",
    ]
    return vcard(f"uid-{number}", f"{given} {family}", *random.sample(choices, random.randrange(5)))
