"""What was done to links, kept by the numbers that take it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from dirserver.model.history.life import Acts
from dirserver.model.linking import LinkMode
from dirserver.model.relinking import Step, Tie, Ties
from dirserver.store.tables import card, link_step
from dirserver.store.writing import Act

_SOME = 500


def note(connection: Connection, act: Act, before: Ties, after: Ties) -> None:
    """Keep what a part of ``act``, which has a number, did to the links of some cards.

    Of what a part before it has touched, only the end is new.
    """
    keys = sorted({*before, *after})
    known: set[str] = set()
    for some in _parts(keys):
        here = (link_step.c.batch == act.batch, link_step.c.key.in_(some))
        known.update(connection.scalars(select(link_step.c.key).where(*here)))
        connection.execute(delete(link_step).where(*here, link_step.c.after))
    fresh = {key: tie for key, tie in before.items() if key not in known}
    of_act = {"batch": act.batch, "at": act.at, "actor": act.actor, "device": act.device}
    rows = [
        {**of_act, "after": is_after, "key": key, "tie": tie.link_id, "mode": tie.mode.value,
         "properties": ",".join(tie.properties)}
        for is_after, ties in ((False, fresh), (True, after))
        for key, tie in ties.items()
    ]  # fmt: skip
    if rows:
        connection.execute(insert(link_step), rows)


def steps(connection: Connection, acts: Acts) -> list[Step]:
    """Return what ``acts`` did to links, the last first."""
    statement = select(link_step).where(*_by(acts)).order_by(link_step.c.batch.desc())
    found = []
    for _, rows in groupby(connection.execute(statement), attrgetter("batch")):
        groups: dict[tuple[bool, int], list[str]] = {}
        said: dict[tuple[bool, int], tuple[LinkMode, tuple[str, ...]]] = {}
        for row in rows:
            groups.setdefault((row.after, row.tie), []).append(row.key)
            said[row.after, row.tie] = LinkMode(row.mode), tuple(row.properties.split(","))
        sides: tuple[dict[str, Tie], dict[str, Tie]] = ({}, {})
        for (is_after, link_id), keys in groups.items():
            # Of a person who was erased, nothing is left.
            if len(keys) > 1:
                tie = Tie(frozenset(keys), *said[is_after, link_id], link_id)
                sides[is_after].update(dict.fromkeys(keys, tie))
        found.append(Step(*sides))
    return found


def actors(connection: Connection, acts: Acts) -> list[tuple[str, str]]:
    """Return who did ``acts``: logins, and the devices that were used."""
    who = (link_step.c.actor, link_step.c.device)
    rows = connection.execute(select(*who).where(*_by(acts)).distinct().order_by(*who))
    return [(row.actor, row.device) for row in rows]


def last(connection: Connection, key: str) -> int | None:
    """Return the number of what was done last to the link of a card."""
    statement = select(link_step.c.batch).where(link_step.c.key == key)
    return connection.scalar(statement.order_by(link_step.c.batch.desc()).limit(1))


def forget(connection: Connection, keys: Sequence[str]) -> None:
    """Leave nothing of some cards."""
    for some in _parts(keys):
        connection.execute(delete(link_step).where(link_step.c.key.in_(some)))


def prune(connection: Connection, book_id: int, before: datetime) -> None:
    """Let go of what was done before a moment to cards of a book, as the history lets go of it."""
    there = select(card.c.key).where(card.c.addressbook_id == book_id)
    old = (link_step.c.at < before, link_step.c.key.in_(there))
    connection.execute(delete(link_step).where(*old))


def _by(acts: Acts) -> Iterator[ColumnElement[bool]]:
    if acts.batch is not None:
        yield link_step.c.batch == acts.batch
    if acts.login:
        yield link_step.c.actor == acts.login
    if acts.device:
        yield link_step.c.device == acts.device
    if acts.since is not None:
        yield link_step.c.at >= acts.since
    if acts.until is not None:
        yield link_step.c.at <= acts.until


def _parts(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[at : at + _SOME] for at in range(0, len(keys), _SOME))
