"""The store becomes what the config file says: all of it or nothing, and it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.errors import DirectoryError
from dirserver.model.audit import AuditAction
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.principal import Principal
from dirserver.model.query import EVERYTHING, Equals
from dirserver.reconcile import Plan, apply_config, plan_config
from dirserver.reconcile.plan import sentence_of
from dirserver.store import schema, settings, structure
from dirserver.store.structure import Structure
from tests.directory.acts import changes, events, get, listing, put, revision, traces, user_table
from tests.organisation import (
    ADMIN,
    ALICE,
    BOB,
    CAROL,
    HERE,
    password_hash,
    vcard,
    write_config,
)
from tests.store.trail import broken_links


def edited(services: Services, *changes: tuple[str, str]) -> Services:
    """Change the config file, each text into another; return services of the new one."""
    path = services.config.path
    written = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in written
        written = written.replace(old, new)
    path.write_text(written, encoding="utf-8")
    return open_services(config.load(path), services.store)


def apply(services: Services) -> list[str]:
    return [sentence_of(step) for step in apply_config(services, ADMIN, HERE).steps]


def stored(services: Services) -> Structure:
    with services.store.reading() as connection:
        return structure.load(connection)


def table_of(services: Services, name: str) -> str:
    """Return the text of a table of the config file, with the blank line after it."""
    written = services.config.path.read_text(encoding="utf-8")
    start = written.index(f"[{name}]\n")
    end = written.find("\n[", start)
    return written[start : len(written) if end < 0 else end + 1]


def slugs(services: Services, who: Principal) -> list[str]:
    with services.directory.reading(who, HERE) as reading:
        return [view.book.slug for view in reading.books(Privilege.READ)]


def test_a_plan_tells_what_applying_will_do_and_does_nothing(
    database_url: str, tmp_path: Path
) -> None:
    services = open_services(config.load(write_config(tmp_path, database_url)))
    planned = plan_config(services)
    assert len(planned.steps) == 18
    if services.store.is_sqlite:
        assert schema.current(services.store) == ""
    assert apply_config(services, ADMIN, HERE) == planned
    assert plan_config(services).is_empty
    services.store.close()


def test_applying_again_changes_nothing_at_all(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", vcard("anna", "Anna"))
    before, was = traces(each_engine), stored(each_engine)
    policy = each_engine.directory.policy()
    assert apply_config(each_engine, ADMIN, HERE) == Plan()
    assert traces(each_engine) == before
    assert stored(each_engine) == was
    assert each_engine.directory.policy() is policy


def test_how_the_server_keeps_watch_is_planned_and_told_like_a_grant(
    each_engine: Services,
) -> None:
    path = each_engine.config.path
    text = path.read_text(encoding="utf-8")
    watch = '\n[shield]\nenabled = false\n[history]\nkeep = "90d"\n[audit]\nreads = "full"\n'
    path.write_text(text + watch, encoding="utf-8")
    changed = open_services(config.load(path), each_engine.store)
    planned = plan_config(changed)
    assert [sentence_of(step) for step in planned.steps] == [
        "[audit] reads: the default -> full",
        "[history] keep: the default -> 90 days",
        "[shield] enabled: the default -> false",
    ]
    assert apply_config(changed, ADMIN, HERE) == planned
    assert plan_config(changed).is_empty
    told = [found.event for found in events(each_engine)][-4:]
    assert [one.action for one in told] == [
        *[AuditAction.CONFIG_CHANGE] * 3,
        AuditAction.CONFIG_APPLY,
    ]
    path.write_text(text, encoding="utf-8")
    back = open_services(config.load(path), each_engine.store)
    assert len(apply_config(back, ADMIN, HERE).steps) == 3
    assert plan_config(back).is_empty


def test_every_step_is_told_with_who_did_it(each_engine: Services) -> None:
    told = [found.event for found in events(each_engine)]
    assert {(one.actor, one.protocol, one.address, one.agent) for one in told} == {
        ("root", "test", "192.0.2.7", "pytest")
    }
    assert [one.action for one in told] == [
        *[AuditAction.USER_ADD] * 5,
        *[AuditAction.GROUP_ADD] * 2,
        *[AuditAction.BOOK_ADD, *[AuditAction.GRANT_ADD] * 5],
        *[AuditAction.BOOK_ADD, AuditAction.GRANT_ADD],
        *[AuditAction.BOOK_ADD, *[AuditAction.GRANT_ADD] * 2],
        AuditAction.CONFIG_APPLY,
    ]
    assert [one.book for one in told if one.action is AuditAction.BOOK_ADD] == [
        *("customers", "secret", "staff"),
    ]
    assert told[-1].detail == "dirserver.toml: 18 changes"
    for one in told:
        assert "$argon2" not in repr(one)
        assert password_hash() not in repr(one)
    assert broken_links(each_engine.store) == []


CHANGES: list[tuple[str, str, list[str]]] = [
    # What is in the file, what instead; the sentences of the plan.
    (
        "[groups.sales]",
        '[users.zoe]\nname = "Zoe"\n\n[groups.sales]',
        ["user zoe: Zoe"],
    ),
    (
        'name = "Alice Example"\nmail = "alice@example.org"',
        'name = "Alice Other"',
        ['user alice: name "Alice Example" -> "Alice Other", mail "alice@example.org" -> ""'],
    ),
    (user_table("erin"), "", ["user erin"]),
    (
        "[groups.support]",
        '[groups.all]\nname = "All"\nmembers = ["group:sales", "erin"]\n\n[groups.support]',
        ["group all: All, members erin, group:sales"],
    ),
    (
        'members = ["bob"]',
        'members = ["dave", "group:support"]',
        ["group sales: dave joins, group:support joins, bob leaves"],
    ),
    (
        'description = "Everyone we sell to"',
        'description = "Clients"',
        ['book customers: description "Everyone we sell to" -> "Clients"'],
    ),
    (
        "[books.secret]",
        '[books.new]\nname = "New"\ngrants = [{ to = "everyone", access = "read" }]\n'
        "\n[books.secret]",
        ["book new: New", "grant on new to everyone: read"],
    ),
    (
        '  { to = "dave", access = "search" },\n',
        '  { to = "dave", access = "read", hide = ["TEL"] },\n'
        '  { to = "erin", access = "write" },\n',
        [
            "grant on customers to dave: search -> read without TEL",
            "grant on customers to erin: write",
        ],
    ),
    (
        'from = ["10.20.0.0/16"]',
        'from = ["10.20.0.0/16", "2001:db8::/32"]',
        [
            "grant on customers to anonymous: search from 10.20.0.0/16 -> "
            "search from 10.20.0.0/16, 2001:db8::/32"
        ],
    ),
    ('  { to = "dave", access = "search" },\n', "", ["grant on customers to dave: search"]),
]


def test_each_kind_of_change_is_made_and_taken_back(each_engine: Services) -> None:
    was = stored(each_engine)
    for old, new, expected in CHANGES:
        after = edited(each_engine, (old, new)) if new else edited(each_engine, (old, "#@\n"))
        planned = [sentence_of(step) for step in plan_config(after).steps]
        assert planned == expected
        before = len(events(each_engine))
        assert apply(after) == expected
        told = [found.event.detail for found in events(each_engine)][before:]
        changes = "1 change" if len(expected) == 1 else f"{len(expected)} changes"
        assert told == [*expected, f"dirserver.toml: {changes}"]
        assert plan_config(after).is_empty
        assert stored(after) != was
        back = edited(each_engine, (new or "#@\n", old))
        assert apply(back)
        known = stored(each_engine)
        assert (known.users, known.groups) == (was.users, was.groups)
        assert {label: known.books[label] for label in was.books} == was.books


def test_an_archived_book_is_invisible_and_comes_back_with_its_cards(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", vcard("anna", "Anna"))
    put(each_engine, "gone.vcf", vcard("gone", "Gone"))
    before = each_engine.directory.policy().books
    at, known = revision(each_engine), changes(each_engine)
    customers = table_of(each_engine, "books.customers")
    gone = edited(each_engine, (customers, "#@\n"))
    assert apply(gone) == ["book customers: archived (invisible, but kept)"]
    assert "customers" not in slugs(gone, ALICE)
    assert traces(gone).cards == 2
    assert apply(gone) == []
    last = [found.event for found in events(gone)][-2]
    assert (last.action, last.book) == (AuditAction.BOOK_ARCHIVE, "customers")
    back = edited(gone, ("#@\n", customers.replace("Everyone we sell to", "Clients")))
    assert apply(back) == ["book customers: Customers, back from the archive"]
    assert get(back, "anna.vcf")[1] == vcard("anna", "Anna")
    # It is the same book: a client that was away in between goes on where it was.
    found = {book.slug: (book.id, book.uuid) for book in each_engine.directory.policy().books}
    assert found == {book.slug: (book.id, book.uuid) for book in before}
    assert revision(back) == at
    assert changes(back) == known
    assert slugs(back, BOB) == ["customers", "staff"]


def test_users_get_books_of_their_own_when_the_organisation_wants_it(
    each_engine: Services,
) -> None:
    on = edited(each_engine, ('country = "DE"', 'country = "DE"\npersonal_books = true'))
    assert "book alice/personal: Personal" in apply(on)
    for who in (ALICE, BOB):
        body = vcard("mine", f"{who.login}'s")
        assert slugs(on, who)[-1] == "personal"
        put(on, "mine.vcf", body, slug="personal", who=who)
        assert get(on, "mine.vcf", slug="personal", who=who)[1] == body
    with on.directory.reading(ADMIN, HERE) as reading:
        assert len(reading.books(Privilege.MANAGE)) == 8
        view = reading.book("alice/personal", Privilege.READ)
        assert reading.body(view, "mine.vcf") == vcard("mine", "alice's")
    assert events(on)[-1].event.book == "bob/personal"
    off = edited(on, ("personal_books = true", "personal_books = false"))
    assert len(apply(off)) == 5
    assert slugs(off, ALICE) == ["customers", "secret", "staff"]
    again = edited(off, ("personal_books = false", "personal_books = true"))
    apply(again)
    assert get(again, "mine.vcf", slug="personal")[1] == vcard("mine", "alice's")


def found_by(services: Services, number: str) -> int:
    with services.directory.reading(ALICE, HERE) as reading:
        query = Equals(Field.ANY_PHONE, number)
        return len(list(reading.search(query, reading.books(Privilege.SEARCH))))


def test_another_country_means_that_numbers_are_read_anew(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", vcard("anna", "Anna", "TEL:0664 1234567"))
    assert (found_by(each_engine, "+49 664 1234567"), found_by(each_engine, "+436641234567")) == (
        1,
        0,
    )
    before = traces(each_engine)
    austria = edited(each_engine, ('country = "DE"', 'country = "AT"'))
    assert plan_config(austria) == Plan((), reindex=1)
    heard: list[tuple[int, int]] = []
    plan = apply_config(austria, ADMIN, HERE, lambda done, total: heard.append((done, total)))
    assert plan.reindex == 1
    assert heard == [(1, 1)]
    assert (found_by(austria, "+49 664 1234567"), found_by(austria, "+436641234567")) == (0, 1)
    assert plan_config(austria).is_empty
    after = traces(austria)
    assert (after.versions, after.revisions, after.events) == (
        before.versions,
        before.revisions,
        before.events + 1,
    )
    assert events(austria)[-1].event.detail == "dirserver.toml: 0 changes, 1 card indexed anew"


def test_another_outside_line_counts_at_once(services: Services) -> None:
    put(services, "anna.vcf", vcard("anna", "Anna", "TEL:+49 30 901820"))
    assert (found_by(services, "0030901820"), found_by(services, "9030901820")) == (1, 0)
    nine = edited(services, ('outside_line = ["0"]', 'outside_line = ["9"]'))
    apply_config(nine, ADMIN, HERE)
    assert (found_by(nine, "0030901820"), found_by(nine, "9030901820")) == (0, 1)


def test_an_area_code_counts_at_once_and_no_card_is_indexed_anew(services: Services) -> None:
    put(services, "anna.vcf", vcard("anna", "Anna", "TEL:+49 30 901820"))
    berlin = edited(services, ('outside_line = ["0"]', 'outside_line = ["0"]\narea_code = "30"'))
    before = traces(services)
    apply_config(berlin, ADMIN, HERE)
    assert traces(services) == before
    assert (found_by(services, "901820"), found_by(berlin, "901820")) == (0, 1)


def break_grants(services: Services) -> None:
    """Make the database refuse grants to erin."""
    statement = (
        "CREATE TRIGGER broken BEFORE INSERT ON book_grant WHEN new.grantee = 'erin'"
        " BEGIN SELECT RAISE(ABORT, 'broken'); END"
        if services.store.is_sqlite
        else "ALTER TABLE book_grant ADD CONSTRAINT broken CHECK (grantee <> 'erin')"
    )
    with services.store.writing() as connection:
        connection.execute(text(statement))


def test_a_failure_half_way_leaves_everything_as_it_was(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", vcard("anna", "Anna", "TEL:0664 1234567"))
    before, was = traces(each_engine), stored(each_engine)
    policy = each_engine.directory.policy()
    break_grants(each_engine)
    after = edited(
        each_engine,
        ('country = "DE"', 'country = "AT"'),
        ('name = "Alice Example"', 'name = "Alice Other"'),
        ('  { to = "dave", access = "search" },\n', ""),
        ('[{ to = "alice", access = "manage" }]', '[{ to = "erin", access = "read" }]'),
        ("[groups.sales]", '[groups.new]\nname = "New"\n\n[groups.sales]'),
    )
    assert len(plan_config(after).steps) == 5
    with pytest.raises(Exception, match="broken"):
        apply_config(after, ADMIN, HERE)
    assert traces(each_engine) == before
    assert stored(each_engine) == was
    assert each_engine.directory.policy() is policy
    assert found_by(each_engine, "+49 664 1234567") == 1
    assert len(plan_config(after).steps) == 5


def test_a_card_that_cannot_be_read_anew_stops_the_whole_of_it(services: Services) -> None:
    put(services, "anna.vcf", vcard("anna", "Anna"))
    with services.store.writing() as connection:
        connection.execute(text("UPDATE card_version SET body = CAST('broken' AS BLOB)"))
    before, was = traces(services), stored(services)
    after = edited(
        services, ('country = "DE"', 'country = "AT"'), ('"Alice Example"', '"Alice Other"')
    )
    with pytest.raises(DirectoryError):
        apply_config(after, ADMIN, HERE)
    assert traces(services) == before
    assert stored(services) == was


def test_clients_look_again_where_what_they_see_may_have_changed(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", vcard("anna", "Anna"))

    def touched(*changes: tuple[str, str]) -> list[str]:
        before = {slug: revision(each_engine, slug) for slug in ("customers", "secret", "staff")}
        apply(edited(each_engine, *changes))
        after = {slug: revision(each_engine, slug) for slug in before}
        assert all(after[slug] - before[slug] in (0, 1) for slug in before)
        return [slug for slug in before if after[slug] > before[slug]]

    assert touched(('hide = ["NOTE", "BDAY", "ORG"]', 'hide = ["NOTE"]')) == ["customers"]
    # Somebody else may see all now, or less.
    assert touched(('members = ["bob"]', 'members = ["carol"]')) == ["customers"]
    assert touched(('"everyone", access = "read"', '"everyone", access = "write"')) == ["staff"]
    # What is nobody's business but the admin's.
    assert touched(('name = "Alice Example"', 'name = "Alice Other"')) == []
    assert touched(('name = "Secret"', 'name = "Top secret"')) == []
    # No card changed, so none is sent again.
    assert [change.href for change in changes(each_engine)] == ["anna.vcf"]


def test_the_policy_is_read_again_only_when_it_changed(each_engine: Services) -> None:
    def epoch() -> int:
        with each_engine.store.reading() as connection:
            return settings.policy_epoch(connection)

    first = epoch()
    put(each_engine, "anna.vcf", vcard("anna", "Anna"))
    apply(each_engine)
    assert epoch() == first
    apply(edited(each_engine, ('name = "Alice Example"', 'name = "Alice Other"')))
    assert epoch() == first + 1
    with each_engine.directory.reading(ALICE, HERE) as reading:
        assert reading.principal.name == "Alice Other"


def test_a_user_who_comes_back_does_not_have_the_old_password(each_engine: Services) -> None:
    erin = user_table("erin")
    apply(edited(each_engine, (erin, "#@\n")))
    apply(edited(each_engine, ("#@\n", '[users.erin]\nname = "Erin Again"\n')))
    found = stored(each_engine).users["erin"]
    assert (found.name, found.mail, found.password_hash) == ("Erin Again", "", "")


def test_a_new_book_is_empty_and_nobody_else_sees_what_was_there(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", vcard("anna", "Anna", "NOTE:x"))
    renamed = edited(each_engine, ("[books.customers]", "[books.clients]"))
    assert apply(renamed)[-1] == "book customers: archived (invisible, but kept)"
    assert listing(renamed, slug="clients") == {}
    with renamed.directory.reading(CAROL, HERE) as reading:
        assert list(reading.search(EVERYTHING, reading.books(Privilege.SEARCH))) == []
