"""The queries of smart books, as values of the file."""

from __future__ import annotations

from dirserver.config.faults import Refused, listing, nearest
from dirserver.config.values import paragraphs
from dirserver.model.smart.misspelt import Misspelt, place
from dirserver.model.smart.parsing import parse


def query(value: object) -> str:
    """Read the query of a smart book."""
    text = paragraphs(value).rstrip()
    try:
        parse(text)
    except Misspelt as misspelt:
        raise Refused(f"{place(text, misspelt.at)}: {misspelt}{_hint(misspelt)}") from misspelt
    return text


def _hint(misspelt: Misspelt) -> str:
    if not misspelt.choices:
        return ""
    meant = nearest(misspelt.word, misspelt.choices)
    return (
        f"; did you mean {meant}?" if meant else f"; there are {listing(misspelt.choices, 'and')}"
    )
