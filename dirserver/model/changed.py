"""Which properties of a card were changed: their names, and nothing of what they say."""

from __future__ import annotations

from collections import Counter

from dirserver.model.contentline import ContentLine
from dirserver.model.edit import Edit

# What programs write anew each time, whatever a person has changed.
_BOOKKEEPING = frozenset({"REV", "PRODID", "VERSION"})
# A client names properties as it likes, and the audit trail is not to be filled by that.
_MOST = 20
_LONGEST = 40


def changed_properties(edit: Edit) -> tuple[str, ...]:
    """Return the names of the properties that differ between two bodies of a card, sorted.

    Their order in the card is no difference. What only keeps book of changes is named when
    nothing else was changed. There are not more than a reader wants to see.
    """
    lines = Counter(map(_said, edit.gone))
    lines.subtract(map(_said, edit.come))
    differing = {name for (name, _), number in lines.items() if number}
    named = sorted(differing - _BOOKKEEPING or differing)
    return tuple(name[:_LONGEST] for name in named[:_MOST])


def _said(line: ContentLine) -> tuple[str, tuple[object, ...]]:
    return line.name, (line.group.upper(), line.params, line.value)
