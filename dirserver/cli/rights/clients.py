"""Which device is meant by a name that somebody typed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeAlias

from dirserver.cli.failure import Failed
from dirserver.config.faults import listing, nearest

_MOST = 12

# A login, and the name of a device.
Client: TypeAlias = tuple[str, str]


class Meant(NamedTuple):
    """A device by its name, and whose it is; of several users' that have one, nobody's."""

    login: str
    name: str


def device_meant(typed: str, known: Collection[Client], login: str = "") -> Meant:
    """Return the device that is called ``typed``, whatever its case: NAME, or "LOGIN NAME".

    ``known`` are logins and names of devices, ``login`` is whose it must be, if that is known.
    Raises Failed, saying which there are.
    """
    found = device_found(typed, known, login)
    if found is None:
        raise Failed(no_device(typed, known, login))
    return found


def device_found(typed: str, known: Iterable[Client], login: str = "") -> Meant | None:
    """Return the same, or None if there is no such device. Raises Failed if there are several."""
    theirs = [Meant(*one) for one in known if login in ("", one[0])]
    folded = typed.casefold()
    found = (
        [one for one in theirs if typed == one.name]
        or [one for one in theirs if typed == _owned(one)]
        or [one for one in theirs if folded in (one.name.casefold(), _owned(one).casefold())]
    )
    if not found:
        return None
    if len({one.name for one in found}) > 1:
        raise Failed(f"Several devices are called {typed}: {_listed(found)}. Name one as it is.")
    logins = {one.login for one in found}
    return Meant(logins.pop() if len(logins) == 1 else "", found[0].name)


def no_device(typed: str, known: Iterable[Client], login: str = "") -> str:
    """Say that there is no such device, and which was probably meant, or which there are."""
    theirs = [Meant(*one) for one in known if login in ("", one[0])]
    said = f"{login} has no device {typed}" if login else f"There is no device {typed}"
    meant = nearest(typed, [name for one in theirs for name in (one.name, _owned(one))])
    if meant:
        return f"{said}; did you mean {meant}?"
    return f"{said}; there is {_listed(theirs)}." if theirs else f"{said}, nor any other."


def _owned(one: Meant) -> str:
    return f"{one.login} {one.name}"


def _listed(known: Iterable[Meant]) -> str:
    names = sorted({f'"{_owned(one)}"' for one in known})
    more = ["more"] if len(names) > _MOST else []
    return listing([*names[:_MOST], *more], "and")
