"""What was done to links, taken back: who is linked with whom as before, if nobody changed it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dirserver.assembly import Services
from dirserver.directory.past.pruning import prune
from dirserver.directory.past.settling import Fate
from dirserver.directory.same import linking
from dirserver.model.history.life import Acts
from dirserver.model.linking import LinkMode
from dirserver.model.principal import Principal
from tests.directory.acts import put, reconfigure
from tests.directory.linked import key, link, linked, unlink
from tests.directory.past import take_back, would_take_back
from tests.directory.persons import erased
from tests.organisation import ADMIN, ALICE, BOB, HERE, vcard

ANNA, HERE_TOO, HIDDEN = "customers/anna.vcf", "staff/vogt.vcf", "secret/other.vcf"
BEN, BENS = "customers/ben.vcf", "staff/ben.vcf"


@pytest.fixture
def filled(each_engine: Services) -> Services:
    """Anna in three books, Ben in two."""
    put(each_engine, "anna.vcf", vcard("a", "Anna Vogt"))
    put(each_engine, "vogt.vcf", vcard("v", "Anni Vogt"), slug="staff")
    put(each_engine, "other.vcf", vcard("o", "A. Vogt"), slug="secret")
    put(each_engine, "ben.vcf", vcard("b", "Ben Groß"))
    put(each_engine, "ben.vcf", vcard("b2", "Ben Gross"), slug="staff")
    return each_engine


def number(services: Services) -> int:
    """Return the number of what was done last."""
    with services.store.reading() as connection:
        return int(connection.exec_driver_sql("SELECT max(batch) FROM link_step").scalar() or 0)


def undo(services: Services, batch: int, who: Principal = ADMIN) -> list[tuple[str, Fate, str]]:
    """Take the act with a number back; return what became of which card, and why not."""
    told = take_back(services, Acts(batch=batch), who=who)
    return [
        (f"{one.book}/{one.href}", one.fate, "".join(why.now for why in one.conflicts))
        for one in told
    ]


def test_a_link_is_taken_back_and_that_is_taken_back(filled: Services) -> None:
    link(filled, ANNA, HERE_TOO, mode=LinkMode.CARRY, properties=["TEL"])
    first = number(filled)
    assert undo(filled, first) == [(ANNA, Fate.CHANGES, ""), (HERE_TOO, Fate.CHANGES, "")]
    assert (linked(filled, ANNA), linked(filled, HERE_TOO)) == ([], [])
    assert not filled.directory.policy().linked_books
    assert would_take_back(filled, Acts(batch=first)) == ()
    undo(filled, first + 1)
    assert linked(filled, ANNA) == [HERE_TOO]
    with filled.directory.reading(ALICE, HERE) as reading:
        (found,) = linking.of_cards(reading, [key(filled, ANNA)]).values()
    assert (found.link.mode, found.link.properties) == (LinkMode.CARRY, ("TEL",))


def test_what_was_linked_before_is_linked_so_again(filled: Services) -> None:
    """A link that took others in, and one that says something else, are the old ones again."""
    link(filled, ANNA, HERE_TOO)
    link(filled, HERE_TOO, HIDDEN, mode=LinkMode.CARRY)
    second = number(filled)
    assert linked(filled, ANNA) == [HIDDEN, HERE_TOO]
    told = {one.href: one.fields for one in would_take_back(filled, Acts(batch=second))}
    (change,) = told["anna.vcf"]
    assert (change.before, change.after) == (
        f"{HIDDEN}, {HERE_TOO} (carry)",
        f"{HERE_TOO} (offer)",
    )
    undo(filled, second)
    assert (linked(filled, ANNA), linked(filled, HIDDEN)) == ([HERE_TOO], [])


def test_what_was_parted_is_linked_again(filled: Services) -> None:
    link(filled, ANNA, HERE_TOO)
    link(filled, HERE_TOO, HIDDEN)
    unlink(filled, HERE_TOO)
    assert linked(filled, ANNA) == [HIDDEN]
    undo(filled, number(filled))
    assert linked(filled, ANNA) == [HIDDEN, HERE_TOO]


def test_people_are_taken_back_one_by_one_where_nobody_linked_them_otherwise(
    filled: Services,
) -> None:
    pairs = [[key(filled, ANNA), key(filled, HERE_TOO)], [key(filled, BEN), key(filled, BENS)]]
    with filled.directory.writing(ALICE, HERE) as writing:
        assert all(linking.link_each(writing, pairs))
        batch = writing.batch
    link(filled, ANNA, HIDDEN)
    otherwise = "linked otherwise since"
    assert undo(filled, batch) == [
        (ANNA, Fate.STAYS, otherwise),
        (BEN, Fate.CHANGES, ""),
        (BENS, Fate.CHANGES, ""),
        (HERE_TOO, Fate.STAYS, otherwise),
    ]
    assert (linked(filled, BEN), linked(filled, ANNA)) == ([], [HIDDEN, HERE_TOO])
    # All that somebody did is taken back from the last of it on.
    assert {one.fate for one in take_back(filled, Acts(login="alice"))} >= {Fate.GOES}
    link_left = would_take_back(filled, Acts(batch=batch))
    assert link_left == ()


def test_who_may_not_see_one_of_the_books_is_told_nothing(filled: Services) -> None:
    link(filled, ANNA, HIDDEN)
    hidden = number(filled)
    link(filled, BEN, BENS)
    barred = number(filled)
    path, sales = filled.config.path, '{ to = "group:sales", access = "write" }'
    text = path.read_text(encoding="utf-8")
    assert sales in text
    path.write_text(text.replace(sales, '{ to = "bob", access = "manage" }'), encoding="utf-8")
    reconfigure(filled)
    assert undo(filled, hidden, BOB) == []
    assert linked(filled, ANNA) == [HIDDEN]
    assert [(place, fate) for place, fate, _ in undo(filled, barred, BOB)] == [
        (BEN, Fate.STAYS),
        (BENS, Fate.STAYS),
    ]
    assert linked(filled, BEN) == [BENS]
    assert undo(filled, barred, ALICE)[0][1] is Fate.CHANGES


def test_of_somebody_who_was_erased_nothing_is_kept(filled: Services) -> None:
    put(filled, "anna.vcf", vcard("a", "Anna Vogt", "EMAIL:anna@example.org"))
    link(filled, ANNA, HERE_TOO)
    link(filled, ANNA, HIDDEN)
    erased(filled, "anna@example.org")
    with filled.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM link_step").scalar() == 0


def test_with_the_history_goes_what_was_done_to_links(filled: Services) -> None:
    link(filled, ANNA, HERE_TOO)
    batch = number(filled)
    for slug, href in (place.split("/") for place in (ANNA, HERE_TOO)):
        put(filled, href, vcard(href[0], "Anna Vogt-Groß"), slug=slug)
    assert prune(filled.directory, ADMIN, HERE, timedelta(0))
    assert would_take_back(filled, Acts(batch=batch)) == ()
    assert linked(filled, ANNA) == [HERE_TOO]
