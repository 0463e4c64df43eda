"""Devices and the shield, as CardDAV clients meet them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dirserver.assembly import Services
from dirserver.directory.access.sightings import copies
from dirserver.model.audit import AuditEvent
from dirserver.model.grant import Privilege
from dirserver.store.trail.audit import AuditFilter
from dirserver_radicale.application import Application
from dirserver_radicale.auth import Auth
from dirserver_radicale.configuration import configuration
from tests.conversation import play
from tests.directory.acts import events, import_all
from tests.directory.keys import hand_out, release, revoke
from tests.organisation import ALICE, HERE, open_organisation, vcard, write_config
from tests.radicale.bodies import FILES, multiget
from tests.radicale.conftest import reconfigured
from tests.radicale.dav_client import WSGI, DAVClient
from tests.radicale.stock import running_radicale

READ = "read read-current-user-privilege-set"


def device(application: WSGI, secret: str, login: str = "alice") -> DAVClient:
    return DAVClient(application, login, secret, files=FILES)


def fill(services: Services) -> None:
    import_all(services, [vcard(f"c{n}", f"Card {n}", f"TEL:{n:06}") for n in range(30)])


def by_device(services: Services, name: str = "phone") -> list[AuditEvent]:
    return [one.event for one in events(services, AuditFilter(device=name))]


def test_a_device_with_some_books_finds_no_others(
    application: Application, services: Services, alice: DAVClient
) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    phone = device(application, hand_out(services, books=frozenset({"staff"})))
    play(
        phone,
        f"""
        C: PROPFIND /alice/
           Depth: 1
           <privileges.xml
        S: 207
           /alice/ 200 current-user-privilege-set = {READ}
           /alice/staff/ 200 current-user-privilege-set = {READ} write-content bind unbind
        C: PROPFIND /alice/customers/
           Depth: 0
           <etag.xml
        S: 403
           error need-privileges /alice/customers/ read
        C: GET /alice/customers/anna.vcf
        S: 403
           error need-privileges /alice/customers/anna.vcf read
        C: PROPFIND /alice/nothing/
           Depth: 0
           <etag.xml
        S: 403
           error need-privileges /alice/nothing/ read
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/staff/anna.vcf
        S: 403
           error need-privileges /alice/customers/ unbind
        C: PUT /alice/staff/anna.vcf
           <anna.vcf
        S: 201
           ETag: $_
        C: MOVE /alice/staff/anna.vcf
           Destination: /alice/customers/a.vcf
        S: 403
           error need-privileges /alice/customers/ bind
        """,
    )


def test_what_a_device_does_and_is_refused_is_told_with_its_name(
    application: Application, services: Services
) -> None:
    phone = device(application, hand_out(services, login="carol"), "carol")
    phone.say(["PUT /carol/customers/x.vcf", "<anna.vcf"])
    phone.say(["MKCOL /carol/new/"])
    phone.say(["DELETE /alice/customers/x.vcf"])
    assert [(one.actor, str(one.action)) for one in by_device(services)] == [
        ("carol", "card:update"),
        ("carol", "book:add"),
        ("carol", "card:delete"),
    ]


def test_a_revoked_device_is_asked_who_it_is(application: Application, services: Services) -> None:
    secret = hand_out(services)
    phone = device(application, secret)
    desk = device(application, hand_out(services, "desk", protocols=frozenset({"ldap"})))
    path = "/alice/customers/"
    assert phone.send("PROPFIND", path, {"Depth": "0"}, FILES["etag.xml"]).status == 207
    wrong = device(application, "wrong").send("PROPFIND", path, {"Depth": "0"})
    revoke(services)
    for client in (phone, desk):
        answer = client.send("PROPFIND", path, {"Depth": "0"}, FILES["etag.xml"])
        assert (answer.status, answer.headers, answer.body) == (
            wrong.status,
            wrong.headers,
            wrong.body,
        )


def test_the_own_password_is_wrong_where_devices_are_required(services: Services) -> None:
    strict = reconfigured(
        services, "[users.alice]", "[carddav]\nrequire_device_passwords = true\n[users.alice]"
    )
    alice = DAVClient(strict, "alice", files=FILES)
    own = alice.send("PROPFIND", "/alice/", {"Depth": "0"}, FILES["etag.xml"])
    wrong = device(strict, "wrong").send("PROPFIND", "/alice/", {"Depth": "0"}, FILES["etag.xml"])
    assert (own.status, own.headers, own.body) == (401, wrong.headers, wrong.body)
    phone = device(strict, hand_out(services))
    assert phone.send("PROPFIND", "/alice/", {"Depth": "0"}, FILES["etag.xml"]).status == 207


def test_a_client_that_deletes_too_much_may_read_on(
    application: Application, services: Services, alice: DAVClient, bob: DAVClient
) -> None:
    fill(services)
    phone = device(application, hand_out(services))
    for n in range(20):
        assert phone.say([f"DELETE /alice/customers/c{n}.vcf"]) == ["204"]
    full = f"{READ} write-content bind unbind read-acl"
    conversation = f"""
        C: PROPFIND /alice/customers/
           Depth: 0
           <privileges.xml
        S: 207
           /alice/customers/ 200 current-user-privilege-set = {full}
        C: DELETE /alice/customers/c20.vcf
        S: 403
           error need-privileges /alice/customers/ unbind
        C: DELETE /alice/customers/c21.vcf
        S: 403
           error need-privileges /alice/customers/ unbind
        C: PUT /alice/customers/c20.vcf
           <anna.vcf
        S: 403
           error need-privileges /alice/customers/c20.vcf write-content
        C: MOVE /alice/customers/c20.vcf
           Destination: /alice/secret/c20.vcf
        S: 403
           error need-privileges /alice/customers/ unbind
        C: PROPFIND /alice/
           Depth: 1
           <privileges.xml
        S: 207
           /alice/ 200 current-user-privilege-set = {READ}
           /alice/customers/ 200 current-user-privilege-set = {READ}
           /alice/secret/ 200 current-user-privilege-set = {full}
           /alice/staff/ 200 current-user-privilege-set = {READ} write-content bind unbind
        C: PROPFIND /alice/customers/c20.vcf
           Depth: 0
           <privileges.xml
        S: 207
           /alice/customers/c20.vcf 200 current-user-privilege-set = {READ}
        """
    play(phone, conversation)
    # Nobody else is any the worse.
    assert alice.say(["DELETE /alice/customers/c20.vcf"]) == ["204"]
    assert bob.say(["DELETE /bob/customers/c21.vcf"]) == ["204"]
    assert release(services) == 1
    assert phone.say(["DELETE /alice/customers/c22.vcf"]) == ["204"]


def test_a_client_that_moves_too_much_out_is_stopped_where_it_was(
    services: Services, alice: DAVClient
) -> None:
    fill(services)
    for n in range(20):
        move = [f"MOVE /alice/customers/c{n}.vcf", f"Destination: /alice/secret/c{n}.vcf"]
        assert alice.say(move) == ["201"]
    play(
        alice,
        """
        C: MOVE /alice/customers/c20.vcf
           Destination: /alice/secret/c20.vcf
        S: 403
           error need-privileges /alice/customers/ unbind
        C: GET /alice/secret/c20.vcf
        S: 404
           There is no such card.
        """,
    )


@pytest.mark.parametrize("how", ["get", "file", "multiget", "sync"])
def test_who_fetches_cards_is_remembered_and_who_lists_them_is_not(
    application: Application, services: Services, alice: DAVClient, how: str
) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    phone = device(application, hand_out(services))
    path = "/alice/customers/"

    def seen() -> list[tuple[str, str, str]]:
        services.directory.write_sightings()
        with services.directory.reading(ALICE, HERE) as reading:
            book = reading.book("customers", Privilege.READ).book
            created = events(services)[0].at
            return [(one.login, one.device, one.agent) for one in copies(reading, book.id, created)]

    listed = phone.say([f"PROPFIND {path}", "Depth: 1", "<etag.xml"])
    known = phone.say([f"PROPFIND {path}", "Depth: 0", "<token.xml"])
    token = known[-1].rpartition(" ")[2]
    assert len(listed) == 3
    assert seen() == []
    alice.say(["PUT /alice/customers/bert.vcf", "<bert.vcf"])
    body = FILES["sync.xml"].replace(
        b"<sync-token></sync-token>", f"<sync-token>{token}</sync-token>".encode()
    )
    answer = {
        "get": lambda: phone.send("GET", f"{path}anna.vcf", {}),
        "file": lambda: phone.send("GET", path, {}),
        "multiget": lambda: phone.send("REPORT", path, {}, multiget(f"{path}anna.vcf")),
        "sync": lambda: phone.send("REPORT", path, {}, body),
    }[how]()
    assert answer.status in (200, 207)
    assert seen() == [("alice", "phone", "conversation")]


def test_radicale_does_not_remember_logins_by_itself(services: Services) -> None:
    """It would forget the device, and what it may do."""
    settings = configuration(services)
    settings.update({"auth": {"type": "dirserver_radicale.auth", "cache_logins": "True"}}, "test")
    assert Auth(settings, services)._cache_logins is False


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Services, WSGI]]:
    """Radicale's own command as a process, and a look at what it has done."""
    services = open_organisation(write_config(tmp_path_factory.mktemp("stock")))
    with running_radicale(services.config.path) as running:
        yield services, running
    services.store.close()


