"""What is kept beside a card's body so that no vCard is parsed to answer a read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import TypeAlias

from dirserver.model.derive import derive
from dirserver.model.fields import NAMES, Field
from dirserver.model.fold import fold
from dirserver.model.number import DialPlan
from dirserver.model.vcard import VCard, parse_card
from dirserver.store.index.beginnings import words_of
from dirserver.store.index.derived import Derived
from dirserver.store.search.values import indexed_values

# Encodes what a card says, and its key, as the LDAP face will send it.
EntryEncoder: TypeAlias = Callable[[Mapping[Field, tuple[str, ...]], str], bytes]

# Counts up whenever the same card would be derived differently; stored cards are then
# derived anew.
_VERSION = 8
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
        values = self._values(fields, fields)
        entry = self._encode_entry(fields, key)
        return Derived(values, _sort_name(fields, key), entry, words_of(values))

    def derive_change(self, card: VCard, before: VCard, key: str) -> tuple[Derived, Derived]:
        """Return what is kept beside ``card``, and what was beside the card ``before``.

        What is the same in both is missing, but for the sort name: most changes are small.
        """
        now, then = derive(card), derive(before)
        differing = {one for one in now.keys() | then.keys() if now.get(one) != then.get(one)}
        # The beginnings are in the order of that name.
        is_renamed = not NAMES.isdisjoint(differing)
        made = []
        for fields, entry in (now, self._encode_entry(now, key) if differing else b""), (then, b""):
            words = words_of(self._values(fields, NAMES)) if is_renamed else ()
            values = self._values(fields, differing)
            made.append(Derived(values, _sort_name(fields, key), entry, words))
        return made[0], made[1]

    def _values(
        self, said: Mapping[Field, tuple[str, ...]], fields: Iterable[Field]
    ) -> tuple[tuple[Field, str], ...]:
        values: list[tuple[Field, str]] = []
        for field in fields:
            texts = said.get(field, ())
            found = [indexed_values(field, one, self.plan) for one in texts]
            # Most are one text, which is indexed once under each of its forms.
            forms = found[0] if len(found) == 1 else dict.fromkeys(chain.from_iterable(found))
            values += [(field, form) for form in forms]
        return tuple(values)

    def derive_body(self, body: bytes, key: str) -> Derived:
        """Return what is kept beside the card with these bytes, which were stored before."""
        return self.derive(parse_card(body), key)


def _sort_name(fields: Mapping[Field, tuple[str, ...]], key: str) -> str:
    return fold(fields.get(Field.FULL_NAME, (key,))[0])[:_SORT_LENGTH]
