"""Who a card is of: how a person is asked for, and what tells that two cards are of one person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dirserver.model.contentline import unescape
from dirserver.model.fields import PHONES, Field
from dirserver.model.fold import forms
from dirserver.model.number import DialPlan, asked_forms, indexed_forms
from dirserver.model.number_reading import digits_of
from dirserver.model.vcard import VCard

_NAMES = (Field.FULL_NAME, Field.GIVEN_NAME, Field.FAMILY_NAME, Field.NICKNAME)
_NUMBER = re.compile(r"[\d\s()+/.,-]*\d[\d\s()+/.,-]*")
_WORD = re.compile(r"\w+")
# Fewer digits are an extension, which somebody has in every house.
_FEWEST_DIGITS = 5
# So short a text stands in the middle of many.
_SHORTEST_MENTION = 5
# A longer value is a picture or a key, and no text that names anybody.
_LONGEST_TEXT = 10_000
# Addresses of a desk, at which somebody else sits tomorrow.
_ROLE_WORDS = """
abuse accounting admin administration administrator anfrage auskunft bestellung bewerbung billing
buchhaltung buero careers contact datenschutz einkauf empfang help helpdesk hello hilfe hostmaster
hr info information it jobs kontakt kundenservice mail marketing news newsletter no-reply noreply
office order orders personal post postmaster presse press privacy purchasing rechnung rechnungen
reception root sales secretary security sekretariat service shop support team verkauf vertrieb
verwaltung webmaster zentrale
"""
ROLES = frozenset(_ROLE_WORDS.split())


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed to name a person: a mail address, a number, a card's key or UID, a name.

    A name is found when all its words are words of a card's names, in any order and spelling.
    """

    text: str
    plan: DialPlan

    def is_of(self, said: Mapping[Field, tuple[str, ...]], key: str = "") -> bool:
        """Say whether a card that says this is one of the person."""
        text = self.text.strip()
        if text and (text == key or text in said.get(Field.UID, ())):
            return True
        if "@" in text:
            wanted = set(forms(text))
            return any(wanted.intersection(forms(mail)) for mail in said.get(Field.MAIL, ()))
        if _NUMBER.fullmatch(text) and len(digits_of(text)) >= _FEWEST_DIGITS:
            asked = set(asked_forms(text, self.plan))
            numbers = said.get(Field.ANY_PHONE, ())
            return any(asked.intersection(indexed_forms(one, self.plan)) for one in numbers)
        words = _WORD.findall(text)
        known = {word for field in _NAMES for name in said.get(field, ()) for word in _words(name)}
        return bool(words) and all(_words(word) & known for word in words)

    def mentioned_in(self, card: VCard) -> tuple[str, ...]:
        """Return the properties of a card, of anybody's, that have this text in them.

        That is the whole address, or all the words of a name.
        """
        text = self.text.strip().casefold()
        words = [text] if "@" in text else _WORD.findall(text)
        if len(text) < _SHORTEST_MENTION or text.isdecimal():
            return ()
        named = (
            line.name
            for line in card.lines
            if len(line.value) < _LONGEST_TEXT and self._is_in(unescape(line.value), words)
        )
        return tuple(dict.fromkeys(named))

    def _is_in(self, value: str, words: list[str]) -> bool:
        lowered = value.casefold()
        # Folding is dear, and what begins alike is rare.
        if not all(word[0] in lowered for word in words):
            return False
        if "@" in self.text:
            return words[0] in lowered
        known = _words(value)
        return all(_words(word) & known for word in words)


def _words(text: str) -> set[str]:
    return {word for form in forms(text) for word in _WORD.findall(form)}


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, or of the name of a file, in all their spellings."""
    return frozenset(_words(text.replace("_", " ")))


def identities(uid: str, values: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return what tells a person by a card's UID and by what the search index holds of it.

    Those are the UID; each mail address that is a person's and not a desk's; the full name
    together with a number. A number alone may be that of a house, a name that of many.
    """
    names: set[str] = set()
    numbers: set[str] = set()
    found = {f"uid {uid}"} if uid else set()
    for field, value in values:
        if field == Field.MAIL and "@" in value and not is_role(value):
            found.add(f"mail {value}")
        elif field == Field.FULL_NAME:
            names.add(" ".join(sorted(_WORD.findall(value))))
        elif field in PHONES and len(value) >= _FEWEST_DIGITS:
            numbers.add(value)
    found |= {f"person {name} {number}" for name in names if name for number in numbers}
    return frozenset(found)


def is_role(mail: str) -> bool:
    local = mail.partition("@")[0].partition("+")[0]
    return local in ROLES


@dataclass(frozen=True, slots=True)
class Traits:
    """What cards say of who they are of, in all their versions, as the search index has it.

    ``links`` are those that somebody made between cards.
    """

    uids: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    names: frozenset[frozenset[str]] = frozenset()
    links: frozenset[int] = frozenset()

    def joined(self, other: Traits) -> Traits:
        """Return what both say."""
        return Traits(
            self.uids | other.uids,
            self.mails | other.mails,
            self.numbers | other.numbers,
            self.names | other.names,
            self.links | other.links,
        )

    def is_same_person(self, other: Traits) -> bool:
        """Say whether two cards are of one person, as far as anybody can tell.

        The UID says so by itself, and so does a link. An address or a number may be that of a
        couple or a house, so the names must go together, too.
        """
        if self.uids & other.uids or self.links & other.links:
            return True
        if not (self.mails & other.mails or self.numbers & other.numbers):
            return False
        return any(one <= two or two <= one for one in self.names for two in other.names)


def traits(uid: str, values: Iterable[tuple[str, str]]) -> Traits:
    """Return what a card says of who it is of, by its UID and its values in the search index."""
    mails: set[str] = set()
    numbers: set[str] = set()
    names: set[frozenset[str]] = set()
    for field, value in values:
        if field == Field.MAIL:
            mails.add(value)
        elif field == Field.FULL_NAME:
            names.add(frozenset(_WORD.findall(value)))
        elif field in PHONES and len(value) >= _FEWEST_DIGITS:
            numbers.add(value)
    return Traits(
        frozenset({uid} if uid else ()), frozenset(mails), frozenset(numbers), frozenset(names)
    )


def grouped(cards: Mapping[str, Traits]) -> list[list[str]]:
    """Return the keys of ``cards``, those of one person together, in their order."""
    groups: list[tuple[list[str], Traits]] = []
    for key, said in cards.items():
        same = [group for group in groups if group[1].is_same_person(said)]
        keys, known = [key], said
        for group in same:
            keys, known = [*group[0], *keys], group[1].joined(known)
            groups.remove(group)
        groups.append((keys, known))
    order = {key: number for number, key in enumerate(cards)}
    inside = [sorted(keys, key=order.__getitem__) for keys, _ in groups]
    return sorted(inside, key=lambda keys: order[keys[0]])
