"""``dirserver duplicates``: pairs of cards of one person, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.cards.naming import writable
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.config.faults import listing, nearest
from dirserver.directory import Reading, label_of
from dirserver.directory.same import duplicates
from dirserver.errors import AccessDenied
from dirserver.model.audit import AuditAction
from dirserver.model.duplicates.evidence import Sign
from dirserver.model.duplicates.scan import Pair
from dirserver.model.duplicates.verdict import Verdict
from dirserver.model.grant import Privilege
from dirserver.model.history.wording import name_of
from dirserver.model.policy import VisibleBook
from dirserver.model.query import KeyIs, Or

_AT_ONCE = 200
_COLOURS = {Verdict.CERTAIN: "bold green", Verdict.LIKELY: "bold yellow", Verdict.POSSIBLE: "bold"}


@dataclass(frozen=True, slots=True)
class Request:
    """Where to look, as whom, and for what, as it was typed."""

    books: tuple[str, ...]
    login: str
    verdict: str
    limit: int


@dataclass(frozen=True, slots=True)
class ShownDouble:
    """One of the two cards of a pair."""

    book: str
    href: str
    key: str
    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class ShownPair:
    """Two cards that may be of one person, as programs read it; the reasons are for people.

    Certain pairs that hang together have the number of a ``group`` in common. Where that is not
    ``whole``, something speaks against two of its cards.
    """

    verdict: str
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    cards: tuple[ShownDouble, ...]
    group: int | None
    whole: bool | None


def find(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Print the pairs that are found, surest first. Raises Failed."""
    least = _verdict(request.verdict)
    with acting(invocation, request.login) as who, who.reading() as reading:
        views = _views(who, reading, request.books)
        _, found = compared(reading, views, least)
        told = list(shown(reading, views, found, request.limit))
    if as_json:
        screen.say_json(told)
        return
    for pair in told:
        _say(pair)
    if not told:
        screen.say("nobody is found twice")
        return
    broken = sum(not cluster.whole for cluster in found.clusters)
    numbers = {one: sum(pair.verdict is one for pair in found.pairs) for one in Verdict}
    counted = ", ".join(f"{number} {one}" for one, number in numbers.items() if number)
    screen.say(f"{screen.counted(len(found.pairs), 'pair')}: {counted}")
    if broken:
        screen.say(
            f"{screen.counted(broken, 'group')} of certain pairs should be looked at: of two of "
            "the cards, something speaks against it"
        )
    _say_what_to_do(zip(told, found.pairs, strict=False))
    if len(found.pairs) > len(told):
        screen.note(f"These are the surest {len(told)}; for more: --limit.")


def compared(
    reading: Reading, views: Sequence[VisibleBook], least: Verdict
) -> tuple[duplicates.Gathered, duplicates.Found]:
    """Return what the cards of ``views`` say, and the pairs that are at ``least`` so sure."""
    with screen.progress("reading cards") as advance:
        gathered = duplicates.gather(reading, views, advance)
    with screen.progress("comparing cards") as advance:
        return gathered, duplicates.compare(gathered, advance, least)


def _say_what_to_do(found: Iterable[tuple[ShownPair, Pair]]) -> None:
    """Name the command for the first pair of one book, and for the first of two."""
    told: set[bool] = set()
    for shown, pair in found:
        one, other = shown.cards
        is_apart = one.book != other.book
        if is_apart in told or any(reason.sign is Sign.SOURCE for reason in pair.against):
            continue
        told.add(is_apart)
        keys = f"{one.key} {other.key}"
        if is_apart:
            link = again.command(f"duplicates link {keys}")
            screen.note(f"If those of two books are one person: {link}")
        else:
            screen.note(f"To make one card of two: {again.command(f'merge {keys} --dry-run')}")


def not_same(invocation: Invocation, one: str, other: str, login: str, *, undo: bool) -> None:
    """Remember that two cards are not of one person, or take it back. Raises Failed."""
    action = AuditAction.DUPLICATE_UNDENY if undo else AuditAction.DUPLICATE_DENY
    with acting(invocation, login) as who:
        with who.reading() as reading:
            named = [writable(who, reading, name, action) for name in (one, other)]
        first, second = (each.card.key for each in named)
        if first == second:
            raise Failed(f"These are one card: {named[0].place}.")
        try:
            with who.writing() as writing:
                changed = duplicates.deny(writing, first, second, undo=undo)
        except duplicates.OfOneLink as error:
            places = " and ".join(each.place for each in named)
            raise Failed(
                f"{places} are linked, as those of one person. If they are not, say first: "
                + again.command(f"duplicates unlink {first}")
            ) from error
        except AccessDenied as denied:
            raise Failed(f"{who.principal.login} may not say that: {denied}.") from denied
    if undo:
        screen.say("taken back" if changed else "nothing to do: nobody had said so")
    else:
        screen.say("remembered" if changed else "nothing to do: it is known already")


def _verdict(text: str) -> Verdict:
    known = [str(one) for one in Verdict]
    if text in known:
        return Verdict(text)
    meant = nearest(text, known)
    hint = f"did you mean {meant}?" if meant else f"there are {listing(known, 'and')}."
    raise Failed(f"There is no verdict {text}; {hint}")


def _views(who: Acting, reading: Reading, books: Sequence[str]) -> list[VisibleBook]:
    if not books:
        return list(reading.books(Privilege.READ))
    views = (who.book(reading, name, Privilege.READ) for name in books)
    return list({view.book.id: view for view in views}.values())


def shown(
    reading: Reading, views: Sequence[VisibleBook], found: duplicates.Found, limit: int
) -> Iterator[ShownPair]:
    """Yield what is told of the surest pairs of cards in ``views``."""
    pairs = found.pairs[:limit]
    keys = list(dict.fromkeys(key for pair in pairs for key in (pair.one, pair.other)))
    cards: dict[str, ShownDouble] = {}
    for start in range(0, len(keys), _AT_ONCE):
        query = Or(tuple(map(KeyIs, keys[start : start + _AT_ONCE])))
        for view, card, body in reading.cards_found(query, views):
            name = name_of(body) or card.key
            cards[card.key] = ShownDouble(label_of(view.book), card.href, card.key, card.uid, name)
    group_of = {
        key: (number, cluster.whole)
        for number, cluster in enumerate(found.clusters, 1)
        for key in cluster.keys
    }
    for pair in pairs:
        is_certain = pair.verdict is Verdict.CERTAIN
        group, whole = group_of[pair.one] if is_certain else (None, None)
        yield ShownPair(
            str(pair.verdict),
            tuple(reason.words for reason in pair.reasons),
            tuple(reason.words for reason in pair.against),
            (cards[pair.one], cards[pair.other]),
            group,
            whole,
        )


def _say(pair: ShownPair) -> None:
    verdict = Verdict(pair.verdict)
    screen.say((verdict, _COLOURS[verdict]), f": {'; '.join(pair.reasons)}")
    if pair.against:
        screen.say(("  but: ", "red"), "; ".join(pair.against))
    width = max(len(card.name) for card in pair.cards)
    for card in pair.cards:
        screen.say(f"  {card.key}  {card.name:<{width}}  ", (f"{card.book}/{card.href}", "dim"))
