"""Items of a card that say something else than they did, ready to be put into a card."""

from __future__ import annotations

from dataclasses import replace

from dirserver.model.contentline import ContentLine, Params, fold, format_line
from dirserver.model.history.items import Item, Written


def with_line(item: Item, params: Params, value: str) -> Item:
    """Return ``item`` with these parameters and this value; itself, if it has them."""
    if params == item.line.params and value == item.line.value:
        return item
    line = item.line._replace(params=params, value=value)
    text = format_line(line)
    written = Written(item.written.start, item.written.end, text, fold(text).decode())
    # What it means is not asked for again.
    return replace(item, line=line, written=written)


def with_value(item: Item, value: str) -> Item:
    """Return ``item`` with this value."""
    return with_line(item, item.line.params, value)


def new_item(name: str, value: str) -> Item:
    """Return an item that was in no card."""
    line = ContentLine("", name, (), value)
    text = format_line(line)
    return Item(line, Written(0, 0, text, fold(text).decode()), (), (name, (), value, (), ()))


def without_preference(item: Item) -> Item:
    """Return ``item`` without the word that it is the preferred one of its kind."""
    kept: list[tuple[str, tuple[str, ...]]] = []
    for name, values in item.line.params:
        if name == "PREF" or (not values and name.lower() == "pref"):
            continue
        words = [word for value in values for word in value.split(",")]
        if name != "TYPE" or not values or "pref" not in map(str.lower, words):
            kept.append((name, values))
        elif left := tuple(word for word in words if word.lower() != "pref"):
            kept.append((name, left))
    return with_line(item, tuple(kept), item.line.value)


def is_preferred(item: Item) -> bool:
    """Say whether ``item`` is the preferred one of its kind."""
    return "pref" in item.line.types() or bool(item.line.param("PREF"))
