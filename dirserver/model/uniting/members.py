"""The cards of groups that name a member whose UID is another one now."""

from __future__ import annotations

from dirserver.model.contentline import escape, unescape
from dirserver.model.fields import SOURCES, Field
from dirserver.model.history.items import Item, read
from dirserver.model.history.rewriting import Rewriting
from dirserver.model.uniting.rewritten import with_value

_NAMING = SOURCES[Field.MEMBER]
_URN = "urn:uuid:"


def renamed(body: bytes, old: str, new: str) -> bytes:
    """Return a card in which the UID ``new`` is named wherever ``old`` was; once, if both were."""
    sheet = read(body)
    rewriting = Rewriting(sheet)
    naming = [item for item in sheet.items if item.name in _NAMING]
    known = {(item.name, _named(item)) for item in naming}
    for item in naming:
        if _named(item) != _bare(old):
            continue
        if (item.name, _bare(new)) in known:
            rewriting.remove(item)
            continue
        known.add((item.name, _bare(new)))
        is_urn = unescape(item.line.value).strip().lower().startswith(_URN)
        named = f"{_URN}{_bare(new)}" if is_urn and ":" not in _bare(new) else new
        rewriting.replace(item, with_value(item, escape(named)))
    return rewriting.finish()


def _named(item: Item) -> str:
    return _bare(unescape(item.line.value).strip())


def _bare(uid: str) -> str:
    """Return a UID without what makes a URN of a UUID (RFC 6350 section 6.6.5)."""
    return uid[len(_URN) :] if uid.lower().startswith(_URN) else uid
