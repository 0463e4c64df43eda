"""How each card of an answer is written: worked out once, then a few joins of text a card."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from dirserver.directory import Reading
from dirserver.model.addressbook import Card
from dirserver_radicale.headers.httpdate import http_date
from dirserver_radicale.properties import reportset
from dirserver_radicale.properties.live import (
    ACL,
    BASIC,
    GETCONTENTLENGTH,
    GETCONTENTTYPE,
    GETETAG,
    GETLASTMODIFIED,
    INHERITED,
    PRIVILEGES,
    REPORTS,
    RESOURCETYPE,
    Missing,
    Value,
    access_control,
    live,
)
from dirserver_radicale.properties.propfind import Kind, Wanted, split, without_404
from dirserver_radicale.tree import privileges
from dirserver_radicale.tree.collection import Book, Part
from dirserver_radicale.xml.addressdata import AddressData
from dirserver_radicale.xml.multistatus import CARDDAV, DAV, element, href

ADDRESS_DATA: Final = f"{CARDDAV}address-data"
_SLOT = "%s"

# Writes a value of a card, from its etag, its text and the card itself, as far as they are needed.
# It is bytes from here on: to make text of cards, and bytes of that, costs more than to read them.
_Field: TypeAlias = Callable[[str, bytes, Card | None], bytes]


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be read of a card, beside its name and its etag, to write it.

    ``size`` is for cards of which a part is hidden, which only the rest of them tells. Reading
    that is no lookup.
    """

    card: bool = False
    body: bool = False
    size: bool = False

    def __or__(self, other: Needs) -> Needs:
        """Return what is needed for both."""
        return Needs(self.card or other.card, self.body or other.body, self.size or other.size)


def _length(_etag: str, body: bytes, card: Card | None) -> bytes:
    return b"%d" % (len(body) if card is None or card.size is None else card.size)


def _modified(_etag: str, _body: bytes, card: Card | None) -> bytes:
    if card is None:
        raise RuntimeError("the card was not read")
    return http_date(card.modified).encode()


# What differs from card to card: what it takes to tell it, where that is put, and how it is told.
_FIELDS: dict[str, tuple[Needs, str, _Field]] = {
    GETETAG: (Needs(), f'"{_SLOT}"', lambda etag, _body, _card: etag.encode()),
    GETLASTMODIFIED: (Needs(card=True), _SLOT, _modified),
    GETCONTENTLENGTH: (Needs(card=True), _SLOT, _length),
}
# What all cards have from their book. They have neither a name nor a description.
_OF_THE_BOOK = (
    f"{DAV}current-user-principal",
    f"{DAV}principal-collection-set",
    f"{DAV}supported-privilege-set",
    f"{DAV}acl-restrictions",
    f"{DAV}group",
    f"{DAV}owner",
    f"{CARDDAV}supported-collation-set",
)
_ALIKE: dict[str, Callable[[Book], Value]] = {
    RESOURCETYPE: lambda _: "",
    GETCONTENTTYPE: lambda _: "text/vcard;charset=utf-8",
    PRIVILEGES: lambda book: privileges.spelled(privileges.privileges(book.view, is_card=True)),
    REPORTS: lambda _: reportset.spelled(reportset.ON_CARDS),
    ACL: lambda book: access_control(book, inherited=book.url),
    INHERITED: lambda book: href(book.url),
}
_NAMES = (*_ALIKE, *_FIELDS, *_OF_THE_BOOK)
_BASIC = tuple(name for name in _NAMES if name in BASIC)


