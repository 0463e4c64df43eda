"""Sources: what keeps a book equal to a company directory, or to a file that others write."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from dirserver.config import database, values
from dirserver.config.faults import Inspection, Refused, kind_of, nearest, shown
from dirserver.config.grants import known_property
from dirserver.config.keys import File, FileToCome, Many, read_as
from dirserver.config.sourceurls import LDAPURL, WebURL, source_url

_EVERY = re.compile(r"every\s+([0-9]{1,3})\s*(m|h)(?:in(?:utes?)?|ours?)?")
_SHORTEST = timedelta(minutes=5)
_LONGEST = timedelta(days=7)


class SourceType(StrEnum):
    """What a source is."""

    LDAP = "ldap"
    CSV = "csv"
    VCARD = "vcard"


class SourceTLS(StrEnum):
    """How a directory is talked to: over TLS, with its certificate checked or not, or without."""

    VERIFY = "verify"
    UNVERIFIED = "unverified"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a source is looked at: each night, ``every`` so often, or only when asked to."""

    every: timedelta | None = None
    by_hand: bool = False

    def __str__(self) -> str:
        """As it is written."""
        if self.by_hand:
            return "never"
        if self.every is None:
            return "nightly"
        minutes = int(self.every.total_seconds()) // 60
        return f"every {minutes}m" if minutes % 60 else f"every {minutes // 60}h"


NIGHTLY = Schedule()


def _schedule(value: object) -> Schedule:
    read = values.string(value).strip().lower()
    if read in ("nightly", "never"):
        return Schedule(by_hand=read == "never")
    match = _EVERY.fullmatch(read)
    every = (
        timedelta(**{"hours" if match[2] == "h" else "minutes": int(match[1])}) if match else None
    )
    if every is None or not _SHORTEST <= every <= _LONGEST:
        raise Refused('expected "nightly", "never", or from "every 5m" to "every 168h"')
    return Schedule(every)


def _mapping(value: object) -> tuple[tuple[str, str], ...]:
    # Here, since few configurations have one, and the targets bring much along.
    from dirserver.exchange.formats.layout import BadTarget
    from dirserver.exchange.sources.targets import check_target

    if not isinstance(value, dict):
        raise Refused(f"expected a table; found {kind_of(value)}")
    for name, target in value.items():
        try:
            check_target(values.string(target))
        except BadTarget as error:
            raise Refused(f"{shown(name)} cannot be that: {error}") from error
    return tuple((str(name), str(target)) for name, target in value.items())


def _owned(value: object) -> str:
    read = known_property(value)
    if read in ("BEGIN", "END", "VERSION", "UID"):
        raise Refused("the server sees to this property; leave it out")
    return read


@dataclass(frozen=True, slots=True)
class Source:
    """A source, and the book that it is for.

    ``owns`` narrows what it has a say in; unless that is ``writable``, what people make of it is
    put back. ``mapping`` says what columns or attributes become, ``key`` is the column by which
    people are known again.
    """

    name: str
    type: SourceType = field(metadata=read_as(values.one_of(SourceType), example='"ldap"'))
    book: str = field(metadata=read_as(values.name, example='"staff"'))
    schedule: Schedule = field(default=NIGHTLY, metadata=read_as(_schedule))
    owns: tuple[str, ...] = field(default=(), metadata=read_as(Many(_owned)))
    writable: bool = field(default=False, metadata=read_as(values.boolean))
    mapping: tuple[tuple[str, str], ...] = field(default=(), metadata=read_as(_mapping))
    file: Path | None = field(default=None, metadata=read_as(FileToCome()))
    key: str = field(default="", metadata=read_as(values.text))
    url: LDAPURL | WebURL | None = field(
        default=None, metadata=read_as(source_url, show=database.masked)
    )
    login: str = field(default="", metadata=read_as(values.text))
    base: str = field(default="", metadata=read_as(values.text))
    filter: str = field(default="", metadata=read_as(values.text))
    bind_dn: str = field(default="", metadata=read_as(values.text))
    password_file: Path | None = field(default=None, metadata=read_as(File()))
    tls: SourceTLS = field(default=SourceTLS.VERIFY, metadata=read_as(values.one_of(SourceTLS)))
    ca_file: Path | None = field(default=None, metadata=read_as(File()))


