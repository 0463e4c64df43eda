"""Cards as the scan has them: by what the search index holds."""

from __future__ import annotations

from dirserver.model.derive import derive
from dirserver.model.duplicates.facts import Facts, facts_of, seen_fields
from dirserver.model.number import DialPlan
from dirserver.model.vcard import parse_card
from dirserver.store.search.values import indexed_values

PLAN = DialPlan("DE", ("0",))


def facts(
    uid: str,
    name: str,
    *lines: str,
    hidden: frozenset[str] = frozenset(),
    source: str = "",
    key: str = "",
) -> Facts:
    """Return the facts of a card; it has an N only if that is one of lines.

    Its key is its UID unless it is said.
    """
    text = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{name}", *lines, "END:VCARD", ""]
    said = derive(parse_card("\r\n".join(text).encode()))
    values = {
        (str(field), indexed)
        for field, texts in said.items()
        for text in texts
        for indexed in indexed_values(field, text, PLAN)
    }
    return facts_of(key or uid, uid, values, seen_fields(hidden), source)
