"""Whatever is done to a book, and taken back: it ends as a plain model of it says."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete

from dirserver.assembly import Services
from dirserver.directory.past.settling import Fate, Outcome
from dirserver.directory.writing import etag_of
from dirserver.errors import AlreadyExists, UIDConflict
from dirserver.model.grant import Privilege
from dirserver.model.history.life import Acts
from dirserver.store.tables import card, card_version, change
from tests.directory import acts
from tests.directory.past import life, restore, restore_to, take_back, would_take_back
from tests.organisation import ADMIN, ALICE, BOB, HERE, vcard

HREFS = ("a.vcf", "b.vcf", "c.vcf")
BOOKS = ("customers", "staff")
PEOPLE = {"alice": ALICE, "bob": BOB}
UIDS = st.sampled_from(["one", "two"])
NUMBERS = st.sampled_from(["", "1", "2"])

# What a card says: its UID, and a number and a note, each of which may be missing.
Said = tuple[str, str, str]
Place = tuple[str, str]


def written(said: Said) -> bytes:
    uid, number, note = said
    lines = [f"TEL;TYPE=cell:{number}"] * bool(number) + [f"NOTE:{note}"] * bool(note)
    return vcard(uid, "Anna", *lines)


def read(body: bytes) -> Said:
    text = body.decode()
    found = [re.search(rf"^{name}[^:]*:(.*)\r$", text, re.M) for name in ("UID", "TEL", "NOTE")]
    uid, number, note = ("" if one is None else one[1] for one in found)
    return uid, number, note


@dataclass
class Step:
    """A card after somebody's act: where it is and what it says; None when it is gone."""

    actor: str
    at: int
    state: tuple[Place, Said] | None


@dataclass
class Model:
    """The books as somebody without a database would keep them."""

    cards: dict[Place, tuple[str, Said]] = field(default_factory=dict)
    lives: dict[str, list[Step]] = field(default_factory=dict)
    clock: int = 0
    last: str = ""

    def note(self, actor: str, key: str, state: tuple[Place, Said] | None) -> None:
        if actor in PEOPLE:
            self.last = actor
        self.lives.setdefault(key, []).append(Step(actor, self.clock, state))
        for place in [place for place, (there, _) in self.cards.items() if there == key]:
            del self.cards[place]
        if state is not None:
            self.cards[state[0]] = (key, state[1])


def field_without(before: str, after: str, now: str) -> str:
    return before if now == after else now


def unwound(steps: list[Step], actor: str, since: int) -> tuple[Place, Said] | None:
    """Return where the card is, and what it says, without what ``actor`` did."""
    now = steps[-1].state
    index = len(steps) - 1
    while index >= 0:
        last = index
        while index >= 0 and steps[index].actor == actor and steps[index].at >= since:
            index -= 1
        if last == index:
            index -= 1
            continue
        before = steps[index].state if index >= 0 else None
        after = steps[last].state
        if after is None:
            now = before if last == len(steps) - 1 else now
        elif before is None:
            now = None if now == after else now
        elif now is not None:
            place = before[0] if now[0] == after[0] else now[0]
            uid, *fields = (
                field_without(*one) for one in zip(before[1], after[1], now[1], strict=True)
            )
            now = (place, (uid, fields[0], fields[1]))
    return now


