"""The note of a card that is made of two: what both say, and what had to go elsewhere for it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dirserver.model.contentline import escape, unescape
from dirserver.model.history.items import Item
from dirserver.model.history.wording import field_name, full_text_of

_BETWEEN = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def paragraphs(item: Item) -> list[str]:
    """Return the paragraphs of a NOTE, without blanks around them."""
    text = unescape(item.line.value).replace("\r\n", "\n")
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


def earlier(item: Item) -> str:
    """Say what a property said that has another value now, in one line."""
    return " ".join(f"Earlier {field_name(item)}: {full_text_of(item)}".split())


def longer(value: str, more: Iterable[str]) -> str:
    """Return the value of a NOTE with more paragraphs."""
    added = [escape(one) for one in more]
    return "\\n\\n".join([value, *added] if value.strip() else added)
