"""Reading CARDDAV:filter from XML (RFC 6352 section 10.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dirserver_radicale.xml.filters import FOLDING, Filter, ParamFilter, PropFilter, TextMatch

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_NS = "{urn:ietf:params:xml:ns:carddav}"
COLLATIONS = ("i;ascii-casemap", "i;octet", FOLDING)
# Every test is made on every card that may match; nobody's search is longer than this.
_MOST_TESTS = 100
_LONGEST_TEXT = 4096


class UnsupportedFilter(ValueError):
    """A filter asks for what RFC 6352 does not have (section 8.6, CARDDAV:supported-filter)."""


class UnsupportedCollation(ValueError):
    """A text-match names a collation that is not in COLLATIONS (RFC 6352 section 8.3)."""


def read_filter(element: Element) -> Filter:
    """Read a filter element. Raises ValueError for what it cannot be."""
    if sum(1 for _ in element.iter()) > _MOST_TESTS:
        raise UnsupportedFilter("too many tests")
    parts = tuple(_prop_filter(child) for child in _children(element, ("prop-filter",)))
    return Filter(parts, _choice(element, "test", "anyof", "allof") == "allof")


def _prop_filter(element: Element) -> PropFilter:
    children = _children(element, ("is-not-defined", "text-match", "param-filter"))
    group, _, name = _name(element).rpartition(".")
    undefined = _only(children, "is-not-defined")
    return PropFilter(
        name,
        group,
        _choice(element, "test", "anyof", "allof") == "allof",
        undefined,
        tuple(_text_match(child) for child in children if child.tag == f"{_NS}text-match"),
        tuple(_param_filter(child) for child in children if child.tag == f"{_NS}param-filter"),
    )


def _param_filter(element: Element) -> ParamFilter:
    children = _children(element, ("is-not-defined", "text-match"))
    if len(children) > 1:
        raise ValueError("a param-filter has one test at the most")
    undefined = _only(children, "is-not-defined")
    tests = [] if undefined else [_text_match(child) for child in children]
    return ParamFilter(_name(element), undefined, tests[0] if tests else None)


def _text_match(element: Element) -> TextMatch:
    collation = element.get("collation", FOLDING)
    if collation == "default":
        collation = FOLDING
    if collation not in COLLATIONS:
        raise UnsupportedCollation(f"unknown collation {collation[:50]!r}")
    text = element.text or ""
    if len(text) > _LONGEST_TEXT:
        raise UnsupportedFilter("a text that is too long")
    return TextMatch(
        text,
        _choice(element, "match-type", "contains", "equals", "starts-with", "ends-with"),
        collation,
        _choice(element, "negate-condition", "no", "yes") == "yes",
    )


def _children(element: Element, allowed: tuple[str, ...]) -> list[Element]:
    names = {f"{_NS}{name}" for name in allowed}
    for child in element:
        if child.tag not in names:
            raise UnsupportedFilter(f"unexpected {child.tag[:50]!r} in a filter")
    return list(element)


def _only(children: list[Element], name: str) -> bool:
    found = any(child.tag == f"{_NS}{name}" for child in children)
    if found and len(children) > 1:
        raise ValueError(f"{name} stands alone")
    return found


def _name(element: Element) -> str:
    name = element.get("name", "").upper()
    if not name:
        raise ValueError("a filter without a name")
    return name


def _choice(element: Element, attribute: str, default: str, *others: str) -> str:
    value = element.get(attribute, default)
    if value not in (default, *others):
        raise ValueError(f"unknown {attribute} {value[:50]!r}")
    return value
