"""Sources as they are looked at: a real directory over TLS, and files; all of it or nothing."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dirserver import config, sourcing
from dirserver.assembly import Services, open_services
from dirserver.config.sources import Source
from dirserver.directory.intake.sourceruns import Ending, LastRun, last_run
from dirserver.exchange.sources import client
from dirserver.exchange.spool import Spool
from dirserver.reconcile import apply_config
from dirserver.sourcing import SourceFailed, SourceStopped
from tests.directory.acts import events, get, listing, put
from tests.organisation import ADMIN, BOB, HERE
from tests.slapd import LIMITED, PASSWORD, READER, SUFFIX, Slapd, running_slapd
from tests.webserver import PASSWORD as WEB_PASSWORD
from tests.webserver import running_webserver

JPEG = b"\xff\xd8\xff\xe0 a picture"
PEOPLE = 7
WHO = (ADMIN, HERE)


def person(number: int, *lines: str) -> str:
    return "\n".join(
        [
            f"dn: uid=p{number},ou=people,{SUFFIX}",
            "objectClass: inetOrgPerson",
            f"uid: p{number}",
            f"cn: Person {number}",
            f"sn: {number}",
            "givenName: Person",
            f"mail: p{number}@example.org",
            f"entryUUID: 00000000-0000-4000-8000-00000000000{number}",
            *lines,
            "",
            "",
        ]
    )


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-00000000000{number}.vcf"


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """A directory of seven people, one with a photo."""
    photo = base64.b64encode(JPEG).decode()
    others = "".join(map(person, range(2, PEOPLE + 1)))
    first = person(1, "telephoneNumber: +49 30 901820", "title: Clerk", f"jpegPhoto:: {photo}")
    with running_slapd(tmp_path_factory.mktemp("slapd"), first + others) as found:
        yield found


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGE", 3)


def follow_directory(services: Services, slapd: Slapd, *lines: str, tls: bool = True) -> Services:
    """Let the customers follow the directory, and return the services as they are then."""
    password = services.config.path.parent / "reader.password"
    password.write_text(PASSWORD, encoding="utf-8")
    keys = {
        "type": '"ldap"',
        "book": '"customers"',
        "url": f'"ldaps://127.0.0.1:{slapd.tls_port}"',
        "base": f'"ou=people,{SUFFIX}"',
        "bind_dn": f'"{READER}"',
        "password_file": f'"{password}"',
    }
    if tls:
        keys["ca_file"] = f'"{slapd.ca_file}"'
    keys |= {name: value for name, _, value in (line.partition(" = ") for line in lines)}
    return following(services, *(f"{name} = {value}" for name, value in keys.items()))


def following(services: Services, *lines: str) -> Services:
    path = services.config.path
    before = path.read_text(encoding="utf-8").partition("\n[sources.hr]")[0]
    path.write_text("\n".join([before, "[sources.hr]", *lines, ""]), encoding="utf-8")
    again = open_services(config.load(path), services.store)
    apply_config(again, ADMIN, HERE)
    return again


def source(services: Services) -> Source:
    (found,) = services.config.sources
    return found


def run(services: Services) -> str:
    return sourcing.run(services, source(services), WHO).said


def last(services: Services) -> LastRun | None:
    with services.directory.reading(ADMIN, HERE) as reading:
        return last_run(reading, "hr")


def why_not(services: Services) -> str:
    """Return why a run fails, which must change nothing and be remembered."""
    before = listing(services)
    with pytest.raises(SourceFailed) as failed:
        run(services)
    assert listing(services) == before
    ending = last(services)
    assert ending is not None
    assert ending.ending is Ending.FAILED
    assert ending.said == failed.value.why
    told = events(services)[-1].event
    assert (told.action, told.detail) == ("source:fail", f"source hr: {ending.said}")
    assert PASSWORD not in ending.said
    return ending.said


def test_a_directory_is_followed_page_by_page_over_tls(services: Services, slapd: Slapd) -> None:
    following = follow_directory(services, slapd)
    assert run(following) == "7 new, 0 changed, 0 gone, 0 as before"
    body = get(following, uuid(1))[1].decode()
    for line in (
        "UID:00000000-0000-4000-8000-000000000001",
        "N:1;Person;;;",
        "FN:Person 1",
        "TITLE:Clerk",
        "TEL;TYPE=WORK:+49 30 901820",
        "EMAIL;TYPE=WORK:p1@example.org",
        f"PHOTO;ENCODING=b;TYPE=JPEG:{base64.b64encode(JPEG).decode()}",
    ):
        assert line in body
    assert run(following) == "0 new, 0 changed, 0 gone, 7 as before"


def test_changes_renames_and_departures_are_followed(services: Services, slapd: Slapd) -> None:
    following = follow_directory(services, slapd)
    slapd.change(
        person(8)
        .replace("objectClass:", "changetype: add\nobjectClass:", 1)
        .replace("entryUUID: 00000000-0000-4000-8000-000000000008\n", "")
    )
    run(following)
    (eighth,) = [href for href in listing(following) if not href.startswith("00000000")]
    slapd.change(
        f"dn: uid=p8,ou=people,{SUFFIX}\nchangetype: modrdn\nnewrdn: uid=new\ndeleteoldrdn: 1\n\n"
        f"dn: uid=new,ou=people,{SUFFIX}\nchangetype: modify\nreplace: cn\ncn: Eve Eight\n"
    )
    assert run(following) == "0 new, 1 changed, 0 gone, 7 as before"
    assert "FN:Eve Eight" in get(following, eighth)[1].decode()
    slapd.change(f"dn: uid=new,ou=people,{SUFFIX}\nchangetype: delete\n")
    assert run(following) == "0 new, 0 changed, 1 gone, 7 as before"
    assert eighth not in listing(following)


def test_starttls_is_tls_too(services: Services, slapd: Slapd) -> None:
    url = f'url = "ldap://127.0.0.1:{slapd.port}"'
    assert run(follow_directory(services, slapd, url)).startswith("7 new")


def test_a_certificate_that_nobody_trusts_is_refused(services: Services, slapd: Slapd) -> None:
    for url in (f"ldaps://127.0.0.1:{slapd.tls_port}", f"ldap://127.0.0.1:{slapd.port}"):
        following = follow_directory(services, slapd, f'url = "{url}"', tls=False)
        assert "certificate verify failed: self-signed certificate" in why_not(following)
    following = follow_directory(services, slapd, 'tls = "unverified"', tls=False)
    assert run(following).startswith("7 new")


def test_a_certificate_for_another_name_is_refused(services: Services, slapd: Slapd) -> None:
    url = f'url = "ldaps://127.0.0.2:{slapd.tls_port}"'
    with forwarding(slapd.tls_port, host="127.0.0.2") as port:
        following = follow_directory(services, slapd, url.replace(str(slapd.tls_port), str(port)))
        assert "not valid for '127.0.0.2'" in why_not(following)


def test_a_wrong_password_is_told(services: Services, slapd: Slapd) -> None:
    following = follow_directory(services, slapd)
    (services.config.path.parent / "reader.password").write_text("wrong")
    assert why_not(following).endswith("does not let us in: the bind_dn or its password is wrong")


def test_what_is_not_there_is_told(services: Services, slapd: Slapd) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f'url = "ldaps://127.0.0.1:{nobody.getsockname()[1]}"'
        assert why_not(follow_directory(services, slapd, url)).endswith(": connection refused")
    said = why_not(follow_directory(services, slapd, 'base = "ou=nowhere,dc=example,dc=org"'))
    assert said.endswith("does not tell: there is no such base")
    assert "(mail=" in why_not(follow_directory(services, slapd, 'filter = "(mail="'))


def test_a_directory_that_does_not_answer_is_given_up(
    services: Services, slapd: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_ANSWER_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        lines = (f'url = "ldap://127.0.0.1:{silent.getsockname()[1]}"', 'tls = "none"')
        assert why_not(follow_directory(services, slapd, *lines, tls=False))


def test_a_part_of_an_answer_is_never_taken_for_all(services: Services, slapd: Slapd) -> None:
    following = follow_directory(services, slapd)
    run(following)
    said = why_not(follow_directory(services, slapd, f'bind_dn = "{LIMITED}"'))
    assert "not all" in said
    # After the bind, the first pages have some 3,000 octets.
    with forwarding(slapd.port, octets=1500) as port:
        lines = (f'url = "ldap://127.0.0.1:{port}"', 'tls = "none"')
        assert why_not(follow_directory(services, slapd, *lines, tls=False))


def test_when_too_much_would_go_nothing_is_done(services: Services, slapd: Slapd) -> None:
    run(follow_directory(services, slapd))
    following = follow_directory(services, slapd, 'filter = "(title=Clerk)"')
    with pytest.raises(SourceStopped, match="6 of its 7 cards would go"):
        run(following)
    ending = last(following)
    assert ending is not None
    assert ending.ending is Ending.STOPPED


def test_a_file_behind_https_is_followed(services: Services, tmp_path: Path) -> None:
    (tmp_path / "ann.password").write_text(WEB_PASSWORD, encoding="utf-8")
    with running_webserver(tmp_path) as server:
        lines = [
            'type = "csv"',
            'book = "customers"',
            f'url = "{server.url("/secret.csv?token=1")}"',
            f'ca_file = "{server.ca_file}"',
        ]
        services = following(services, *lines)
        where = server.url("/secret.csv")
        wrong = "the login or its password is wrong, or it wants one"
        assert why_not(services) == f"{where}: {wrong}"
        named = ['login = "ann"', f'password_file = "{tmp_path / "ann.password"}"']
        services = following(services, *lines, *named)
        assert run(services).startswith("2 new")
        assert run(services) == "0 new, 0 changed, 0 gone, 2 as before"
    assert why_not(services) == f"{where}: it cannot be reached: connection refused"
    assert len(listing(services)) == 2


def test_a_spreadsheet_is_followed_by_its_key(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    lines = ['type = "csv"', 'book = "customers"', f'file = "{file}"', 'key = "No."']
    services = following(services, *lines, 'mapping = { "Shoe" = "X-SHOE" }')
    assert why_not(services) == f"{file}: there is no such file"
    rows = [f"{number},Ann,Nr {number},a{number}@example.org,39,blue" for number in range(9)]
    head = "No.,First Name,Last Name,E-mail,Shoe,Eyes\n"
    file.write_text(head + "\n".join(rows))
    assert run(services).startswith("9 new")
    (href,) = [href for href, card in listing(services).items() if "3" in get_name(services, href)]
    body = get(services, href)[1]
    assert b"X-SHOE:39" in body
    assert b"blue" not in body
    put(services, href, body.replace(b"END:", b"NOTE:Tea\r\nEND:"), who=BOB)
    file.write_text(head + "\n".join(rows).replace("Nr 3,a3", "Miller,m"))
    assert run(services) == "0 new, 1 changed, 0 gone, 8 as before"
    body = get(services, href)[1]
    assert b"FN:Ann Miller" in body
    assert b"NOTE:Tea" in body


def get_name(services: Services, href: str) -> str:
    return get(services, href)[1].decode().partition("FN:")[2].partition("\r")[0]


def test_nobody_goes_when_a_file_is_cut_off(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "people.vcf"
    lines = ['type = "vcard"', 'book = "customers"', f'file = "{file}"']
    services = following(services, *lines)
    cards = [
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u{number}\r\nFN:Nr {number}\r\nN:{number};;;;\r\n"
        "END:VCARD\r\n"
        for number in range(9)
    ]
    file.write_text("".join(cards))
    run(services)
    file.write_text("".join(cards[:-2]) + cards[-2][:50])
    with Spool() as spool:
        looked = sourcing.look(services.config, source(services), spool, lambda _number: None)
    assert looked.doubtful == "something in the file could not be read"
    assert "0 gone" in run(services)
    assert "u8.vcf" in listing(services)
    file.write_text("".join(cards[:-1]))
    assert run(services).endswith("1 gone, 8 as before")


def test_a_file_of_another_kind_is_no_source(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "people.vcf"
    file.write_text("First Name,Last Name\nAnna,Müller\n")
    services = following(services, 'type = "vcard"', 'book = "customers"', f'file = "{file}"')
    assert why_not(services) == f"{file}: there are no vCards in it; correct type in the config"


@contextmanager
def forwarding(to: int, *, octets: int = 1 << 30, host: str = "127.0.0.1") -> Iterator[int]:
    """Forward connections to a port of this machine; hang up after so many octets of answers."""
    with socket.create_server((host, 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            inside, _ = listener.accept()
            with inside, socket.create_connection(("127.0.0.1", to)) as outside:
                ask = threading.Thread(
                    target=_pass_on, args=(inside, outside, 1 << 30), daemon=True
                )
                ask.start()
                _pass_on(outside, inside, octets)
                with suppress(OSError):
                    inside.shutdown(socket.SHUT_RDWR)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield int(listener.getsockname()[1])
        server.join(10)


def _pass_on(source: socket.socket, target: socket.socket, octets: int) -> None:
    with suppress(OSError):
        while octets > 0 and (some := source.recv(4096)):
            target.sendall(some[:octets])
            octets -= len(some)
