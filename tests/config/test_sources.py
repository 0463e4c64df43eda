"""Sources in the configuration: what they say, and what is refused of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from dirserver.config import load
from dirserver.config.sources import Schedule, SourceTLS, SourceType
from dirserver.config.sourceurls import LDAPURL, WebURL

Faults = Callable[[str], list[str]]
BOOKS = '[books.staff]\nname = "S"\n[books.clients]\nname = "C"\n'
LDAP = f'{BOOKS}[sources.hr]\ntype = "ldap"\nbook = "staff"\n'
CSV = f'{BOOKS}[sources.hr]\ntype = "csv"\nbook = "staff"\n'
VCARD = f'{BOOKS}[sources.hr]\ntype = "vcard"\nbook = "staff"\n'
THERE = 'url = "ldap://dc1.example.org"\nbase = "dc=example"\n'
SECRET = 'bind_dn = "cn=reader"\npassword_file = "/dev/null"\n'
ORGANISATION = '[organisation]\nname = "E"\ndomain = "example.org"\ncountry = "DE"\n'


def test_a_source_says_where_people_are_and_when_to_look(tmp_path: Path) -> None:
    path = tmp_path / "dirserver.toml"
    said = (
        'url = "ldaps://[::1]"\nbase = "dc=example"\nschedule = "every 90 minutes"\n'
        'owns = ["tel"]\nmapping = { employeeNumber = "X-NO", photo = "PHOTO" }\n'
    )
    path.write_text(ORGANISATION + LDAP + said, encoding="utf-8")
    (source,) = load(path).sources
    assert (source.name, source.type, source.book) == ("hr", SourceType.LDAP, "staff")
    assert isinstance(source.url, LDAPURL)
    assert source.url == LDAPURL(True, "::1", 636)
    assert (str(source.url), source.url.is_here) == ("ldaps://[::1]:636", True)
    assert source.schedule == Schedule(timedelta(minutes=90))
    assert str(source.schedule) == "every 90m"
    assert (source.owns, source.writable, source.tls) == (("TEL",), False, SourceTLS.VERIFY)
    assert source.mapping == (("employeeNumber", "X-NO"), ("photo", "PHOTO"))


def test_a_file_need_not_be_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "dirserver.toml"
    path.write_text(f'{ORGANISATION}{CSV}file = "later.csv"\n', encoding="utf-8")
    (source,) = load(path).sources
    assert source.file == tmp_path / "later.csv"
    assert str(source.schedule) == "nightly"


def test_a_file_may_be_elsewhere_and_what_may_be_secret_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "dirserver.toml"
    said = 'url = "https://[::1]:8443/a%20b.csv?token=1"\nlogin = "ann"\n'
    (tmp_path / "p").write_text("secret", encoding="utf-8")
    path.write_text(f'{ORGANISATION}{CSV}{said}password_file = "p"\n', encoding="utf-8")
    (source,) = load(path).sources
    assert source.url == WebURL("https://[::1]:8443/a%20b.csv?token=1")
    assert str(source.url) == "https://[::1]:8443/a%20b.csv"
    assert "token" not in repr(source)
    assert source.login == "ann"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            LDAP + 'base = "dc=x"',
            "[sources.hr] url: this key is missing; write, for example: url ="
            ' "ldaps://dc1.example.org"',
        ),
        (
            CSV,
            "[sources.hr] file: this key is missing; write, for example: file ="
            ' "/srv/export/staff.csv"',
        ),
        (
            VCARD + 'file = "x.vcf"\nkey = "No."',
            '[sources.hr] key: a source of the type "vcard" has no such key',
        ),
        (
            LDAP + THERE + 'file = "x.vcf"',
            '[sources.hr] file: a source of the type "ldap" has no such key',
        ),
        (
            LDAP + 'url = "http://x"\nbase = "dc=x"',
            '[sources.hr] url = "http://x": expected an address such as "ldaps://dc1.example.org"'
            ' or "https://example.org/staff.csv"',
        ),
        (
            LDAP + THERE + SECRET + 'tls = "none"',
            '[sources.hr] tls = "none": the password would cross the network in clear text; leave'
            " this out",
        ),
        (
            LDAP + 'url = "ldaps://x"\nbase = "dc=x"\ntls = "none"',
            '[sources.hr] tls = "none": ldaps:// is TLS; write ldap://, or leave this out',
        ),
        (
            LDAP + THERE + 'bind_dn = "cn=reader"',
            "[sources.hr] bind_dn: this needs a password_file, too",
        ),
        (
            CSV + 'file = "x.csv"\nschedule = "every 1m"',
            '[sources.hr] schedule = "every 1m": expected "nightly", "never", or from "every 5m" to'
            ' "every 168h"',
        ),
        (
            CSV.replace('book = "staff"', 'book = "stuff"') + 'file = "x.csv"',
            '[sources.hr] book = "stuff": there is no book "stuff"; did you mean "staff"?',
        ),
        (
            CSV + 'file = "x.csv"\n[sources.it]\ntype = "csv"\nbook = "staff"\nfile = "y.csv"',
            '[sources.it] book = "staff": [sources.hr] is for the same book',
        ),
        (
            CSV + 'file = "x.csv"\nmapping = { Picture = "PHOTO" }',
            "[sources.hr] mapping: no column holds a picture; leave PHOTO out",
        ),
        (
            CSV + 'url = "https://ann:secret@example.org/x.csv"',
            '[sources.hr] url = "https://***@example.org/x.csv": expected an address such as'
            ' "ldaps://dc1.example.org" or "https://example.org/staff.csv"',
        ),
        (
            CSV + 'url = "ldaps://example.org"',
            '[sources.hr] url: expected an address such as "https://example.org/staff.csv"',
        ),
        (
            LDAP + 'base = "dc=example"\nurl = "https://example.org/x.csv"',
            '[sources.hr] url: expected an address such as "ldaps://dc1.example.org"',
        ),
        (
            CSV + 'url = "https://example.org/x.csv"\nfile = "x.csv"',
            "[sources.hr] url: the file is either here or there; leave url or file out",
        ),
        (
            CSV + 'url = "https://example.org/x.csv"\nlogin = "ann"',
            "[sources.hr] login: this needs a password_file, too",
        ),
        (
            CSV + 'file = "x.csv"\nlogin = "ann"',
            "[sources.hr] login: this is of a url, and there is none; leave it out",
        ),
        (
            CSV + 'file = "x.csv"\nowns = ["UID"]',
            '[sources.hr] owns (1st) = "UID": the server sees to this property; leave it out',
        ),
    ],
)
def test_what_makes_no_sense_is_refused(faults: Faults, text: str, expected: str) -> None:
    assert faults(text) == [expected]


def test_what_a_column_cannot_become_is_refused(faults: Faults) -> None:
    (fault,) = faults(CSV + 'file = "x.csv"\nmapping = { "Tel 2" = "TELL" }')
    assert fault.startswith(
        "[sources.hr] mapping = {...}: \"Tel 2\" cannot be that: 'TELL' is no property"
    )


def test_a_password_goes_to_this_very_machine_without_tls(tmp_path: Path) -> None:
    path = tmp_path / "dirserver.toml"
    said = THERE.replace("dc1.example.org", "127.0.0.1") + SECRET + 'tls = "none"\n'
    path.write_text(ORGANISATION + LDAP + said, encoding="utf-8")
    assert load(path).sources[0].tls is SourceTLS.NONE
