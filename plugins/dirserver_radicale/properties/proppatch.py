"""PROPPATCH (RFC 4918 section 9.2), and the properties in the body of an extended MKCOL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import client
from typing import TYPE_CHECKING, Final

from dirserver_radicale.properties.live import is_settable
from dirserver_radicale.xml.multistatus import DAV, element, propstat, rewritten

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_MOST_CHANGES = 100
_PROTECTED: Final = "<cannot-modify-protected-property/>"


@dataclass(frozen=True, slots=True)
class Change:
    """One property and what it is to be: ``value`` is the element, None takes it away."""

    name: str
    value: Element | None

    @property
    def xml(self) -> str | None:
        """The property as it is kept."""
        return None if self.value is None else rewritten(self.value)

    @property
    def text(self) -> str:
        """The text of it, without any markup."""
        return "" if self.value is None else "".join(self.value.itertext())


@dataclass(slots=True)
class Outcome:
    """How each property fared: all as wanted, or none (section 9.2)."""

    names: list[str]
    failed: dict[str, tuple[int, str]] = field(default_factory=dict)

    def fail(self, name: str, status: int, condition: str = "") -> None:
        """Note that a property cannot be what was wanted."""
        self.failed[name] = (status, condition)

    def propstats(self) -> Iterator[str]:
        """Write a propstat for each status. Those that would have done fail with the others."""
        groups: dict[tuple[int, str], list[str]] = {}
        fine = (client.FAILED_DEPENDENCY if self.failed else client.OK, "")
        for name in self.names:
            groups.setdefault(self.failed.get(name, fine), []).append(element(name))
        for (status, condition), named in groups.items():
            yield propstat("".join(named), status, condition)


def read_changes(root: Element | None, kind: str) -> list[Change]:
    """Read what a DAV:propertyupdate or another ``kind`` of document sets and removes.

    In the order of the document (section 9.2). Raises ValueError.
    """
    if root is None or root.tag != f"{DAV}{kind}":
        raise ValueError(f"this is no {kind}")
    changes = [
        _change(child, action.tag == f"{DAV}set", action, prop)
        for action in root
        if action.tag in (f"{DAV}set", f"{DAV}remove")
        for prop in action.iterfind(f"{DAV}prop")
        for child in prop
    ]
    if not 0 < len(changes) <= _MOST_CHANGES:
        raise ValueError("nothing, or too much, is to be changed")
    return changes


def _change(child: Element, is_set: bool, *around: Element) -> Change:
    if not is_set:
        return Change(child.tag, None)
    for holder in reversed(around):
        # The language of a property may be that of what is around it (section 4.3).
        if _LANG in holder.attrib and _LANG not in child.attrib:
            child.set(_LANG, holder.attrib[_LANG])
    return Change(child.tag, child)


def judged(changes: list[Change]) -> Outcome:
    """Return which of ``changes`` cannot be: live properties are not for clients to set."""
    outcome = Outcome(list(dict.fromkeys(change.name for change in changes)))
    for change in changes:
        if not is_settable(change.name):
            outcome.fail(change.name, client.FORBIDDEN, _PROTECTED)
    return outcome


def final(changes: list[Change]) -> Mapping[str, Change]:
    """Return what is left of changes of which a later one undoes an earlier."""
    return {change.name: change for change in changes}
