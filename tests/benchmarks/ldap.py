"""What telephones and mail clients ask over LDAP, as tasks to measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tests.benchmarks.cards import LOGIN, person
from tests.benchmarks.lookups import contains
from tests.benchmarks.measuring import Task
from tests.benchmarks.wire import LDAPReader
from tests.ldap import wire
from tests.organisation import PASSWORD

SUFFIX = "dc=example,dc=org"
_NAME = f"uid={LOGIN},ou=users,{SUFFIX}"
# So many different questions are asked in turn, as many telephones would.
_QUESTIONS = 500
# What a telephone shows, and how many of them.
_SHOWN = ("cn", "sn", "givenName", "telephoneNumber", "mobile", "homePhone")
_LINES = 50
_THUNDERBIRD = 100

_BIND = wire.message(1, wire.bind(_NAME, PASSWORD))
_UNBIND = wire.message(3, wire.unbind())
_ROOT_DSE = wire.message(2, wire.search("", scope="base", attributes=["*", "+"]))


@dataclass(frozen=True, slots=True)
class Directory:
    """Where to ask, about how many people."""

    address: tuple[str, int]
    cards: int

    def questions(
        self,
        filter_: Callable[[int], str],
        *,
        size_limit: int = _LINES,
        attributes: Sequence[str] = _SHOWN,
    ) -> Callable[[int], list[bytes]]:
        """Return a script that asks one question after the other, encoded beforehand."""
        step = max(1, self.cards // _QUESTIONS)
        encoded = [
            wire.message(
                2,
                wire.search(SUFFIX, filter_(at), size_limit=size_limit, attributes=attributes),
            )
            for at in range(0, self.cards, step)
        ]
        return lambda number: [encoded[number * 7 % len(encoded)]]

    def task(
        self, script: Callable[[int], list[bytes]], connections: int, *, fresh: bool = False
    ) -> Task:
        """Return a task on connections that are bound already."""
        return Task(
            self.address,
            LDAPReader,
            script,
            connections=connections,
            fresh=fresh,
            greeting=_BIND,
            farewell=_UNBIND,
        )


Maker: TypeAlias = Callable[[Directory, int], Task]


def _prefix(number: int) -> str:
    said = person(number).family[:3]
    return f"(|(cn={said}*)(sn={said}*)(givenName={said}*))"


def _contains(number: int) -> str:
    return contains(person(number))


def _lookup(number: int) -> str:
    phone = person(number).phone
    way = (phone, f"00{phone[1:]}", f"0{phone[3:]}")[number % 3]
    return f"(|(telephoneNumber={way})(mobile={way})(homePhone={way}))"


def _thunderbird(number: int) -> str:
    one = person(number)
    said = (one.family[:4], f"person{number}", one.given[:3])[number % 3]
    return f"(|(cn=*{said}*)(mail=*{said}*)(givenName=*{said}*)(sn=*{said}*))"


def _asking(filter_: Callable[[int], str]) -> Maker:
    return lambda directory, connections: directory.task(directory.questions(filter_), connections)


def _autocomplete(directory: Directory, connections: int) -> Task:
    script = directory.questions(_thunderbird, size_limit=_THUNDERBIRD, attributes=())
    return directory.task(script, connections)


def _whole_visit(directory: Directory, connections: int) -> Task:
    return directory.task(directory.questions(_lookup), connections, fresh=True)


def _root_dse(directory: Directory, connections: int) -> Task:
    return directory.task(lambda _number: [_ROOT_DSE], connections)


OPERATIONS: dict[str, Maker] = {
    "prefix on cn, sn, givenName": _asking(_prefix),
    "contains on names and numbers": _asking(_contains),
    "number lookup over three attributes": _asking(_lookup),
    "Thunderbird autocomplete": _autocomplete,
    "connect, bind, search, unbind": _whole_visit,
    "rootDSE": _root_dse,
}
