"""How the values of fields are looked at, and which are asked for together."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from dirserver.model.fields import NAMES, PHONES, Field
from dirserver.store.index import lines, trigram
from dirserver.store.search.probes import ORDERED, Op, is_by_order, is_of_part

# Every number is in one of these, and so is not kept again for all of them together.
_KINDS_OF_PHONE = tuple(sorted(PHONES - {Field.ANY_PHONE, Field.PREFERRED_PHONE}))


class Kind(Enum):
    """How values are looked at."""

    NUMBER = "number"
    WORDS = "name, by its words"
    TEXT = "text"


def kept_as(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return under which names the index has the values of ``fields``."""
    kept: list[Field] = []
    for field in fields:
        kept += _KINDS_OF_PHONE if field is Field.ANY_PHONE else (field,)
    return tuple(map(str, kept))


# Programs ask for ever other words of a few attributes: what depends on these alone is kept.
@lru_cache(maxsize=256)
def by_kind(
    fields: tuple[Field, ...], is_of_words: bool
) -> tuple[tuple[Kind, tuple[Field, ...]], ...]:
    """Return ``fields`` by how their values are looked at."""
    found: dict[Kind, tuple[Field, ...]] = {}
    for field in fields:
        text = Kind.WORDS if is_of_words and field in NAMES else Kind.TEXT
        kind = Kind.NUMBER if field in PHONES else text
        found[kind] = (*found.get(kind, ()), field)
    return tuple(found.items())


@lru_cache(maxsize=256)
def asked_of(fields: tuple[Field, ...], ops: tuple[Op, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the kept fields that are asked for together."""
    kept = kept_as(fields)
    if is_of_part(ops):
        together: dict[str, tuple[str, ...]] = {}
        for one in kept:
            there = looked_up_in(one)
            together[there] = (*together.get(there, ()), one)
        return tuple(together.values())
    ordered = tuple([one for one in kept if one in ORDERED])
    rest = tuple([one for one in kept if one not in ORDERED])
    return (ordered, rest) if ordered and rest and is_by_order(ordered, ops) else (kept,)


def looked_up_in(field: str) -> str:
    """Return which index leads to the lines that have a field, or nothing where none have it."""
    return trigram.index_of(field) if field in lines.FIELDS else ""
