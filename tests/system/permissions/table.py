"""Who may do what: people, books with every kind of grant, and a small table of what follows.

What follows is said here in sets and a maximum, on purpose without anything of the server's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from tests.organisation import password_hash, vcard

SUFFIX = "dc=example,dc=org"
MOST_HITS = 2


class Level(IntEnum):
    """How much somebody may; each includes those before it."""

    NONE = 0
    SEARCH = 1
    READ = 2
    WRITE = 3
    MANAGE = 4


@dataclass(frozen=True, slots=True)
class Given:
    """A grant to one kind of grantee."""

    to: str
    level: Level
    hide: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Book:
    """A book and what is granted on it; ``owner`` is whose private book it is."""

    slug: str
    grants: tuple[Given, ...] = ()
    owner: str = ""


# What a grant is made to; whom it reaches: clients are all on this machine.
PEOPLE = ("boss", "dana", "greta", "nina", "tom", "delia", "uma")
NOBODY = "anonymous"
REACHES: dict[str, set[str]] = {
    "dana": {"dana"},
    "group:club": {"greta", "tom"},
    "group:all": {"nina"},
    "everyone": set(PEOPLE),
    "inside": {NOBODY},
    "outside": set(),
    "tom": {"tom"},
    "delia": {"delia"},
    "boss": {"boss"},
}
# How these are written in the config file.
_WRITTEN = {
    "inside": '"anonymous", from = ["127.0.0.0/8"]',
    "outside": '"anonymous", from = ["10.99.0.0/16"]',
}
# What is given while the server runs, and not in the file.
GIVEN = "delia"

HIDE = frozenset({"ORG", "NOTE"})
_LEVELS = (
    *((level, hide) for level in (Level.SEARCH, Level.READ) for hide in (frozenset[str](), HIDE)),
    (Level.WRITE, frozenset[str]()),
    (Level.MANAGE, frozenset[str]()),
)
_NAMES = {
    "dana": "direct",
    "group:club": "member",
    "group:all": "nested",
    "everyone": "everyone",
    "inside": "inside",
    "outside": "outside",
    GIVEN: "given",
}


def _possible(to: str, level: Level) -> bool:
    if to in ("inside", "outside"):
        return level <= Level.READ
    return to != GIVEN or level in (Level.READ, Level.WRITE)


BOSS = Given("boss", Level.MANAGE)
BOOKS = (
    *(
        Book(
            f"{name}-{level.name.lower()}{'-part' if hide else ''}", (BOSS, Given(to, level, hide))
        )
        for to, name in _NAMES.items()
        for level, hide in _LEVELS
        if _possible(to, level)
    ),
    # One grant hides what another shows; two hide what they have in common; and lookups show
    # what readers are not shown.
    Book(
        "two-shown",
        (BOSS, Given("group:club", Level.READ, HIDE), Given("tom", Level.READ)),
    ),
    Book(
        "two-common",
        (BOSS, Given("group:club", Level.READ, HIDE),
         Given("tom", Level.READ, frozenset({"ORG", "TITLE"}))),
    ),
    Book(
        "two-levels",
        (BOSS, Given("group:club", Level.SEARCH), Given("tom", Level.READ, HIDE)),
    ),
    Book("nobody", (BOSS,)),
)  # fmt: skip
PERSONAL = {person: Book("personal", owner=person) for person in PEOPLE}


def never_was(book: Book) -> str:
    """Return the slug of no book, as long as that of ``book``: lengths are answers, too."""
    return "z" * len(book.slug)


def grants_to(person: str, book: Book) -> list[Given]:
    """Return the grants on ``book`` that reach ``person``."""
    return [grant for grant in book.grants if person in REACHES[grant.to]]


def level_of(person: str, book: Book) -> Level:
    """Return how much ``person`` may do with ``book``."""
    if book.owner:
        return Level.MANAGE if book.owner == person else Level.NONE
    return max((grant.level for grant in grants_to(person, book)), default=Level.NONE)


def hidden_from(person: str, book: Book, need: Level) -> frozenset[str]:
    """Return what is hidden of ``book`` from one who uses what at least ``need`` gives."""
    hides = [grant.hide for grant in grants_to(person, book) if grant.level >= need]
    return frozenset.intersection(*hides) if hides else frozenset()


def books_for(person: str) -> tuple[Book, ...]:
    """Return the books that are worth a look as ``person``: with each kind of grant, and without.

    Everybody has what everyone has, so one of them looks at that; the boss has everything.
    """
    of_everyone = person == "uma"
    own = [
        book
        for book in BOOKS
        if any(grant.to != "everyone" or of_everyone for grant in grants_to(person, book))
    ]
    foreign = [book for book in BOOKS if book.slug in ("nobody", "direct-manage", "outside-read")]
    private = [PERSONAL[person]] if person in PERSONAL else []
    return tuple(dict.fromkeys([*(own[:6] if person == "boss" else own), *foreign, *private]))


PAIRS = [(person, book) for person in (*PEOPLE, NOBODY) for book in books_for(person)]

# Two who are in an organisation, one with a title, one with neither.
CARDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "anna": ("Anna Adler", ("ORG:Acme", "TITLE:Chief", "NOTE:owes us money")),
    "bert": ("Bert Bauer", ("ORG:Brot", "NOTE:pays late")),
    "cora": ("Cora Clark", ()),
}


def card_of(uid: str, hidden: frozenset[str] = frozenset()) -> bytes:
    """Return a card as it is served to one from whom ``hidden`` is kept."""
    name, lines = CARDS[uid]
    return vcard(uid, name, *(line for line in lines if line.partition(":")[0] not in hidden))


def having(name: str, hidden: frozenset[str]) -> set[str]:
    """Return the uids of the cards that have the property ``name``, for that reader."""
    return {
        uid
        for uid, (_, lines) in CARDS.items()
        if name not in hidden and any(line.startswith(f"{name}:") for line in lines)
    }


def write_permissions(directory: Path) -> Path:
    """Write the config file for all of this and return its path."""
    tables = [
        '[organisation]\nname = "Example GmbH"\ndomain = "example.org"\ncountry = "DE"\n'
        'personal_books = true\n[database]\nurl = "sqlite:///test.db"\n'
        '[carddav]\nlisten = ["127.0.0.1:0"]\n'
        f'[ldap]\nlisten = ["127.0.0.1:0"]\nanonymous = true\nmax_hits = {MOST_HITS}\n',
        *(
            f'[users.{person}]\nname = "{person.title()}"\npassword_hash = "{password_hash()}"\n'
            for person in PEOPLE
        ),
        '[groups.club]\nname = "Club"\nmembers = ["greta", "tom"]\n',
        # By their names, the outer ones come first.
        '[groups.all]\nname = "Outer"\nmembers = ["group:most"]\n',
        '[groups.most]\nname = "Middle"\nmembers = ["group:some"]\n',
        '[groups.some]\nname = "Inner"\nmembers = ["nina"]\n',
        *map(_table, BOOKS),
    ]
    path = directory / "dirserver.toml"
    path.write_text("\n".join(tables), encoding="utf-8")
    return path


def _table(book: Book) -> str:
    grants = []
    for grant in book.grants:
        if grant.to != GIVEN:
            to = _WRITTEN.get(grant.to, f'"{grant.to}"')
            hide = ", ".join(f'"{name}"' for name in sorted(grant.hide))
            access = grant.level.name.lower()
            grants.append(
                f'{{ to = {to}, access = "{access}"' + (f", hide = [{hide}]" if hide else "") + " }"
            )
    return f'[books.{book.slug}]\nname = "{book.slug.title()}"\ngrants = [{", ".join(grants)}]\n'
