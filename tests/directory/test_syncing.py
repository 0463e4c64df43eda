"""Books that follow a source: what comes, changes and goes, and what people added stays."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from sqlalchemy import func, select

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.directory.intake.sourceruns import Ending, LastRun, last_run
from dirserver.directory.intake.syncing import Fate, SyncCount, TooMuchGone, sync
from dirserver.directory.same import uniting
from dirserver.errors import OwnedBySource
from dirserver.model.grant import Privilege
from dirserver.model.history.life import Acts
from dirserver.model.source import Source
from dirserver.reconcile import apply_config
from dirserver.store.tables import quarantine, source_card
from tests.directory import persons
from tests.directory.acts import delete, events, get, listing, move, put, revision, rows, traces
from tests.directory.past import life, take_back
from tests.directory.standards import with_standards
from tests.organisation import ADMIN, BOB, HERE, vcard

SOURCE = Source("hr", "customers")
ANNA = vcard("anna", "Anna Müller", "TITLE:Clerk", "TEL;TYPE=WORK:+49 30 1")
BEN = vcard("ben", "Ben Beispiel", "EMAIL:ben@example.org")
OTHERS = tuple(vcard(f"p{number}", f"Person {number}") for number in range(8))
ALL = (ANNA, BEN, *OTHERS)
TABLE = '[sources.hr]\ntype = "csv"\nbook = "customers"\nfile = "people.csv"\n'


def with_source(services: Services, *lines: str) -> Services:
    """Let the customers follow a source, and return the services as they are then."""
    path = services.config.path
    before = path.read_text(encoding="utf-8").partition("\n[sources.hr]")[0]
    path.write_text("\n".join([before, TABLE, *lines, ""]), encoding="utf-8")
    again = open_services(config.load(path), services.store)
    apply_config(again, ADMIN, HERE)
    return again


def run(
    services: Services,
    bodies: Collection[bytes] = ALL,
    *,
    source: Source = SOURCE,
    accepted: bool = False,
) -> SyncCount:
    found = SyncCount(0)
    with services.directory.writing(ADMIN, HERE) as writing:
        for count in sync(writing, source, bodies, accepted=accepted, told=True):
            assert count.looked_at <= count.total
            found = count
    return found


def last(services: Services) -> LastRun | None:
    with services.directory.reading(ADMIN, HERE) as reading:
        return last_run(reading, "hr")


def without(*gone: bytes) -> list[bytes]:
    return [body for body in ALL if body not in gone]


def instead(old: bytes, new: bytes) -> list[bytes]:
    return [new if body is old else body for body in ALL]


def anna(services: Services) -> str:
    return get(services, "anna.vcf")[1].decode()


def test_a_book_becomes_what_its_source_has(each_engine: Services) -> None:
    count = run(each_engine)
    assert count.said == "10 new, 0 changed, 0 gone, 0 as before"
    assert get(each_engine, "anna.vcf")[1] == ANNA
    event = events(each_engine)[-1].event
    assert (event.action, event.book) == ("source:sync", "customers")
    assert event.detail == f"import {count.batch}, source hr: {count.said}"
    ending = last(each_engine)
    assert ending is not None
    assert (ending.ending, ending.said) == (Ending.DONE, count.said)


def test_to_run_twice_changes_nothing(services: Services) -> None:
    run(services)
    before = traces(services)
    count = run(services)
    assert (count.batch, count.said) == (None, "0 new, 0 changed, 0 gone, 10 as before")
    assert traces(services) == before


def test_what_the_source_says_otherwise_is_changed_and_additions_stay(
    each_engine: Services,
) -> None:
    run(each_engine)
    added = ANNA.replace(b"END:", b"NOTE:Likes tea\r\nTEL;TYPE=HOME:+49 40 9\r\nEND:")
    put(each_engine, "anna.vcf", added, who=BOB)
    says = ANNA.replace(b"Clerk", b"Head").replace(b"+49 30 1", b"+49 30 2")
    count = run(each_engine, instead(ANNA, says))
    assert count.said == "0 new, 1 changed, 0 gone, 9 as before"
    (told,) = count.outcomes
    assert told.fate is Fate.CHANGES
    assert [(one.before, one.after) for one in told.fields] == [
        ("Clerk", "Head"),
        ("+49 30 1", "+49 30 2"),
    ]
    body = anna(each_engine)
    assert all(text in body for text in ("Head", "+49 30 2", "Likes tea", "+49 40 9"))
    assert "Clerk" not in body
    assert "+49 30 1\r\n" not in body


def test_what_the_source_has_no_longer_goes(services: Services) -> None:
    run(services)
    says = ANNA.replace(b"TITLE:Clerk\r\n", b"").replace(b"TEL;TYPE=WORK:+49 30 1\r\n", b"")
    run(services, instead(ANNA, says))
    assert get(services, "anna.vcf")[1] == says
    count = run(services, without(BEN, ANNA))
    assert count.said == "0 new, 0 changed, 2 gone, 8 as before"
    assert {"anna.vcf", "ben.vcf"}.isdisjoint(listing(services))
    assert {one.reason for one in count.outcomes} == {"the source has it no longer"}


def test_a_run_is_taken_back_as_one(each_engine: Services) -> None:
    run(each_engine)
    put(each_engine, "anna.vcf", ANNA.replace(b"END:", b"NOTE:Tea\r\nEND:"), who=BOB)
    noted = get(each_engine, "anna.vcf")[1]
    count = run(
        each_engine, instead(ANNA, ANNA.replace(b"Clerk", b"Head"))[:1] + without(ANNA, BEN)
    )
    assert "ben.vcf" not in listing(each_engine)
    assert not any(one.conflicts for one in take_back(each_engine, Acts(batch=count.batch)))
    assert get(each_engine, "anna.vcf")[1] == noted
    assert get(each_engine, "ben.vcf")[1] == BEN


@pytest.mark.parametrize("bodies", [ALL[3:], ()])
def test_too_much_goes_only_with_somebodys_word(
    services: Services, bodies: tuple[bytes, ...]
) -> None:
    run(services)
    before = traces(services)
    with pytest.raises(TooMuchGone) as refused:
        run(services, bodies)
    assert (refused.value.gone, refused.value.owned) == (10 - len(bodies), 10)
    assert traces(services) == before
    assert run(services, bodies, accepted=True).gone == 10 - len(bodies)


def test_a_source_without_anybody_is_not_believed_at_first_either(services: Services) -> None:
    with pytest.raises(TooMuchGone, match="nobody is in it"):
        run(services, ())


def test_a_fifth_may_go(services: Services) -> None:
    run(services)
    assert run(services, ALL[2:]).gone == 2


def test_cards_of_people_stay_out_of_it(services: Services) -> None:
    put(services, "own.vcf", vcard("own", "Own Card"))
    run(services)
    run(services, without(BEN))
    assert get(services, "own.vcf")[1] == vcard("own", "Own Card")


def test_a_card_that_was_there_is_the_sources_from_then_on(services: Services) -> None:
    put(services, "a.vcf", vcard("anna", "A. Müller", "NOTE:Tea"))
    count = run(services)
    assert (count.cards.created, count.cards.updated) == (9, 1)
    (told,) = [one for one in count.outcomes if one.fate is Fate.CHANGES]
    assert told.reason == "it was there, and is the source's from now on"
    body = get(services, "a.vcf")[1].decode()
    assert all(text in body for text in ("FN:Anna Müller", "TITLE:Clerk", "NOTE:Tea"))


def test_what_others_make_of_a_sources_value_is_put_back_at_once(each_engine: Services) -> None:
    services = with_source(each_engine)
    run(services)
    mine = ANNA.replace(b"Clerk", b"Boss").replace(b"END:", b"NOTE:Tea\r\nEND:")
    stored = put(services, "anna.vcf", mine, who=BOB)
    card, body = get(services, "anna.vcf")
    assert body == ANNA.replace(b"END:", b"NOTE:Tea\r\nEND:")
    client, source = life(services, card.key)[-2:]
    assert (client.actor, client.etag) == ("bob", stored.etag)
    assert (source.actor, source.operation, source.etag) == ("source:hr", "repair", card.etag)
    told = events(services)[-1].event
    assert (told.actor, told.action, told.detail) == ("source:hr", "card:repair", "put back TITLE")


def test_how_a_program_writes_a_value_is_no_change_of_it(services: Services) -> None:
    services = with_source(services)
    run(services, [ANNA.replace(b"END:", b"PHOTO;ENCODING=b;TYPE=JPEG:/9j/AA==\r\nEND:"), *OTHERS])
    said = vcard(
        "anna",
        "Anna Müller",
        "TITLE:Clerk",
        "TEL;TYPE=work,voice:+49301",
        "PHOTO:data:image/jpeg;base64,/9j/AA==",
        version="4.0",
    )
    put(services, "anna.vcf", said, who=BOB)
    assert get(services, "anna.vcf")[1] == said


def test_a_photo_is_put_back_in_the_version_of_the_card(services: Services) -> None:
    services = with_source(services)
    run(services, [ANNA.replace(b"END:", b"PHOTO;ENCODING=b;TYPE=JPEG:/9j/AA==\r\nEND:"), *OTHERS])
    put(services, "anna.vcf", vcard("anna", "Anna Müller", version="4.0"), who=BOB)
    assert "PHOTO:data:image/jpeg;base64,/9j/AA==" in anna(services)


def test_a_repair_of_the_source_goes_with_what_it_repaired(services: Services) -> None:
    services = with_source(services)
    run(services)
    # In another order, of which nothing is left either.
    mine = vcard("anna", "Anna Müller", "TEL;TYPE=WORK:+49 30 1", "TITLE:Boss")
    put(services, "anna.vcf", mine, who=BOB)
    assert not any(one.conflicts for one in take_back(services, Acts(login="bob")))
    assert get(services, "anna.vcf")[1] == ANNA


def test_nobody_takes_a_card_of_a_source_away(each_engine: Services) -> None:
    services = with_source(each_engine)
    run(services)
    put(services, "own.vcf", vcard("own", "Own Card"), who=BOB)
    delete(services, "own.vcf", who=BOB)
    with pytest.raises(OwnedBySource, match="the source hr"):
        delete(services, "anna.vcf", who=BOB)
    with pytest.raises(OwnedBySource):
        move(services, "anna.vcf", "anna.vcf", to_slug="secret")
    refused = [one.event for one in events(services) if one.event.outcome == "refused"]
    assert [one.action for one in refused] == ["card:delete", "card:move"]
    assert "anna.vcf" in listing(services)


def test_a_writable_source_lets_people_have_their_way_until_it_changes_itself(
    services: Services,
) -> None:
    services = with_source(services, "writable = true")
    source = Source("hr", "customers", writable=True)
    run(services, source=source)
    put(services, "anna.vcf", ANNA.replace(b"Clerk", b"Boss"), who=BOB)
    assert run(services, source=source).batch is None
    assert "TITLE:Boss" in anna(services)
    run(services, instead(ANNA, ANNA.replace(b"Clerk", b"Head")), source=source)
    assert "TITLE:Head" in anna(services)
    delete(services, "ben.vcf", who=BOB)


def test_a_source_has_a_say_in_what_it_owns_only(services: Services) -> None:
    services = with_source(services, 'owns = ["TEL"]')
    source = Source("hr", "customers", frozenset({"TEL"}))
    run(services, source=source)
    put(services, "anna.vcf", ANNA.replace(b"Clerk", b"Boss").replace(b"30 1", b"30 7"), who=BOB)
    body = anna(services)
    assert all(text in body for text in ("TITLE:Boss", "+49 30 7", "+49 30 1"))
    says = ANNA.replace(b"Clerk", b"Head").replace(b"30 1", b"30 2")
    run(services, instead(ANNA, says), source=source)
    body = anna(services)
    assert all(text in body for text in ("TITLE:Boss", "+49 30 7", "+49 30 2"))
    assert "+49 30 1" not in body


def test_standards_and_source_come_to_rest(services: Services) -> None:
    services = with_standards(services, 'phones = "e164"', 'phones = "repair"')
    says = instead(ANNA, ANNA.replace(b"+49 30 1", b"030/901820"))
    run(services, says)
    assert "TEL;TYPE=WORK:+4930901820" in anna(services)
    before = revision(services)
    assert run(services, says).batch is None
    assert revision(services) == before
    run(services, [body.replace(b"Clerk", b"Head") for body in says])
    body = anna(services)
    assert "TITLE:Head" in body
    assert body.count("TEL") == 1


def test_what_is_put_back_frees_a_card_from_quarantine(services: Services) -> None:
    rules = 'required = ["EMAIL"]', 'required = "quarantine"'
    services = with_source(with_standards(services, *rules))
    run(services)
    put(services, "ben.vcf", BEN.replace(b"EMAIL:ben@example.org\r\n", b""), who=BOB)
    assert get(services, "ben.vcf")[1] == BEN
    (held,) = rows(services, select(func.count()).select_from(quarantine))
    # All others have no address in the source either.
    assert held == (9,)


def test_who_was_made_one_with_another_does_not_come_back(services: Services) -> None:
    put(services, "own.vcf", vcard("own", "Anna Müller", "NOTE:Tea"))
    run(services)
    with services.directory.writing(ADMIN, HERE) as writing:
        view = writing.book("customers", Privilege.WRITE)
        places = [uniting.Place(view, href) for href in ("own.vcf", "anna.vcf")]
        assert list(uniting.merge(writing, [uniting.plan(writing, places, "own.vcf")])) == [1]
    assert run(services).said == "0 new, 0 changed, 0 gone, 10 as before"
    says = instead(ANNA, ANNA.replace(b"END:", b"EMAIL:anna@example.org\r\nEND:"))
    assert run(services, says).said == "0 new, 1 changed, 0 gone, 9 as before"
    body = get(services, "own.vcf")[1].decode()
    assert all(text in body for text in ("NOTE:Tea", "TITLE:Clerk", "EMAIL:anna@example.org"))
    assert "anna.vcf" not in listing(services)


def test_who_was_erased_does_not_come_back(each_engine: Services) -> None:
    run(each_engine)
    persons.erased(each_engine, "Anna Müller")
    assert rows(each_engine, select(func.count()).select_from(source_card)) == [(9,)]
    count = run(each_engine)
    assert (len(count.cards.erased), count.cards.unchanged) == (1, 9)
    assert "anna.vcf" not in listing(each_engine)


def test_who_left_is_nobodys_business_to_the_source(services: Services) -> None:
    run(services)
    count = run(services, without(BEN))
    take_back(services, Acts(batch=count.batch))
    assert run(services, without(BEN)).batch is None
    assert "ben.vcf" in listing(services)
