"""What the store keeps beside a body: the search index, the LDAP entry, the name to sort by.

Indexing is what costs most of a write, so that only what differs is written.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeAlias

from sqlalchemy import Connection, Table, bindparam, delete, select, text, update

from dirserver.model.fields import Field
from dirserver.store import trigram
from dirserver.store.prepared import Prepared, among, insert_into, listed
from dirserver.store.probes import ORDERED
from dirserver.store.tables import card_beginning, card_entry, card_value

# The id of a card, a field, and what the card says of it.
_Said: TypeAlias = tuple[int, str, str]

_NEW_ENTRIES = Prepared(insert_into(card_entry))
_CHANGE_ENTRIES = Prepared(
    update(card_entry)
    .where(card_entry.c.card_id == bindparam("of_card"))
    .values(attributes=bindparam("attributes"))
)
# How each engine takes any number of rows as one parameter.
_ROWS = {
    "sqlite": "json_each(:rows)",
    "postgresql": "json_array_elements(CAST(:rows AS json)) AS said (value)",
}


class _Kept:
    """A table of what cards say: each row a card, a field and a value."""

    def __init__(self, table: Table, *, ordered: bool) -> None:
        """Prepare the statements for ``table``, whose rows may say whether they are ``ordered``."""
        said = select(table.c.card_id, table.c.field, table.c.value)
        self._of_cards = Prepared(
            {engine: said.where(one) for engine, one in among(table.c.card_id, "cards").items()}
        )
        self._forget = Prepared(
            delete(table).where(
                table.c.field == bindparam("name"),
                table.c.value == bindparam("said"),
                table.c.card_id == bindparam("old"),
            )
        )
        columns, taken = (
            "card_id, field, value",
            "CAST(value ->> 0 AS BIGINT), value ->> 1, value ->> 2",
        )
        if ordered:
            columns, taken = f"{columns}, ordered", f"{taken}, CAST(value ->> 3 AS BOOLEAN)"
        self._insert = Prepared(
            {
                engine: text(
                    f"INSERT INTO {table.name} ({columns}) SELECT {taken} FROM {rows}"  # noqa: S608 - names of ours
                )
                for engine, rows in _ROWS.items()
            }
        )

    def replace(
        self, connection: Connection, said: Iterable[_Said], replaced: Collection[int]
    ) -> None:
        """Keep what cards say instead of what is there for those ``replaced``."""
        there = set[_Said]()
        if replaced:
            there = set(self._of_cards.rows(connection, cards=listed(replaced)))
        new = set(said)
        gone = there - new
        if gone:
            rows = [{"old": card, "name": field, "said": value} for card, field, value in gone]
            self._forget.each(connection, rows)
        # In the order of the indexes.
        come = sorted(new - there if there else new, key=itemgetter(1, 2, 0))
        if come:
            rows = [(card, field, value, field in ORDERED) for card, field, value in come]
            self._insert.run(connection, rows=json.dumps(rows, ensure_ascii=False))


_VALUES = _Kept(card_value, ordered=True)
_BEGINNINGS = _Kept(card_beginning, ordered=False)


@dataclass(frozen=True, slots=True)
class Derived:
    """What the store keeps beside a body: the search index, the sort name, the LDAP entry."""

    values: tuple[tuple[Field, str], ...]
    sort_name: str
    entry: bytes
    beginnings: tuple[tuple[str, str], ...] = ()


def store_derived(
    connection: Connection,
    derived: Sequence[tuple[int, Derived]],
    *,
    replaced: Iterable[int],
) -> None:
    """Keep what was derived from cards, given by id, instead of what is there for ``replaced``."""
    old = frozenset(replaced)
    values = [
        (card_id, field.value, said) for card_id, one in derived for field, said in one.values
    ]
    _VALUES.replace(connection, values, old)
    beginnings = [(card_id, *said) for card_id, one in derived for said in one.beginnings]
    _BEGINNINGS.replace(connection, beginnings, old)
    entries = [(card_id, one.entry) for card_id, one in derived]
    changed = [{"of_card": one, "attributes": entry} for one, entry in entries if one in old]
    created = [{"card_id": one, "attributes": entry} for one, entry in entries if one not in old]
    _CHANGE_ENTRIES.each(connection, changed)
    _NEW_ENTRIES.each(connection, created)
    trigram.settle(connection, least=trigram.MOST_DUE)
