"""What is kept beside a card's body so that no vCard is parsed to answer a read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from dirserver.model.derive import derive
from dirserver.model.fields import Field
from dirserver.model.fold import fold
from dirserver.model.number import DialPlan
from dirserver.model.vcard import VCard, parse_card
from dirserver.store.index.derived import Derived
from dirserver.store.search.values import indexed_beginnings, indexed_values

# Encodes what a card says, and its key, as the LDAP face will send it.
EntryEncoder: TypeAlias = Callable[[Mapping[Field, tuple[str, ...]], str], bytes]

# Counts up whenever the same card would be derived differently; stored cards are then
# derived anew.
_VERSION = 5
# PostgreSQL indexes no text much longer than 2,700 bytes, and nobody reads so far to sort.
_SORT_LENGTH = 200


class Deriver:
    """Derives index values, sort name and LDAP entry from a card."""

    def __init__(self, plan: DialPlan, encode_entry: EntryEncoder) -> None:
        """Read numbers by ``plan`` and make entries with ``encode_entry``."""
        self.plan = plan
        self._encode_entry = encode_entry

    @property
    def version(self) -> str:
        """A text that differs whenever what is derived may differ."""
        return f"{_VERSION} {self.plan.region} {','.join(self.plan.outside_line)}".rstrip()

    def derive(self, card: VCard, key: str) -> Derived:
        """Return what is kept beside ``card``."""
        fields = derive(card)
        values: list[tuple[Field, str]] = []
        for field, said in fields.items():
            found = {indexed for one in said for indexed in indexed_values(field, one, self.plan)}
            values += [(field, indexed) for indexed in sorted(found)]
        name = fields.get(Field.FULL_NAME, (key,))[0]
        sort_name = fold(name)[:_SORT_LENGTH]
        entry = self._encode_entry(fields, key)
        return Derived(tuple(values), sort_name, entry, indexed_beginnings(fields))

    def derive_body(self, body: bytes, key: str) -> Derived:
        """Return what is kept beside the card with these bytes, which were stored before."""
        return self.derive(parse_card(body), key)
