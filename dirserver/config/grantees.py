"""Who is named in groups and grants: whether they exist, and what they can be given."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from dirserver.config.faults import Inspection, Place, nearest, shown
from dirserver.config.grants import ANONYMOUS, EVERYONE, GROUP_PREFIX, Grant
from dirserver.config.schema import Draft


def check_members(draft: Draft, inspection: Inspection) -> None:
    """Refuse members of groups who are no user and no group."""
    for group in draft.groups:
        place = inspection.place_of(group).at("members")
        for index, member in enumerate(group.members):
            if member in (EVERYONE, ANONYMOUS):
                sentence = "a book can be granted to these, but they cannot be members of a group"
            elif member in group.members[:index]:
                sentence = "this member is listed twice"
            else:
                sentence = _why_unknown(member, inspection)
            if sentence:
                inspection.refuse(inspection.item(place, index), sentence, shown(member))


def check_circles(draft: Draft, inspection: Inspection) -> None:
    """Refuse groups that are, by way of their members, inside themselves."""
    groups = {group.name: group for group in draft.groups}
    inside = {
        name: {each.removeprefix(GROUP_PREFIX) for each in group.members if _is_group(each)}
        for name, group in groups.items()
    }
    while circle := _circle(inside):
        first = min(circle, key=list(groups).index)
        start = circle.index(first)
        circle = [*circle[start:], *circle[:start], first]
        member = GROUP_PREFIX + circle[1]
        index = groups[first].members.index(member)
        place = inspection.item(inspection.place_of(groups[first]).at("members"), index)
        sentence = f"the groups go round in a circle: {' > '.join(circle)}"
        inspection.refuse(place, sentence, shown(member))
        # Without this link, another circle may still be there.
        inside[first].remove(circle[1])


def check_grants(draft: Draft, inspection: Inspection) -> None:
    """Refuse grants to nobody, to the same grantee twice, and those that contradict something."""
    for book in draft.books:
        taken: dict[str, Place] = {}
        for grant in book.grants:
            place = inspection.place_of(grant)
            first = taken.setdefault(grant.to, place)
            sentence = _why_unknown(grant.to, inspection, EVERYONE, ANONYMOUS)
            if first != place:
                sentence = f"{first.key} grants to the same; make one grant of the two"
            elif grant.to == ANONYMOUS and _only_names_may_search(draft, inspection):
                sentence = (
                    "with anonymous = false in [ldap] nobody searches without a name; set that to"
                    " true, or take this grant out"
                )
            if sentence:
                inspection.refuse(place.at("to"), sentence, shown(grant.to))
            for key, value, contradiction in _contradictions(grant):
                inspection.refuse(place.at(key), contradiction, shown(value))


def check_show_users(draft: Draft, inspection: Inspection) -> None:
    """Refuse to show the users to nobody."""
    if draft.ldap is None:
        return
    place = inspection.place_of(draft.ldap).at("show_users")
    for index, grantee in enumerate(draft.ldap.show_users):
        if sentence := _why_unknown(grantee, inspection, EVERYONE):
            inspection.refuse(inspection.item(place, index), sentence, shown(grantee))


def _contradictions(grant: Grant) -> Iterator[tuple[str, object, str]]:
    """Find what cannot be granted together: the key, its value and what is wrong with it."""
    if grant.access.changes_cards and grant.hide:
        sentence = 'who may change a card must see all of it; only "search" and "read" can hide'
        yield "hide", sorted(grant.hide), sentence
    if grant.access.changes_cards and grant.to == ANONYMOUS:
        sentence = 'every change needs a name; grant anonymous "search" or "read"'
        yield "access", grant.access.value, sentence


def _only_names_may_search(draft: Draft, inspection: Inspection) -> bool:
    if draft.ldap is None or draft.ldap.anonymous:
        return False
    return not inspection.is_unread(inspection.place_of(draft.ldap).at("anonymous"))


def _circle(inside: dict[str, set[str]]) -> list[str]:
    """Return groups each of which has the next as a member, the last the first; or none."""
    try:
        TopologicalSorter(inside).prepare()
    except CycleError as error:
        # What it found begins and ends with the same group, and goes from member to group.
        found: list[str] = error.args[1]
        return found[:0:-1]
    return []


def _is_group(grantee: str) -> bool:
    return grantee.startswith(GROUP_PREFIX)


def _why_unknown(grantee: str, inspection: Inspection, *words: str) -> str:
    """Say that there is no ``grantee``, and who was probably meant; nothing if there is one."""
    users = inspection.names.get("users", ())
    groups = inspection.names.get("groups", ())
    name = grantee.removeprefix(GROUP_PREFIX)
    if _is_group(grantee):
        noun, table, names = "group", "groups", groups
        namesake = f"the user {shown(name)}" if name in users else ""
    else:
        noun, table, names = "user", "users", (*users, *words)
        namesake = shown(GROUP_PREFIX + name) if name in groups else ""
    if name in names:
        return ""
    close = nearest(name, names)
    if namesake or close:
        hint = f"did you mean {namesake or shown(close)}?"
    else:
        hint = f"correct the name, or add a table {Place((table, name))}"
    return f"there is no {noun} {shown(name)}; {hint}"
