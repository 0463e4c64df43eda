"""Which card is meant: by its key, its href, its UID, or a text that is in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting
from dirserver.cli.cards.searching import query_for
from dirserver.cli.failure import Failed
from dirserver.config.faults import listing
from dirserver.directory import Reading, label_of
from dirserver.directory.past import history
from dirserver.model.audit import AuditAction
from dirserver.model.derive import derive
from dirserver.model.fields import Field
from dirserver.model.fold import forms, part_forms
from dirserver.model.grant import Privilege
from dirserver.model.history.life import MERGE, Version, current
from dirserver.model.history.wording import name_of
from dirserver.model.number import DialPlan, asked_forms, asked_prefixes, indexed_forms
from dirserver.model.policy import VisibleBook
from dirserver.model.vcard import VCard, parse_card

_MOST = 20
_GONE = {"move": "moved away", MERGE: "merged into another card"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A card as it was typed, where to look for it, and as whom."""

    name: str
    book: str
    login: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A card with its life, as far as it was in the books ``views``."""

    views: history.Views
    key: str
    name: str
    life: Sequence[Version]

    @property
    def last(self) -> Version:
        """The version that the card has, or had when it went."""
        return current(self.life) or next(one for one in reversed(self.life) if not one.is_gone)

    @property
    def is_gone(self) -> bool:
        """Whether the card is in none of the books any more."""
        return self.life[-1].is_gone

    @property
    def label(self) -> str:
        """The book where the card is, or was last."""
        return label_of(self.views[self.last.place.book_id].book)


def views_of(
    who: Acting, reading: Reading, book: str, action: AuditAction
) -> dict[int, VisibleBook]:
    """Return the book ``book``, or all that whoever acts manages, for ``action``. Raises Failed."""
    if book:
        view = who.book(reading, book, Privilege.MANAGE, action)
        return {view.book.id: view}
    views = history.managed(reading)
    if not views and who.principal.is_operator:
        raise Failed(
            "There are no books, and so no past. Name them in the config file, then run: "
            + again.command("apply")
        )
    if not views:
        reading.refuse(action, "", "", f"{who.principal.login} manages no book")
        raise Failed(
            f"{who.principal.login} manages no book, and the past is for those who do. "
            "Give them manage in the config, or leave --as out."
        )
    return views


def labels(views: history.Views) -> str:
    """Name the books ``views`` in a sentence."""
    return listing(sorted(label_of(view.book) for view in views.values()), "and")


def choose(
    who: Acting, reading: Reading, wanted: Wanted, action: AuditAction = AuditAction.CARD_READ
) -> Chosen:
    """Return the card that is meant, for ``action``. Raises Failed when it is none, or several."""
    views = views_of(who, reading, wanted.book, action)
    found = _cards(reading, views, _named(reading, views, wanted.name))
    alive = [one for one in found if not one.is_gone]
    if len(alive) == 1:
        for one in found:
            if one.is_gone:
                screen.note(f"An earlier card was called {wanted.name}, too: {_line(one)}")
        return alive[0]
    if not found and wanted.name.strip():
        found = _cards(reading, views, _searched(reading, views, wanted.name))
    if not found:
        if not wanted.book:
            _require_managed(who, reading, views, wanted.name, action)
        raise Failed(
            f"There is no card {wanted.name}, and there was none. Name it by its UID, its key, "
            "its href (as anna.vcf or customers/anna.vcf) or a part of the name."
        )
    if len(found) > 1:
        more = ["  and more"] if len(found) > _MOST else []
        lines = [f"  {_line(one)}" for one in found[:_MOST]]
        raise Failed(f"Several cards are {wanted.name}; name one by its key:", *lines, *more)
    return found[0]


def _named(reading: Reading, views: history.Views, name: str) -> list[str]:
    """Return what ``history.named`` does, also of an href with its book before it, as it is shown.

    A UID may have a slash as well.
    """
    label, _, href = name.rpartition("/")
    found = history.named(reading, views, name)
    inside = {id_: view for id_, view in views.items() if label and label_of(view.book) == label}
    return history.named(reading, inside, href) if inside and not found else found


def _require_managed(
    who: Acting, reading: Reading, views: history.Views, name: str, action: AuditAction
) -> None:
    """Raise Failed if the card can be read where it is now, but its past is for others."""
    for view in reading.books(Privilege.READ):
        if view.book.id not in views and _is_there(reading, view, name):
            label, login = label_of(view.book), who.principal.login
            reading.refuse(action, label, "", f"{login} does not manage {label}")
            raise Failed(
                f"{name} is in {label}, and the past of a book is for those who manage it; "
                f"{login} manages {labels(views)}. What the card says now is told by: "
                + again.command(f"search NAME --book {label} --as {login}")
            )


def _is_there(reading: Reading, view: VisibleBook, name: str) -> bool:
    if history.is_named(reading, view, name):
        return True
    return bool(name.strip()) and next(reading.search(query_for(name), [view], 1), None) is not None


def _cards(reading: Reading, views: history.Views, keys: Iterable[str]) -> list[Chosen]:
    wanted = list(dict.fromkeys(keys))[: _MOST + 1]
    found = []
    for key, life in history.lives(reading, views, wanted).items():
        if any(not version.is_gone for version in life):
            card = Chosen(views, key, "", life)
            body = history.bodies(reading, [card.last])[card.last.id]
            found.append(Chosen(views, key, name_of(body) or key, life))
    return sorted(found, key=lambda one: wanted.index(one.key))


def _line(one: Chosen) -> str:
    gone = ""
    if one.is_gone:
        what = _GONE.get(one.life[-1].operation, "deleted")
        gone = f", {what} {screen.local(one.life[-1].at)}"
    return f"{one.key}  {one.name}, {one.label}/{one.last.place.href}{gone}"


def _searched(reading: Reading, views: history.Views, text: str) -> list[str]:
    """Return the keys of the cards that say ``text``, also of those that are gone."""
    found = reading.cards_found(query_for(text), list(views.values()), _MOST + 1)
    keys = [card.key for _, card, _ in found]
    for key, body in history.gone(reading, views):
        if _says(parse_card(body), text, reading.plan):
            keys.append(key)
    return keys


def _says(card: VCard, text: str, plan: DialPlan) -> bool:
    """Whether a card that is gone, and so in no index, is what ``text`` asks for."""
    if card.uid == text:
        return True
    said = derive(card)
    asked = (*asked_forms(text, plan), *asked_prefixes(text, plan))
    if not any(map(str.isalpha, text)) and any(
        form.startswith(asked)
        for number in said.get(Field.ANY_PHONE, ())
        for form in indexed_forms(number, plan)
    ):
        return True
    fields = (Field.FULL_NAME, Field.NICKNAME, Field.MAIL, Field.ORGANISATION, Field.UNIT)
    words = " ".join(value for field in fields for value in said.get(field, ()))
    return all(
        any(part in form for part in part_forms(word) for form in forms(words))
        for word in text.split()
    )