class AnyHistory(RuleBasedStateMachine):
    """Writes as two people do, and takes back what they did."""

    services: Services

    def __init__(self) -> None:
        super().__init__()
        with self.services.store.writing() as connection:
            for table in (change, card, card_version):
                connection.execute(delete(table))
        self.model = Model()
        self.tokens: list[tuple[int, dict[Place, tuple[str, Said]]]] = []
        self.moments: list[tuple[datetime, int, Model]] = []
        self.acknowledged: set[str] = set()
        self.has_no_room: list[tuple[str, tuple[Place, Said]]] = []

    def key_at(self, place: Place) -> str:
        return acts.get(self.services, place[1], slug=place[0], who=ADMIN)[0].key

    def begin(self) -> None:
        """Remember how everything is before the next act."""
        self.moments.append((datetime.now(UTC), self.model.clock, copy.deepcopy(self.model)))
        if len(self.tokens) < 5:
            self.tokens.append((acts.revision(self.services), dict(self.model.cards)))
        self.model.clock += 1

    @rule(
        who=st.sampled_from(sorted(PEOPLE)), href=st.sampled_from(HREFS),
        uid=UIDS, number=NUMBERS, note=NUMBERS,
    )  # fmt: skip
    def put(self, who: str, href: str, uid: str, number: str, note: str) -> None:
        self.begin()
        place = ("customers", href)
        # A client that changes a card leaves its UID alone.
        _, (uid, _, _) = self.model.cards.get(place, ("", (uid, "", "")))
        said = (uid, number, note)
        try:
            stored = acts.put(self.services, href, written(said), who=PEOPLE[who])
        except UIDConflict:
            return
        self.acknowledged.add(stored.etag)
        there = self.model.cards.get(place)
        if there is None or there[1] != said or etag_of(written(said)) != stored.etag:
            self.model.note(who, self.key_at(place), (place, said))

    @precondition(lambda self: self.book(self.model))
    @rule(who=st.sampled_from(sorted(PEOPLE)), number=st.integers(0, 8))
    def delete(self, who: str, number: int) -> None:
        self.begin()
        cards = self.book(self.model)
        href = sorted(cards)[number % len(cards)]
        acts.delete(self.services, href, who=PEOPLE[who])
        self.model.note(who, cards[href][0], None)

    @precondition(lambda self: self.model.cards)
    @rule(number=st.integers(0, 8), to_slug=st.sampled_from(BOOKS), to_href=st.sampled_from(HREFS))
    def move(self, number: int, to_slug: str, to_href: str) -> None:
        self.begin()
        places = sorted(self.model.cards)
        slug, href = source = places[number % len(places)]
        key, said = self.model.cards[source]
        target = (to_slug, to_href)
        try:
            acts.move(self.services, href, to_href, slug=slug, to_slug=to_slug, overwrite=True)
        except UIDConflict:
            return
        if source == target:
            return
        if (gone := self.model.cards.get(target)) is not None:
            self.model.note("alice", gone[0], None)
        self.model.note("alice", key, (target, said))

    @rule(said=st.lists(st.tuples(UIDS, NUMBERS, NUMBERS), max_size=3, unique_by=lambda x: x[0]))
    def bring(self, said: list[Said]) -> None:
        self.begin()
        before = dict(self.model.cards)
        acts.import_all(self.services, [written(one) for one in said], who=BOB)
        for href, one in acts.listing(self.services, who=ADMIN).items():
            now = read(acts.get(self.services, href, who=ADMIN)[1])
            place = ("customers", href)
            if before.get(place, ("", None))[1] != now:
                self.model.note("bob", one.key, (place, now))

    @precondition(lambda self: self.moments)
    @rule(back=st.integers(1, 8), other=st.booleans())
    def undo(self, back: int, other: bool) -> None:
        at, clock, _ = self.moments[-back:][0]
        who = ("alice", "bob")[(self.model.last == "alice") == other]
        self.begin()
        wanted = Acts(login=who, since=at)
        planned = would_take_back(self.services, wanted)
        told = take_back(self.services, wanted)
        assert told == planned
        self.follow({one.key: one for one in told}, who, clock + 1)
        assert all(one.fate is Fate.STAYS for one in would_take_back(self.services, wanted)) or (
            any(one.conflicts for one in told)
        )

    def follow(self, told: dict[str, Outcome], who: str, since: int) -> None:
        """Do to the model what an undo is to do, but for what it says has no room."""
        becomes: list[tuple[str, tuple[Place, Said] | None]] = []
        for key, steps in self.model.lives.items():
            if any(step.actor == who and step.at >= since for step in steps):
                state = unwound(steps, who, since)
                outcome = told.get(key)
                words = [one.now for one in outcome.conflicts] if outcome is not None else []
                if any(word.startswith("another card has its") for word in words):
                    assert state is not None
                    self.has_no_room.append((key, state))
                elif state != steps[-1].state:
                    assert outcome is not None
                    becomes.append((key, state))
        for key, _ in becomes:
            for place in [place for place, (there, _) in self.model.cards.items() if there == key]:
                del self.model.cards[place]
        for key, state in becomes:
            self.model.note("admin", key, state)
        for key, (place, said) in self.has_no_room:
            others = {at: one for at, one in self.model.cards.items() if one[0] != key}
            uids = {one[1][0] for at, one in others.items() if at[0] == place[0]}
            assert place in others or said[0] in uids
        self.has_no_room.clear()

    @precondition(lambda self: self.moments)
    @rule(back=st.integers(1, 8))
    def restore_book(self, back: int) -> None:
        at, _, then = self.moments[-back:][0]
        self.begin()
        restore_to(self.services, at)
        now, wanted = self.book(self.model), self.book(then)
        for href in now:
            if href not in wanted or (
                wanted[href][1] != now[href][1] and wanted[href][0] != now[href][0]
            ):
                self.model.note("admin", now[href][0], None)
        for href in wanted:
            if href not in now or wanted[href][1] != now[href][1]:
                place = ("customers", href)
                self.model.note("admin", self.key_at(place), (place, wanted[href][1]))

    @staticmethod
    def book(model: Model) -> dict[str, tuple[str, Said]]:
        return {href: one for (slug, href), one in model.cards.items() if slug == "customers"}

    @precondition(lambda self: self.model.lives)
    @rule(data=st.data())
    def restore_card(self, data: st.DataObject) -> None:
        # Keys are made up anew each time: only their order can be drawn again.
        number = data.draw(st.integers(0, len(self.model.lives) - 1))
        key = list(self.model.lives)[number]
        versions = [one for one in life(self.services, key) if not one.is_gone]
        version = versions[data.draw(st.integers(0, len(versions) - 1))]
        last = next(step for step in reversed(self.model.lives[key]) if step.state is not None)
        assert last.state is not None
        (slug, href), _ = last.state
        self.begin()
        said = read(self.body_of(version.id))
        try:
            outcome = restore(self.services, version, slug=slug)
        except (AlreadyExists, UIDConflict):
            return
        if outcome.fate is not Fate.STAYS:
            self.model.note("admin", key, ((slug, href), said))

    def body_of(self, version_id: int) -> bytes:
        query = card_version.select().where(card_version.c.id == version_id)
        with self.services.store.reading() as connection:
            return bytes(connection.execute(query).one().body)

    @invariant()
    def the_books_are_as_the_model_says(self) -> None:
        found: dict[Place, tuple[str, Said]] = {}
        with self.services.directory.reading(ADMIN, HERE) as reading:
            for slug in BOOKS:
                view = reading.book(slug, Privilege.READ)
                for one, body in reading.bodies(view):
                    assert one.etag == etag_of(body)
                    found[slug, one.href] = (one.key, read(body))
        assert found == self.model.cards

    @invariant()
    def every_token_leads_to_what_is_now(self) -> None:
        now = self.book(self.model)
        for token, cards in self.tokens:
            changes = {one.href: one for one in acts.changes(self.services, token)}
            then = {href: one for (slug, href), one in cards.items() if slug == "customers"}
            for href, one in changes.items():
                assert one.vanished == (href not in now)
            for href in then.keys() ^ now.keys():
                assert href in changes
            for href in then.keys() & now.keys():
                assert then[href] == now[href] or href in changes

    def teardown(self) -> None:
        query = card_version.select()
        with self.services.store.reading() as connection:
            kept = {row.etag for row in connection.execute(query)}
        assert self.acknowledged <= kept


def test_any_sequence_of_acts_ends_as_a_plain_model_says(each_engine: Services) -> None:
    AnyHistory.services = each_engine
    run_state_machine_as_test(
        AnyHistory,
        settings=settings(
            max_examples=50 if each_engine.store.is_sqlite else 4,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
