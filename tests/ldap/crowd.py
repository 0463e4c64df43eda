"""A book so large that an answer has many batches."""

from __future__ import annotations

from sqlalchemy import insert, select

from dirserver.assembly import Services
from dirserver.store.tables import card, card_entry
from tests.organisation import ALICE, HERE, vcard

CROWD = 20_000


def fill(services: Services, number: int = CROWD) -> None:
    """Put a crowd of ``number`` into the book of customers.

    One card is put there as clients do; the others are copies of its rows, since there is only
    this to say of them: they are many. They are not in the search index.
    """
    with services.directory.writing(ALICE, HERE) as writing:
        lines = [f"EMAIL:someone{number}@example.net" for number in range(20)]
        writing.put_card("customers", "0.vcf", vcard("0", "Someone 00000", *lines))
    with services.store.writing() as connection:
        row = connection.execute(select(card)).one()._asdict()
        blob = connection.scalar(select(card_entry.c.attributes))
        names = [f"{one:05}" for one in range(1, number)]
        rows = [
            {
                **row,
                "id": row["id"] + at,
                "href": f"{name}.vcf",
                "key": f"key{name}",
                "uid": name,
                "sort_name": f"someone {name}",
            }
            for at, name in enumerate(names, 1)
        ]
        connection.execute(insert(card), rows)
        connection.execute(
            insert(card_entry), [{"card_id": row["id"], "attributes": blob} for row in rows]
        )
