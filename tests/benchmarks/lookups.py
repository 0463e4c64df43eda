"""What telephones and mail programs look up, in words that any LDAP server understands."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tests.benchmarks.cards import Person, person
from tests.benchmarks.libldap import Connection, strings
from tests.benchmarks.process import Subject
from tests.benchmarks.slapd import NAME, SUFFIX
from tests.organisation import PASSWORD

# So many different questions are asked in turn, as many telephones would. A server may keep the
# answers; what it does without is for a subject that keeps none.
_QUESTIONS = 500
# Of so many of them it is looked at whether all servers find the same.
_COMPARED = 100
# What a telephone shows, and how many lines of it.
_SHOWN = ("cn", "sn", "givenName", "telephoneNumber", "mobile", "homePhone")
_LINES = 50
# It names no attributes, which is to ask for all.
_THUNDERBIRD = 100
_PAGE = 500
# So many characters are typed before somebody looks, or one more.
_TYPED = 3
# The digits of a number behind the area code.
_LOCAL = 7
_CONTAINING = ("cn", "sn", "givenName", "telephoneNumber", "mobile")
_WRITTEN = b"TEL;TYPE=WORK,VOICE:"

# Does something once, the number of the call being given; returns how many operations it was.
Call: TypeAlias = Callable[[int], int]
# Asks a question by its number, and returns the id of the message.
Ask: TypeAlias = Callable[[Connection, int], ctypes.c_int]
Hits: TypeAlias = Callable[[Connection, int], list[int]]


@dataclass(frozen=True, slots=True)
class Workload:
    """Something to ask. ``targets`` are the ratios to slapd's, by how many entries there are.

    ``call`` makes, for a subject and how many entries it has, what asks over a connection; with
    ``fresh`` it connects by itself. ``hits`` are how many entries each of its questions finds.
    ``before`` says, of so many entries, how many calls nobody counts. ``asking`` is for whoever
    does something else while the server thinks.
    """

    name: str
    call: Callable[[Connection, Subject, int], Call]
    targets: dict[int, float]
    fresh: bool = False
    hits: Hits | None = None
    before: Callable[[int], int] = lambda _entries: 1
    asking: Callable[[int], Ask] | None = None


def _asking(
    write: Callable[[Person], str], attributes: Sequence[str] = _SHOWN, limit: int = _LINES
) -> Callable[[int], Ask]:
    shown = strings(attributes)

    def made(entries: int) -> Ask:
        questions = _questions(write, entries)

        def ask(connection: Connection, number: int) -> ctypes.c_int:
            asked = questions[number * 7 % len(questions)]
            return connection.ask(SUFFIX.encode(), "sub", asked, shown, limit)

        return ask

    return made


def _answered(asking: Callable[[int], Ask]) -> Callable[[Connection, Subject, int], Call]:
    def made(connection: Connection, _subject: Subject, entries: int) -> Call:
        ask = asking(entries)

        def call(number: int) -> int:
            connection.entries(ask(connection, number))
            return 1

        return call

    return made


def _finding(
    write: Callable[[Person], str], attributes: Sequence[str] = _SHOWN, limit: int = _LINES
) -> Hits:
    shown = strings(attributes)

    def found(connection: Connection, entries: int) -> list[int]:
        questions = _questions(write, entries)
        return [
            connection.search(SUFFIX.encode(), "sub", one, shown, limit)
            for one in questions[:: max(1, len(questions) // _COMPARED)]
        ]

    return found


def _questions(write: Callable[[Person], str], entries: int) -> list[bytes]:
    step = max(1, entries // _QUESTIONS)
    return [write(person(number)).encode() for number in range(0, entries, step)]


def _prefix(one: Person) -> str:
    said = one.family[:3]
    return f"(|(cn={said}*)(sn={said}*)(givenName={said}*))"


def contains(one: Person) -> str:
    """Ask as a telephone does that puts wildcards around what is typed.

    It asks names and numbers at once, also for letters: Yealink's ``ldap.search_type = 1``, and
    what is recommended for Snom and Gigaset. Two in three type some letters out of a name, of
    which many have the same, and one a number without its area code.
    """
    names = [name for name in (one.family, one.given) if len(name) > _TYPED]
    if one.number % 3 and names:
        name = names[one.number % len(names)]
        at = one.number % (len(name) - _TYPED + 1)
        said = name[at : at + _TYPED + one.number % 2]
    else:
        # Those are written with nothing between them but what every server takes for nothing.
        said = one.phone[-_LOCAL:]
    return f"(|{''.join(f'({name}=*{said}*)' for name in _CONTAINING)})"


def _lookup(one: Person) -> str:
    """Ask for a number as the card has it, which servers without numbers find, too."""
    way = one.card.partition(_WRITTEN)[2].partition(b"\r\n")[0].decode()
    way = way.replace("(", "\\28").replace(")", "\\29")
    return f"(|(telephoneNumber={way})(mobile={way})(homePhone={way}))"


def _said(one: Person) -> str:
    return (one.family[:4], f"person{one.number}", one.given[:3])[one.number % 3]


def _begins(one: Person) -> str:
    said = _said(one)
    return f"(|(cn={said}*)(mail={said}*)(givenName={said}*)(sn={said}*))"


def _has(one: Person) -> str:
    said = _said(one)
    return f"(|(cn=*{said}*)(mail=*{said}*)(givenName=*{said}*)(sn=*{said}*))"


def _downloading(connection: Connection, _subject: Subject, _entries: int) -> Call:
    """Fetch a page with each call, and begin anew behind the last: each entry is an operation."""
    # As an address book's copy: everything but the pictures.
    pages = connection.pages(SUFFIX.encode(), b"(objectClass=person)", strings(("*",)), _PAGE)
    return lambda _number: next(pages)


def _visiting(_connection: Connection, subject: Subject, entries: int) -> Call:
    questions, shown = _questions(_lookup, entries), strings(_SHOWN)
    assert subject.ldap is not None
    address = subject.ldap

    def call(number: int) -> int:
        visit = Connection(address)
        visit.bind(NAME, PASSWORD)
        asked = questions[number * 7 % len(questions)]
        visit.search(SUFFIX.encode(), "sub", asked, shown, _LINES)
        visit.close()
        return 1

    return call


def _root_dse(connection: Connection, _subject: Subject, _entries: int) -> Call:
    everything: ctypes.Array[ctypes.c_char_p] = strings(("*", "+"))

    def call(_number: int) -> int:
        connection.search(b"", "base", b"(objectClass=*)", everything)
        return 1

    return call


def _chinese(length: int) -> Callable[[Person], str]:
    """Ask for so many characters out of the middle of names that are written in characters."""
    parts = ("明", "咲", "郎", "小明", "美咲", "太郎", "田中", "山本", "王", "中")
    fitting = [part for part in parts if len(part) == length]
    return lambda one: f"(cn=*{fitting[one.number % len(fitting)]}*)"


def _targets(small: float, large: float) -> dict[int, float]:
    return {1_000: small, 10_000: large, 100_000: large}


def _compared(
    name: str,
    write: Callable[[Person], str],
    targets: dict[int, float],
    attributes: Sequence[str] = _SHOWN,
    limit: int = _LINES,
) -> Workload:
    asked = write, attributes, limit
    asking = _asking(*asked)
    return Workload(name, _answered(asking), targets, hits=_finding(*asked), asking=asking)


LOOKUP = _compared("number lookup over three attributes", _lookup, _targets(0.7, 0.7))
PREFIX = _compared("prefix on three name attributes", _prefix, _targets(1, 1.5))
WORKLOADS = (
    PREFIX,
    _compared("contains on names and numbers", contains, _targets(1, 1.9)),
    LOOKUP,
    _compared("Thunderbird's autocomplete, prefix", _begins, _targets(1, 2), (), _THUNDERBIRD),
    _compared("Thunderbird's autocomplete, contains", _has, _targets(1, 2), (), _THUNDERBIRD),
    # What comes up again, here, is all that there is: a turn may be too short to fetch it twice.
    Workload(
        "paged download of everything",
        _downloading,
        _targets(1, 5),
        before=lambda entries: 2 * (entries // _PAGE + 1),
    ),
    Workload("connect, bind, search, unbind", _visiting, _targets(1, 1), fresh=True),
    Workload("rootDSE", _root_dse, _targets(1, 1)),
)
CHINESE = tuple(
    Workload(
        f"contains {length} Chinese character{'s' * (length > 1)}",
        _answered(_asking(_chinese(length))),
        {},
    )
    for length in (1, 2)
)


def connected(subject: Subject) -> Connection:
    """Return a connection to ``subject`` on which somebody is logged in."""
    assert subject.ldap is not None
    connection = Connection(subject.ldap)
    connection.bind(NAME, PASSWORD)
    connection.read_ahead()
    return connection
