"""The If header (RFC 4918 section 10.4): lists of states, one of which must be as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# One after the other, and nothing is tried a second way: a long header takes its length.
_TOKEN = re.compile(
    r"""\s*(?: (?P<open>\() | (?P<close>\)) | (?P<not>Not\b)
         | <(?P<url>[^<>\s]+)> | \[\s*(?P<weak>W/)?"(?P<etag>[^"]*)"\s*\] )""",
    re.VERBOSE | re.IGNORECASE,
)
# Each other resource that is named has to be looked up.
MOST_RESOURCES = 20


@dataclass(frozen=True, slots=True)
class State:
    """A condition on a resource: that it has ``etag``, or, if ``negated``, that it has not.

    None stands for what nothing here has: the token of a lock, and a weak etag.
    """

    etag: str | None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class StateList:
    """Conditions that must hold together, on the resource at ``url``, or on the one asked."""

    states: tuple[State, ...]
    url: str = ""


def read_if(header: str) -> tuple[StateList, ...]:
    """Return the lists in an If header. Raises ValueError for what is none."""
    tokens = list(_tokens(header))
    lists: list[StateList] = []
    url, at = "", 0
    while at < len(tokens):
        kind, value = tokens[at]
        if kind == "url" and (url or not lists) and tokens[at + 1 : at + 2] == [("open", "(")]:
            # Section 10.4.2: either all lists are tagged or none is, and a tag has a list.
            url = value
        elif kind == "open":
            end = tokens.index(("close", ")"), at)
            lists.append(StateList(tuple(_states(tokens[at + 1 : end])), url))
            at = end
        else:
            raise ValueError(f"{value} has no place there")
        at += 1
    if not lists or len({each.url for each in lists}) > MOST_RESOURCES:
        raise ValueError("no condition, or on too many resources")
    return tuple(lists)


def _tokens(header: str) -> Iterator[tuple[str, str]]:
    at, text = 0, header.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise ValueError("this is no If header")
        # A weak etag has two groups, of which the last is the etag.
        yield ("weak" if found["weak"] else found.lastgroup, found[found.lastgroup])
        at = found.end()


def _states(tokens: list[tuple[str, str]]) -> Iterator[State]:
    if not tokens:
        raise ValueError("an empty list")
    negated = False
    for kind, value in tokens:
        if kind == "not" and not negated:
            negated = True
            continue
        if kind not in ("url", "etag", "weak"):
            raise ValueError(f"{value} is no condition")
        # Section 10.4.4: etags are compared strongly. Nothing is ever locked here, so that no
        # state token matches, and least of all DAV:no-lock (section 10.4.8).
        yield State(value if kind == "etag" else None, negated)
        negated = False
    if negated:
        raise ValueError("not what?")


def holds(lists: tuple[StateList, ...], etag_at: Callable[[str], str | None]) -> bool:
    """Say whether one of ``lists`` holds (section 10.4.3).

    ``etag_at`` returns the etag of what is at a URL, of the resource that was asked for the empty
    one, and None where there is nothing.
    """
    return any(_is_met(each, etag_at(each.url)) for each in lists)


def _is_met(each: StateList, etag: str | None) -> bool:
    return all(
        (state.etag is not None and state.etag == etag) is not state.negated
        for state in each.states
    )
