"""Who manages a book gives others access to it and takes it back, beside the config file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest
from sqlalchemy import text

from dirserver.assembly import Services
from dirserver.directory.access.granting import give, take
from dirserver.errors import AccessDenied, InvalidGrant, NotFound
from dirserver.model.audit import Outcome
from dirserver.model.grant import Grant, Privilege
from dirserver.model.network import parse_network
from dirserver.model.principal import Client, Principal
from dirserver.store import settings
from dirserver.store.writing import lock
from tests.directory.acts import WITHOUT_BOB, events, get, put, reconfigure, revision, user_table
from tests.organisation import ADMIN, ALICE, BOB, CAROL, DAVE, ERIN, HERE, vcard

ANNA = vcard("anna", "Anna", "NOTE:owes us money", "BDAY:19700101")
READ = Grant("dave", Privilege.READ)
HIDING = Grant("dave", Privilege.READ, frozenset({"NOTE"}))
WRITE = Grant("dave", Privilege.WRITE)


def given(
    services: Services, grant: Grant, *, slug: str = "customers", who: Principal = ALICE
) -> Grant | None:
    with services.directory.writing(who, HERE) as writing:
        return give(writing, slug, grant)


def taken(
    services: Services, grantee: str, *, slug: str = "customers", who: Principal = ALICE
) -> Grant:
    with services.directory.writing(who, HERE) as writing:
        return take(writing, slug, grantee)


def access(services: Services, who: Principal, client: Client = HERE) -> Privilege | None:
    """Return what somebody may do with the customers."""
    with services.directory.reading(who, client) as reading:
        views = {view.book.slug: view for view in reading.books(Privilege.SEARCH)}
        return views["customers"].access if "customers" in views else None


def told(services: Services) -> str:
    """Return the last line of the audit trail."""
    event = events(services)[-1].event
    refused = " refused" if event.outcome is Outcome.REFUSED else ""
    return f"{event.actor} {event.action}{refused} {event.book}: {event.detail}"


def test_a_manager_gives_changes_and_takes_access(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    assert access(each_engine, DAVE) is Privilege.SEARCH
    assert given(each_engine, HIDING) is None
    assert told(each_engine) == (
        "alice grant:add customers: grant on customers to dave: read without NOTE, given by alice"
    )
    assert b"NOTE" not in get(each_engine, "anna.vcf", who=DAVE)[1]
    before = given(each_engine, WRITE)
    assert before is not None
    assert (before.terms, before.origin) == ("read without NOTE", "given by alice")
    assert told(each_engine) == (
        "alice grant:change customers: grant on customers to dave: read without NOTE -> write,"
        " given by alice"
    )
    put(each_engine, "bert.vcf", vcard("bert", "Bert"), who=DAVE)
    assert taken(each_engine, "dave").terms == "write"
    assert told(each_engine) == (
        "alice grant:remove customers: grant on customers to dave: write, given by alice"
    )
    # What the config file grants was there all the time.
    assert access(each_engine, DAVE) is Privilege.SEARCH


def test_a_given_grant_stands_beside_that_of_the_config_file(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    given(each_engine, Grant("group:support", Privilege.READ, frozenset({"BDAY"})))
    body = get(each_engine, "anna.vcf", who=CAROL)[1]
    assert b"NOTE" in body
    assert b"BDAY" not in body
    taken(each_engine, "group:support")
    assert b"NOTE" not in get(each_engine, "anna.vcf", who=CAROL)[1]


def test_a_change_of_grants_is_a_new_view_and_the_same_again_is_none(
    each_engine: Services,
) -> None:
    before = revision(each_engine), each_engine.directory.policy().epoch
    given(each_engine, HIDING)
    after = revision(each_engine), each_engine.directory.policy().epoch
    assert after == (before[0] + 1, before[1] + 1)
    seen = len(events(each_engine))
    same = given(each_engine, HIDING, who=ADMIN)
    assert same is not None
    # The one who gave it first goes on to be the one who gave it.
    assert same.given_by == "alice"
    assert (revision(each_engine), each_engine.directory.policy().epoch) == after
    assert len(events(each_engine)) == seen
    taken(each_engine, "dave", who=ADMIN)
    assert revision(each_engine) == before[0] + 2


def test_a_given_grant_can_be_narrowed_to_networks(services: Services) -> None:
    office = parse_network("10.20.0.0/16")
    given(services, Grant("erin", Privilege.WRITE, frozenset(), (office,)))
    assert access(services, ERIN) is None
    assert access(services, ERIN, Client("test", "10.20.3.4")) is Privilege.WRITE


@pytest.mark.parametrize("who", [BOB, CAROL, DAVE, ERIN])
def test_who_does_not_manage_a_book_gives_and_takes_nothing(
    each_engine: Services, who: Principal
) -> None:
    given(each_engine, WRITE)
    with pytest.raises(AccessDenied):
        given(each_engine, Grant(who.login, Privilege.WRITE), who=who)
    assert told(each_engine).startswith(f"{who.login} grant:add refused customers: no grant of")
    with pytest.raises(AccessDenied):
        taken(each_engine, "dave", who=who)
    assert told(each_engine).startswith(f"{who.login} grant:remove refused customers: no grant of")
    assert access(each_engine, DAVE) is Privilege.WRITE


@pytest.mark.parametrize(
    ("grant", "reason"),
    [
        (
            Grant("dave", Privilege.MANAGE),
            "only read and write can be given; manage is for the config file",
        ),
        (
            Grant("dave", Privilege.SEARCH),
            "only read and write can be given; search is for the config file",
        ),
        (
            Grant("everyone", Privilege.READ),
            "only users and groups can be given access; everyone is for the config file",
        ),
        (
            Grant("anonymous", Privilege.READ),
            "only users and groups can be given access; anonymous is for the config file",
        ),
        (Grant("frank", Privilege.READ), "there is no user frank"),
        (Grant("sales", Privilege.READ), "there is no user sales"),
        (Grant("group:frank", Privilege.READ), "there is no group frank"),
        (Grant("group:", Privilege.READ), "there is no group "),
        (Grant("", Privilege.READ), "there is no user "),
        (
            Grant("dave", Privilege.WRITE, frozenset({"NOTE"})),
            "who may change a card must see all of it; only read can hide",
        ),
        (
            Grant("dave", Privilege.READ, frozenset({"FN"})),
            "without FN a card is no card, so it cannot be hidden",
        ),
    ],
)
def test_what_nobody_can_give_is_refused_and_told(
    services: Services, grant: Grant, reason: str
) -> None:
    before = services.directory.policy()
    with pytest.raises(InvalidGrant) as refused:
        given(services, grant)
    assert str(refused.value) == reason
    assert told(services) == f"alice grant:add refused customers: {reason}"
    assert services.directory.policy() is before


def test_who_is_given_write_gives_nothing_on(services: Services) -> None:
    given(services, WRITE)
    with pytest.raises(AccessDenied):
        given(services, Grant("erin", Privilege.READ), who=DAVE)


def test_what_was_not_given_cannot_be_taken(services: Services) -> None:
    for grantee in ("dave", "group:sales", "frank"):
        with pytest.raises(NotFound):
            taken(services, grantee)
    assert access(services, BOB) is Privilege.WRITE


UNSHARED = ('name = "Customers"\n', 'name = "Customers"\ndelegate = false\n')


def test_where_the_config_says_so_no_given_grant_counts(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    given(each_engine, HIDING)
    before = revision(each_engine)
    reconfigure(each_engine, UNSHARED)
    assert access(each_engine, DAVE) is Privilege.SEARCH
    assert revision(each_engine) == before + 1
    for who in (ALICE, ADMIN):
        with pytest.raises(AccessDenied, match="the book customers has delegate = false"):
            given(each_engine, WRITE, who=who)
        assert told(each_engine).startswith(f"{who.login} grant:add refused customers: the book")
    # It is still there, and counts again when the config says so.
    reconfigure(each_engine, UNSHARED[::-1])
    assert access(each_engine, DAVE) is Privilege.READ
    reconfigure(each_engine, UNSHARED)
    assert taken(each_engine, "dave").terms == "read without NOTE"


def test_a_private_book_is_nobodys_to_share(services: Services) -> None:
    reconfigure(services, ("[database]", "personal_books = true\n[database]"))
    for who, slug in ((BOB, "personal"), (ADMIN, "bob/personal")):
        with pytest.raises(AccessDenied, match="bob/personal has delegate = false"):
            given(services, READ, slug=slug, who=who)
    assert events(services)[-1].event.book == "bob/personal"


def test_applying_the_config_leaves_given_grants_alone(each_engine: Services) -> None:
    given(each_engine, WRITE)
    given(each_engine, Grant("group:sales", Privilege.READ))
    plan = reconfigure(
        each_engine,
        ('  { to = "dave", access = "search" },\n', ""),
        ('"group:sales", access = "write"', '"group:sales", access = "manage"'),
    )
    assert [one.sentence for one in plan.kept] == [
        "grant on customers to dave: write, given by alice",
        "grant on customers to group sales: read, given by alice",
    ]
    assert access(each_engine, DAVE) is Privilege.WRITE
    assert access(each_engine, BOB) is Privilege.MANAGE
    assert taken(each_engine, "dave").terms == "write"
    assert access(each_engine, DAVE) is None


def test_a_grant_to_one_who_is_gone_reaches_nobody_and_can_be_taken(
    each_engine: Services,
) -> None:
    given(each_engine, Grant("bob", Privilege.READ))
    plan = reconfigure(each_engine, *WITHOUT_BOB)
    (kept,) = plan.kept
    assert kept.sentence == (
        "grant on customers to bob: read, given by alice; there is no user bob"
    )
    with pytest.raises(AccessDenied):
        access(each_engine, BOB)
    assert taken(each_engine, "bob").terms == "read"


def test_what_a_manager_gave_outlives_their_management(services: Services) -> None:
    given(services, WRITE)
    reconfigure(
        services,
        (user_table("alice"), ""),
        ('  { to = "alice", access = "manage" },\n', ""),
        ('[{ to = "alice", access = "manage" }]', "[]"),
        (', { to = "alice", access = "write" }', ""),
    )
    assert access(services, DAVE) is Privilege.WRITE


def test_two_who_give_at_once_do_it_one_after_the_other(each_engine: Services) -> None:
    accesses = [Privilege.READ, Privilege.WRITE] * 4
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: given(each_engine, Grant("dave", one)), accesses))
    grants = [
        grant
        for of_book in each_engine.directory.policy().grants.values()
        for grant in of_book
        if grant.is_delegated
    ]
    assert [grant.grantee for grant in grants] == ["dave"]


# On SQLite only one writes at a time.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_takes_access_waits_for_a_writer_who_changes_the_policy(each_engine: Services) -> None:
    """The book comes first and the policy's number then, or the two wait for each other."""
    given(each_engine, HIDING)
    book = each_engine.directory.policy().named("", "customers")
    assert book is not None
    with ThreadPoolExecutor(1) as other:
        with each_engine.store.writing() as connection:
            lock(connection, book.id)
            waiting = other.submit(taken, each_engine, "dave")
            late = monotonic() + 60
            while not connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                assert monotonic() < late
                sleep(0.01)
            settings.next_policy_epoch(connection)
        assert waiting.result(timeout=60).grantee == "dave"