@dataclass(frozen=True, slots=True)
class CardPlan:
    """Writes the cards of one book: ``template`` takes the name and then the ``fields``."""

    part: Part
    template: bytes
    fields: Sequence[_Field]
    needs: Needs

    def write(self, name: str, etag: str, body: bytes = b"", card: Card | None = None) -> bytes:
        """Write the response for one card."""
        values = [field(etag, body, card) for field in self.fields]
        return self.template % (self.part.spelled(name).encode(), *values)

    def all(self, reading: Reading) -> Iterator[bytes]:
        """Write every card of the book, in the order of their names."""
        if not self.needs.card and not self.needs.body:
            return self._names(reading)
        return (written for _name, written in self._read(reading, None))

    def _names(self, reading: Reading) -> Iterator[bytes]:
        template, spelled = self.template, self.part.spelled
        found = reading.etags(self.part.book.view)
        if not self.fields:
            for name, _etag in found:
                yield template % spelled(name).encode()
            return
        # Nothing but the etag; this is what nearly every listing asks for.
        for name, etag in found:
            yield template % (spelled(name).encode(), etag.encode())

    def read(
        self, reading: Reading, names: Sequence[str], *, goes_on: bool = False
    ) -> Iterator[tuple[str, bytes]]:
        """Yield those of the cards ``names`` that there are, each as it is written.

        In any order, so that nothing waits in memory for another. ``goes_on`` is as for
        ``Reading.bodies``.
        """
        return self._read(reading, names, goes_on=goes_on)

    def _read(
        self, reading: Reading, names: Sequence[str] | None, *, goes_on: bool = False
    ) -> Iterator[tuple[str, bytes]]:
        """Write the cards of these names, or all of the book."""
        view, write = self.part.book.view, self.write
        if self.needs.body and self.needs.card:
            for card, body in reading.bodies(view, names, goes_on=goes_on):
                yield card.href, write(card.href, card.etag, body, card)
        elif self.needs.body:
            for name, etag, body in reading.texts(view, names, goes_on=goes_on):
                yield name, write(name, etag, body)
        else:
            lengths = reading.lengths(view, names) if self.needs.size else {}
            for card in reading.listing(view) if names is None else reading.find(view, names):
                sized = replace(card, size=lengths.get(card.href, card.size))
                yield card.href, write(card.href, card.etag, card=sized)


def card_plan(part: Part, wanted: Wanted, data: AddressData | None) -> CardPlan:
    """Work out how the cards of ``part`` are written; see ``collection_plan``."""
    book = part.book
    if wanted.kind is Kind.PROPNAME:
        return _plan(part, dict.fromkeys(_NAMES, ""), {}, [], Needs())
    asked = wanted.names
    if wanted.kind is Kind.ALLPROP:
        asked = tuple(dict.fromkeys([*_BASIC, *asked]))
    found: dict[str, str] = {}
    missing: dict[Missing, list[str]] = {}
    fields: list[_Field] = []
    needs = Needs()
    for name in asked:
        if name == ADDRESS_DATA and data is not None:
            found[name] = _SLOT
            fields.append(_text_of(data))
            needs |= Needs(body=True)
        elif name in _FIELDS:
            need, slot, field = _FIELDS[name]
            if name == GETCONTENTLENGTH and book.view.hidden:
                need = Needs(card=True, size=True)
            found[name] = slot
            fields.append(field)
            needs |= need
        else:
            value = _alike(book, name)
            if isinstance(value, Missing):
                missing.setdefault(value, []).append(element(name))
            else:
                found[name] = value.replace("%", "%%")
    return _plan(part, found, without_404(book.viewer, missing), fields, needs)


def card_property(book: Book, card: Card, name: str) -> Value:
    """Return a property of one card, which knows its size, as a whole element."""
    if name in _FIELDS:
        _, slot, field = _FIELDS[name]
        return element(name, slot % field(card.etag, b"", card).decode())
    value = _alike(book, name)
    return value if isinstance(value, Missing) else element(name, value)


def _text_of(data: AddressData) -> _Field:
    write = data.writer
    return lambda _etag, body, _card: write(body)


def _alike(book: Book, name: str) -> Value:
    if name in _ALIKE:
        return _ALIKE[name](book)
    return live(book, name) if name in _OF_THE_BOOK else Missing.NOT_FOUND


def _plan(
    part: Part,
    found: dict[str, str],
    missing: dict[Missing, list[str]],
    fields: Sequence[_Field],
    needs: Needs,
) -> CardPlan:
    absent = {why: [one.replace("%", "%%") for one in each] for why, each in missing.items()}
    told = "".join(split([element(*each) for each in found.items()], absent))
    start = f"<response><href>{part.head.replace('%', '%%')}{_SLOT}</href>"
    return CardPlan(part, f"{start}{told}</response>\n".encode(), tuple(fields), needs)
