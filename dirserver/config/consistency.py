"""What is wrong between the parts of a configuration, though each could be read by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from dirserver.config import grantees, smart, sources, standards
from dirserver.config.faults import Inspection, Place, nearest, shown
from dirserver.config.listeners import Listener
from dirserver.config.schema import LDAP, CardDAV, Draft, NumberStyle
from dirserver.model.network import Network

_BY_DEFAULT = " (by default)"


def check(draft: Draft, inspection: Inspection) -> None:
    """Note every contradiction in what could be read."""
    _check_listeners(draft, inspection)
    _check_profiles(draft, inspection)
    _check_mails(draft, inspection)
    grantees.check_members(draft, inspection)
    grantees.check_circles(draft, inspection)
    _check_slugs(draft, inspection)
    _check_default_books(draft, inspection)
    grantees.check_grants(draft, inspection)
    for book in draft.books:
        if book.standards is not None:
            standards.check(book.standards, inspection)
    smart_books = {book.slug for book in draft.books if book.query}
    named = inspection.names.get("books", ())
    sources.check(draft.sources, named, smart_books, inspection)
    smart.check(draft, inspection)
    grantees.check_show_users(draft, inspection)
    _check_client_ca(draft, inspection)


def _check_listeners(draft: Draft, inspection: Inspection) -> None:
    listeners: list[tuple[Place, Listener]] = []
    for section in (draft.carddav, draft.ldap):
        if section is None:
            continue
        if section.listen_tls and "tls" not in inspection.tables:
            place = inspection.place_of(section).at("listen_tls")
            sentence = "TLS needs a certificate; add a table [tls], or leave listen_tls out"
            inspection.refuse(place, sentence, shown([str(each) for each in section.listen_tls]))
        listeners.extend(_listeners(section, inspection))
    if draft.metrics is not None:
        place = inspection.place_of(draft.metrics).at("listen")
        listeners.extend(_items(inspection, place, draft.metrics.listen))
    # Where a default is in the way, what the file says is at fault.
    listeners.sort(key=lambda found: not found[0].key.endswith(_BY_DEFAULT))
    for (place, one), (other_place, other) in combinations(listeners, 2):
        if one.overlaps(other):
            sentence = f"this overlaps with {shown(str(one))} of {place}"
            inspection.refuse(other_place, sentence, shown(str(other)))


def _check_client_ca(draft: Draft, inspection: Inspection) -> None:
    if draft.ldap is None or draft.ldap.client_ca is None or "tls" in inspection.tables:
        return
    sentence = "clients show certificates over TLS only; add a table [tls], or leave client_ca out"
    place = inspection.place_of(draft.ldap).at("client_ca")
    inspection.refuse(place, sentence, shown(str(draft.ldap.client_ca)))


def _listeners(section: CardDAV | LDAP, inspection: Inspection) -> Iterator[tuple[Place, Listener]]:
    at = inspection.place_of(section)
    plain, tls = at.at("listen"), at.at("listen_tls")
    # What is at fault itself has left the default behind, which nobody asked for.
    if section.listen is not type(section)().listen:
        yield from _items(inspection, plain, section.listen)
    elif not inspection.is_unread(plain):
        yield from ((Place(at.table, f"listen{_BY_DEFAULT}"), each) for each in section.listen)
    yield from _items(inspection, tls, section.listen_tls)


def _items(
    inspection: Inspection, place: Place, listeners: Iterable[Listener]
) -> Iterator[tuple[Place, Listener]]:
    return ((inspection.item(place, index), each) for index, each in enumerate(listeners))


def _check_profiles(draft: Draft, inspection: Inspection) -> None:
    taken: dict[Network, Place] = {}
    for profile in draft.ldap.profiles if draft.ldap else ():
        _check_numbers(
            draft, inspection, inspection.place_of(profile).at("numbers"), profile.numbers
        )
        place = inspection.place_of(profile).at("networks")
        for index, network in enumerate(profile.networks):
            if network in taken:
                sentence = f"{taken[network].key} is the same network"
                inspection.refuse(inspection.item(place, index), sentence, shown(str(network)))
            taken.setdefault(network, inspection.item(place, index))


def _check_numbers(draft: Draft, inspection: Inspection, at: Place, style: NumberStyle) -> None:
    organisation = draft.organisation
    if style is not NumberStyle.OUTSIDE_LINE or organisation is None:
        return
    if not organisation.outside_line:
        sentence = "nothing is dialled for an outside line; add outside_line to [organisation]"
        inspection.refuse(at, sentence, shown(style.value))


def _check_mails(draft: Draft, inspection: Inspection) -> None:
    taken: dict[str, Place] = {}
    for user in draft.users:
        place = inspection.place_of(user)
        first = taken.setdefault(user.mail.casefold(), place)
        if user.mail and first != place:
            sentence = f"{first} has the same mail address, and users can log in with theirs"
            inspection.refuse(place.at("mail"), sentence, shown(user.mail))


def _check_slugs(draft: Draft, inspection: Inspection) -> None:
    reserved = {
        "users": "ou=users holds the people who log in; give the book another name",
        "all-contacts": "this is the one book of a merged home; give the book another name",
    }
    if draft.organisation is not None and draft.organisation.personal_books:
        reserved["personal"] = (
            "with personal_books = true in [organisation] every user has a book of this name;"
            " give this one another"
        )
    for book in draft.books:
        if book.slug in reserved:
            inspection.refuse(inspection.place_of(book), reserved[book.slug])


def _check_default_books(draft: Draft, inspection: Inspection) -> None:
    """Refuse a book for new cards that there is not; who may write to it, grants say later."""
    books = set(inspection.names.get("books", ()))
    organisation = draft.organisation
    if organisation is None or organisation.personal_books:
        books.add("personal")
    for user in draft.users:
        if user.default_book and user.default_book not in books:
            meant = nearest(user.default_book, sorted(books))
            hint = f"did you mean {shown(meant)}?" if meant else "name one of the books"
            place = inspection.place_of(user).at("default_book")
            sentence = f"there is no book {shown(user.default_book)}; {hint}"
            inspection.refuse(place, sentence, shown(user.default_book))