def test_the_stock_command_knows_devices(stock: tuple[Services, WSGI]) -> None:
    services, radicale = stock
    phone = device(radicale, hand_out(services, books=frozenset({"staff"})))
    assert phone.say(["PROPFIND /alice/", "Depth: 1", "<types.xml"])[1:] == [
        "/alice/ 200 resourcetype = principal collection",
        "/alice/staff/ 200 resourcetype = addressbook collection",
    ]
    assert phone.say(["PUT /alice/staff/anna.vcf", "<anna.vcf"])[0] == "201"
    assert phone.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])[0] == "403"
    assert [(str(one.action), one.outcome.value) for one in by_device(services)] == [
        ("card:create", "done"),
        ("card:update", "refused"),
    ]
    revoke(services)
    assert phone.say(["GET /alice/staff/anna.vcf"])[0] == "401"


def test_the_shield_is_there_under_the_stock_command(stock: tuple[Services, WSGI]) -> None:
    services, radicale = stock
    fill(services)
    tablet = device(radicale, hand_out(services, "tablet"))
    for n in range(20):
        assert tablet.say([f"DELETE /alice/customers/c{n}.vcf"])[0] == "200"
    assert tablet.say(["DELETE /alice/customers/c20.vcf"])[0] == "403"
    assert tablet.say(["DELETE /alice/customers/c21.vcf"])[0] == "403"
    assert tablet.say(["GET /alice/customers/c20.vcf"])[0] == "200"
    assert "shield:stop" in [one.action for one in by_device(services, "tablet")]


def test_a_move_too_many_is_refused_under_the_stock_command(stock: tuple[Services, WSGI]) -> None:
    services, radicale = stock
    fill(services)
    laptop = device(radicale, hand_out(services, "laptop"))

    def move(n: int) -> str:
        target = f"Destination: /alice/secret/{n}.vcf"
        return laptop.say([f"MOVE /alice/customers/c{n}.vcf", target])[0]

    assert [move(n) for n in range(22)] == ["201"] * 20 + ["403"] * 2