_OF_LDAP = ("base", "filter", "bind_dn", "tls")
_OF_WEB = ("login", "password_file", "ca_file")
_NEEDED = {
    SourceType.LDAP: {"url": '"ldaps://dc1.example.org"', "base": '"dc=example,dc=org"'},
    SourceType.CSV: {"file": '"/srv/export/staff.csv"'},
    SourceType.VCARD: {"file": '"/srv/export/staff.vcf"'},
}
_FOREIGN = {
    SourceType.LDAP: ("file", "key", "login"),
    SourceType.CSV: _OF_LDAP,
    SourceType.VCARD: (*_OF_LDAP, "key", "mapping"),
}


def check(
    sources: Iterable[Source], books: Iterable[str], smart: Container[str], inspection: Inspection
) -> None:
    """Refuse what the keys of a source cannot mean together, and books that there are not."""
    known = sorted(books)
    taken: dict[str, Source] = {}
    for source in sources:
        _check_keys(source, inspection)
        _check_access(source, inspection)
        place = inspection.place_of(source).at("book")
        if source.book not in known:
            meant = nearest(source.book, known)
            hint = f"did you mean {shown(meant)}?" if meant else "name one of the books"
            sentence = f"there is no book {shown(source.book)}; {hint}"
            inspection.refuse(place, sentence, shown(source.book))
        elif source.book in smart:
            sentence = "a smart book has no cards of its own; name one of the books that it shows"
            inspection.refuse(place, sentence, shown(source.book))
        elif (first := taken.setdefault(source.book, source)) is not source:
            other = inspection.place_of(first)
            inspection.refuse(place, f"{other} is for the same book", shown(source.book))


def _check_keys(source: Source, inspection: Inspection) -> None:
    at = inspection.place_of(source)
    is_fetched = source.url is not None or inspection.is_unread(at.at("url"))
    for name, example in _NEEDED[source.type].items():
        if name == "file" and is_fetched:
            continue
        if not getattr(source, name) and not inspection.is_unread(at.at(name)):
            sentence = f"this key is missing; write, for example: {name} = {example}"
            inspection.refuse(at.at(name), sentence)
    for name in _FOREIGN[source.type]:
        if getattr(source, name) != _usual(name):
            sentence = f"a source of the type {shown(source.type.value)} has no such key"
            inspection.refuse(at.at(name), sentence)
    if source.type is not SourceType.LDAP:
        _check_place(source, inspection)
    if source.type is SourceType.CSV and "PHOTO" in dict(source.mapping).values():
        inspection.refuse(at.at("mapping"), "no column holds a picture; leave PHOTO out")


def _check_place(source: Source, inspection: Inspection) -> None:
    """Refuse what cannot be of a file that is here, or is fetched."""
    at = inspection.place_of(source)
    if source.file is None or inspection.is_unread(at.at("url")):
        return
    if source.url is not None:
        inspection.refuse(at.at("url"), "the file is either here or there; leave url or file out")
        return
    for name in _OF_WEB:
        if getattr(source, name) != _usual(name):
            inspection.refuse(at.at(name), "this is of a url, and there is none; leave it out")


def _usual(name: str) -> object:
    return next(one.default for one in Source.__dataclass_fields__.values() if one.name == name)


def _check_access(source: Source, inspection: Inspection) -> None:
    at = inspection.place_of(source)
    if source.file is not None:
        return
    who = "bind_dn" if source.type is SourceType.LDAP else "login"
    unread = any(inspection.is_unread(at.at(key)) for key in (who, "password_file", "url"))
    if unread:
        return
    is_named = bool(source.bind_dn if source.type is SourceType.LDAP else source.login)
    if is_named is not bool(source.password_file):
        here, other = (who, "password_file") if is_named else ("password_file", who)
        inspection.refuse(at.at(here), f"this needs a {other}, too")
    if source.url is None:
        return
    if isinstance(source.url, WebURL) is (source.type is SourceType.LDAP):
        example = "ldaps://dc1.example.org" if who == "bind_dn" else "https://example.org/staff.csv"
        inspection.refuse(at.at("url"), f"expected an address such as {shown(example)}")
        return
    if source.tls is not SourceTLS.NONE or isinstance(source.url, WebURL):
        return
    if source.url.ldaps:
        inspection.refuse(
            at.at("tls"), "ldaps:// is TLS; write ldap://, or leave this out", '"none"'
        )
    elif source.password_file is not None and not source.url.is_here:
        sentence = "the password would cross the network in clear text; leave this out"
        inspection.refuse(at.at("tls"), sentence, '"none"')
    elif source.ca_file is not None:
        inspection.refuse(at.at("ca_file"), "without TLS there is no certificate to check")
