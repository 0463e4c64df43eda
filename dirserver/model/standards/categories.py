"""The categories that a book has. Another spelling is repaired; nobody's category is dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dirserver.model.contentline import escape, split_value, unescape
from dirserver.model.fold import fold
from dirserver.model.standards.rules import Fault, Rule, quoted
from dirserver.model.vcard import VCard


def faults(card: VCard, allowed: Sequence[str]) -> Iterator[Fault]:
    """Yield the categories that are not ``allowed``, or not spelled as they are there."""
    by_fold = {fold(name): name for name in allowed}
    for index, line in enumerate(card.lines):
        if line.name != "CATEGORIES":
            continue
        written = [unescape(part).strip() for part in split_value(line.value, ",")]
        other = [name for name in written if name and name not in allowed]
        unknown = [name for name in other if fold(name) not in by_fold]
        misspelt = [name for name in other if fold(name) in by_fold]
        if misspelt:
            spelled = [
                name if name in allowed else by_fold.get(fold(name), name) for name in written
            ]
            kept = dict.fromkeys(filter(None, spelled))
            said = ", ".join(f"{quoted(one)} as {quoted(by_fold[fold(one)])}" for one in misspelt)
            mended = ",".join(map(escape, kept))
            sentence = f"the category is to be written: {said}"
            yield Fault(Rule.CATEGORIES, "CATEGORIES", sentence, index, mended)
        if unknown:
            named = ", ".join(map(quoted, unknown))
            sentence = f"the book has no category {named}; it has {', '.join(allowed)}"
            yield Fault(Rule.CATEGORIES, "CATEGORIES", sentence, index)
