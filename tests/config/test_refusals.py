"""Every refusal says where it stands, what stands there and what was expected."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dirserver.config.faults import Place

Faults = Callable[[str], list[str]]

NAME = (
    'expected a name of at most 64 characters from a-z, 0-9, ".", "_" and "-", beginning with a'
    " letter or a digit"
)
HOST_AND_PORT = 'expected a host and a port, such as "127.0.0.1:5232" or "[::1]:5232"'
NETWORK = 'expected a network such as "10.20.0.0/16", or an address'
UNKNOWN_HASH = "this is not a hash that dirserver knows; make one with: dirserver passwd"
PUBLIC_URL = 'expected an address such as "https://contacts.example.org"'
SUFFIX = 'expected a distinguished name without special characters, such as "o=Example,c=DE"'
POLICY = 'expected one of "never", "loopback" and "always", or a list of networks'
POSTGRESQL = (
    'expected "postgresql+psycopg://USER@HOST/DATABASE"; a password with special characters is'
    " best put into a password_file"
)
DATABASE = 'expected "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/DATABASE"'
ORGANISATION_KEYS = '[organisation]\nname = "E"\ndomain = "example.org"\ncountry = "DE"\n'
ALICE = '[users.alice]\nname = "Alice"\n'
BOOK = '[books.staff]\nname = "Staff"\n'


def organisation(changed: str) -> str:
    """Return an [organisation] in which the key of one line is changed."""
    key = changed.partition(" ")[0]
    lines = [line for line in ORGANISATION_KEYS.splitlines() if not line.startswith(f"{key} ")]
    return "\n".join([*lines, changed])


def grant(grants: str) -> str:
    """Return a book with these grants, and alice."""
    return f"{ALICE}\n{BOOK}grants = [{grants}]"


UNKNOWN_KEYS = {
    '[organization]\nname = "E"\ndomain = "example.org"\ncountry = "DE"': (
        "[organization]: there is no such table; did you mean [organisation]?"
    ),
    "[printers]": (
        "[printers]: there is no such table; there are [organisation], [database], [server],"
        " [carddav], [ldap], [shield], [metrics], [audit], [history], [tls], [backup], [users],"
        " [groups], [books] and [sources]"
    ),
    "personal_books = true": (
        "personal_books: there is no such key; it belongs under [organisation]"
    ),
    "listen = []": "listen: there is no such key; it belongs under [carddav], [ldap] or [metrics]",
    "[carddav]\nlisen = 5": '[carddav] lisen: there is no such key; did you mean "listen"?',
    "[carddav]\nListen_TLS = []": (
        '[carddav] Listen_TLS: there is no such key; did you mean "listen_tls"?'
    ),
    "[database]\npool = 5": (
        '[database] pool: there is no such key; there are "url" and "password_file"'
    ),
    "[database]\n'my pool' = 5": (
        '[database] "my pool": there is no such key; there are "url" and "password_file"'
    ),
    ALICE + 'password = "hunter2"': (
        '[users.alice] password: there is no such key; did you mean "password_hash"?'
    ),
    '[users.alice]\nnme = "Alice"': (
        '[users.alice] nme: there is no such key; did you mean "name"?'
    ),
    BOOK + 'outside_line = ["0"]': (
        "[books.staff] outside_line: there is no such key; it belongs under [organisation]"
    ),
    grant('{ to = "alice", acess = "read" }'): (
        '[books.staff] grants (1st).acess: there is no such key; did you mean "access"?'
    ),
    '[[ldap.profiles]]\nnetworks = ["::1"]\nhits = 5': (
        '[ldap] profiles (1st).hits: there is no such key; did you mean "max_hits"?'
    ),
}

MISSING_KEYS = {
    '[organisation]\nname = "E"\ndomain = "example.org"': (
        '[organisation] country: this key is missing; write, for example: country = "DE"'
    ),
    '[organisation]\nname = "E"\ncountry = "DE"': (
        '[organisation] domain: this key is missing; write, for example: domain = "example.org"'
    ),
    '[organisation]\ndomain = "example.org"\ncountry = "DE"': (
        '[organisation] name: this key is missing; write, for example: name = "Example GmbH"'
    ),
    "[users.alice]": (
        '[users.alice] name: this key is missing; write, for example: name = "Alice Example"'
    ),
    "[groups.sales]": (
        '[groups.sales] name: this key is missing; write, for example: name = "Sales"'
    ),
    "[books.staff]": (
        '[books.staff] name: this key is missing; write, for example: name = "Customers"'
    ),
    grant('{ access = "read" }'): (
        '[books.staff] grants (1st).to: this key is missing; write, for example: to = "everyone"'
    ),
    grant('{ to = "alice" }'): (
        "[books.staff] grants (1st).access: this key is missing; write, for example: access"
        ' = "read"'
    ),
    "[[ldap.profiles]]": (
        "[ldap] profiles (1st).networks: this key is missing; write, for example: networks ="
        ' ["10.20.0.0/16"]'
    ),
}

WRONG_TYPES = {
    'carddav = "127.0.0.1:5232"': "[carddav]: expected a table, found a string",
    "database = 5": "[database]: expected a table, found a whole number",
    "users = 5": "[users]: expected a table, found a whole number",
    '[users]\nalice = "hunter2"': "[users.alice]: expected a table, found a string",
    "[[organisation]]": "[organisation]: expected a table, found a list",
    '[ldap]\nanonymous = "yes"': (
        '[ldap] anonymous = "yes": expected true or false, without quotes; found a string'
    ),
    "[ldap]\nanonymous = 1": (
        "[ldap] anonymous = 1: expected true or false, without quotes; found a whole number"
    ),
    '[ldap]\nclient_login = "name"': '[ldap] client_login = "name": expected "cn", "uid" or "mail"',
    '[books.b]\nname = "B"\nldap_shows = ["TEL"]': (
        '[books.b] ldap_shows (1st) = "TEL": expected "NOTE", "BDAY" or "ANNIVERSARY"'
    ),
    "[shield]\npercent = 101": "[shield] percent = 101: expected a whole number from 1 to 100",
    "[shield]\nminutes = 10081": (
        "[shield] minutes = 10081: expected a whole number from 1 to 10080"
    ),
    "[shield]\ncards = 0": "[shield] cards = 0: expected a whole number from 1 to 2147483647",
    '[audit]\nreads = "all"': ('[audit] reads = "all": expected "none", "summary" or "full"'),
    '[history]\nkeep = "0d"': (
        '[history] keep = "0d": expected a span of time, such as "90d" (days), "26w" (weeks) or '
        '"2y" (years)'
    ),
    '[history]\nkeep = "2m"': (
        '[history] keep = "2m": expected a span of time, such as "90d" (days), "26w" (weeks) or '
        '"2y" (years)'
    ),
    "[ldap]\nmax_hits = true": (
        "[ldap] max_hits = true: expected a whole number, without quotes; found the truth value"
        " true"
    ),
    '[ldap]\nmax_hits = "100"': (
        '[ldap] max_hits = "100": expected a whole number, without quotes; found a string'
    ),
    "[ldap]\nmax_hits = 1.5": (
        "[ldap] max_hits = 1.5: expected a whole number, without quotes; found a decimal number"
    ),
    '[ldap]\nlisten = "127.0.0.1:389"': (
        '[ldap] listen = "127.0.0.1:389": expected a list, in square brackets; found a string'
    ),
    "[ldap]\nlisten = [389]": (
        "[ldap] listen (1st) = 389: expected a string, in quotes; found a whole number"
    ),
    "[ldap]\nplaintext_bind = false": (
        f"[ldap] plaintext_bind = false: {POLICY}; found the truth value false"
    ),
    '[ldap.profiles]\nnetworks = ["::1"]': (
        "[ldap] profiles: expected a list of tables; found a table; in double brackets, as in"
        " [[ldap.profiles]], it is one"
    ),
    BOOK + 'grants = "alice"': ("[books.staff] grants: expected a list of tables; found a string"),
    grant('"alice"'): "[books.staff] grants (1st): expected a table, found a string",
    grant('{ to = ["alice"], access = "read" }'): (
        '[books.staff] grants (1st).to = ["alice"]: expected a string, in quotes; found a list'
    ),
    "[users.alice]\nname = 1979-05-27": (
        "[users.alice] name = 1979-05-27: expected a string, in quotes; found a date or time"
    ),
    "[users.alice]\nname = { first = 'Alice' }": (
        "[users.alice] name = {...}: expected a string, in quotes; found a table"
    ),
    "[users.alice]\nname = ['a', ['b'], {}]": (
        '[users.alice] name = ["a", [...], {...}]: expected a string, in quotes; found a list'
    ),
    ALICE + "password_hash = 5": (
        "[users.alice] password_hash: expected a string, in quotes; found a whole number"
    ),
    "[database]\nurl = ['postgresql://me:geheim@db/x']": (
        "[database] url: expected a string, in quotes; found a list"
    ),
}

ORGANISATIONS = {
    'name = " "': '[organisation] name = " ": expected some text',
    'name = "a\\nb"': ('[organisation] name = "a\\nb": expected text without line breaks and tabs'),
    'name = "a\\u0007b"': (
        '[organisation] name = "a\\u0007b": the control character U+0007 cannot be in a text'
    ),
    'domain = "exa mple.org"': (
        '[organisation] domain = "exa mple.org": expected a domain, such as "example.org"'
    ),
    'domain = "ü..example"': (
        '[organisation] domain = "ü..example": expected a domain, such as "example.org"'
    ),
    'domain = "bücher.example"': (
        '[organisation] domain = "bücher.example": expected a domain, such as "example.org"; did'
        ' you mean "xn--bcher-kva.example"?'
    ),
    'country = "D"': (
        '[organisation] country = "D": expected the two letters of a country in ISO 3166, such as'
        ' "DE"'
    ),
    'country = "uk"': (
        '[organisation] country = "uk": expected the two letters of a country in ISO 3166, such'
        ' as "DE"; did you mean "GB"?'
    ),
    'area_code = "(030)"': (
        '[organisation] area_code = "(030)": expected the digits of an area code, such as "30"'
    ),
    'outside_line = ["0", "null"]': (
        '[organisation] outside_line (2nd) = "null": expected the digits for an outside'
        " line, such as"
        ' "0"'
    ),
}

DATABASES = {
    "dirserver.db": f'"dirserver.db": {DATABASE}',
    "mysql://db.example.org/dirserver": (
        f'"mysql://db.example.org/dirserver": the database can be SQLite or PostgreSQL: {DATABASE}'
    ),
    "postgresql+psycopg2://db/dirserver": (
        f'"postgresql+psycopg2://db/dirserver": the database can be SQLite or PostgreSQL:'
        f" {DATABASE}"
    ),
    "sqlite://dirserver.db": (
        '"sqlite://dirserver.db": a slash is missing; did you mean "sqlite:///dirserver.db"?'
    ),
    "sqlite://": '"sqlite://": expected a file, such as "sqlite:///dirserver.db"',
    "sqlite:///:memory:": (
        '"sqlite:///:memory:": expected a file, such as "sqlite:///dirserver.db"'
    ),
    "sqlite:///dirserver.db?timeout=5": (
        '"sqlite:///dirserver.db?timeout=5": an SQLite database has no options here, and no ? in'
        " its name"
    ),
    "postgresql://db.example.org": f'"postgresql://db.example.org": {POSTGRESQL}',
    "postgresql://me:ge@heim@db/x": f'"postgresql://***@db/x": {POSTGRESQL}',
}

LISTENERS = {
    "5232": HOST_AND_PORT,
    ":5232": HOST_AND_PORT,
    "127.0.0.1": HOST_AND_PORT,
    "::1:5232": HOST_AND_PORT,
    "[127.0.0.1]:5232": HOST_AND_PORT,
    "[localhost]:5232": HOST_AND_PORT,
    "300.0.0.1:5232": HOST_AND_PORT,
    "*:5232": HOST_AND_PORT,
    "localhost:http": HOST_AND_PORT,
    "localhost:65536": "expected a port from 1 to 65535, or 0 for any free one",
}

OTHER_VALUES = {
    '[carddav]\ntrusted_proxies = ["proxy"]': (
        f'[carddav] trusted_proxies (1st) = "proxy": {NETWORK}'
    ),
    '[carddav]\ntrusted_proxies = ["10.0.0.1/8"]': (
        '[carddav] trusted_proxies (1st) = "10.0.0.1/8": the network of this address is'
        ' "10.0.0.0/8";'
        " write that"
    ),
    '[carddav]\nplaintext_login = "sometimes"': (
        f'[carddav] plaintext_login = "sometimes": {POLICY}'
    ),
    '[carddav]\nplaintext_login = ["10.0.0.0/33"]': (
        f'[carddav] plaintext_login = ["10.0.0.0/33"]: "10.0.0.0/33": {NETWORK}'
    ),
    '[carddav]\npublic_url = "contacts.example.org"': (
        f'[carddav] public_url = "contacts.example.org": {PUBLIC_URL}'
    ),
    '[carddav]\npublic_url = "ldap://example.org"': (
        f'[carddav] public_url = "ldap://example.org": {PUBLIC_URL}'
    ),
    '[carddav]\npublic_url = "https://[::1"': (
        f'[carddav] public_url = "https://***": {PUBLIC_URL}'
    ),
    '[carddav]\npublic_url = "https://example.org:0"': (
        f'[carddav] public_url = "https://example.org:0": {PUBLIC_URL}'
    ),
    '[carddav]\npublic_url = "https://me:geheim@example.org"': (
        f'[carddav] public_url = "https://***@example.org": {PUBLIC_URL}, without a login, a'
        " query or a fragment"
    ),
    "[ldap]\nmax_hits = 0": ("[ldap] max_hits = 0: expected a whole number from 1 to 2147483647"),
    "[ldap]\nmax_hits = 99999999999999999999": (
        "[ldap] max_hits = a very large number: expected a whole number from 1 to 2147483647"
    ),
    '[ldap]\nsuffix = "example.org"': f'[ldap] suffix = "example.org": {SUFFIX}',
    '[ldap]\nsuffix = "o=Example,,c=DE"': f'[ldap] suffix = "o=Example,,c=DE": {SUFFIX}',
    '[ldap]\nsuffix = "o=Foo+Bar"': f'[ldap] suffix = "o=Foo+Bar": {SUFFIX}',
    "[[ldap.profiles]]\nnetworks = []": (
        "[ldap] profiles (1st).networks = []: expected at least one network"
    ),
    '[[ldap.profiles]]\nnetworks = ["::1"]\nnumbers = "nationl"': (
        '[ldap] profiles (1st).numbers = "nationl": expected "as-written", "e164", "national",'
        ' "00" or "outside-line"; did you mean "national"?'
    ),
    '[users.Alice]\nname = "Alice"': f'[users.Alice]: {NAME}; did you mean "alice"?',
    '[users."alice@example.org"]\nname = "Alice"': f'[users."alice@example.org"]: {NAME}',
    f'[users.{"a" * 65}]\nname = "Alice"': f"[users.{'a' * 65}]: {NAME}",
    '[users.everyone]\nname = "All"': (
        "[users.everyone]: grants use this word for other people than one user; take another login"
    ),
    '[users.anonymous]\nname = "Nobody"': (
        "[users.anonymous]: grants use this word for other people than one user; take another login"
    ),
    '[groups."Müller & Co"]\nname = "Co"': f'[groups."Müller & Co"]: {NAME}',
    '[books.-x]\nname = "X"': f"[books.-x]: {NAME}",
    '[books.".web"]\nname = "X"': f'[books.".web"]: {NAME}',
    ALICE + 'mail = "alice"': (
        '[users.alice] mail = "alice": expected a mail address, such as "alice@example.org"'
    ),
    ALICE + 'mail = "a@b@c"': (
        '[users.alice] mail = "a@b@c": expected a mail address, such as "alice@example.org"'
    ),
    ALICE + 'mail = "alice @example.org"': (
        '[users.alice] mail = "alice @example.org": expected a mail address, such as'
        ' "alice@example.org"'
    ),
    ALICE + 'password_hash = "hunter2"': (f'[users.alice] password_hash = "***": {UNKNOWN_HASH}'),
    ALICE + 'password_hash = "$argon2id$..."': (
        '[users.alice] password_hash = "***": this argon2 hash is not whole; make a new one with:'
        " dirserver passwd"
    ),
    # The last letter of the digest has bits left over.
    ALICE + f'password_hash = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ${"a" * 43}"': (
        '[users.alice] password_hash = "***": this argon2 hash is not whole; make a new one with:'
        " dirserver passwd"
    ),
    ALICE + 'password_hash = "$5$salt"': (
        '[users.alice] password_hash = "***": this sha256_crypt hash is not whole; make a new one'
        " with: dirserver passwd"
    ),
    grant('{ to = "alice", access = "red" }'): (
        '[books.staff] grants (1st).access = "red": expected "search", "read", "write" or "manage";'
        ' did you mean "read"?'
    ),
    grant('{ to = "alice", access = "own" }'): (
        '[books.staff] grants (1st).access = "own": expected "search", "read", "write" or "manage"'
    ),
    grant('{ to = "alice", access = "read", hide = ["fn"] }'): (
        '[books.staff] grants (1st).hide (1st) = "fn": a card is no card without this'
        " property, so it"
        " cannot be hidden"
    ),
    grant('{ to = "alice", access = "read", hide = ["NOTE", "BDYA"] }'): (
        '[books.staff] grants (1st).hide (2nd) = "BDYA": vCards have no property of this'
        " name; did you"
        ' mean "BDAY"?'
    ),
    grant('{ to = "alice", access = "read", hide = ["*"] }'): (
        '[books.staff] grants (1st).hide (1st) = "*": vCards have no property of this name;'
        " others begin"
        ' with "X-"'
    ),
}


@pytest.mark.parametrize(("text", "expected"), UNKNOWN_KEYS.items())
def test_an_unknown_key_is_refused_without_showing_its_value(
    faults: Faults, text: str, expected: str
) -> None:
    assert faults(text) == [expected]


@pytest.mark.parametrize(("text", "expected"), MISSING_KEYS.items())
def test_a_missing_key_is_refused_with_an_example(faults: Faults, text: str, expected: str) -> None:
    assert faults(text) == [expected]


@pytest.mark.parametrize(("text", "expected"), WRONG_TYPES.items())
def test_a_wrong_type_is_refused_saying_what_was_found(
    faults: Faults, text: str, expected: str
) -> None:
    assert faults(text) == [expected]


@pytest.mark.parametrize(("changed", "expected"), ORGANISATIONS.items())
def test_an_organisation_is_refused(faults: Faults, changed: str, expected: str) -> None:
    assert faults(organisation(changed)) == [expected]


@pytest.mark.parametrize(("url", "expected"), DATABASES.items())
def test_a_database_is_refused_without_showing_a_password(
    faults: Faults, url: str, expected: str
) -> None:
    assert faults(f'[database]\nurl = "{url}"') == [f"[database] url = {expected}"]


@pytest.mark.parametrize(("listener", "expected"), LISTENERS.items())
def test_a_listener_is_refused(faults: Faults, listener: str, expected: str) -> None:
    assert faults(f'[ldap]\nlisten = ["localhost:0", "{listener}"]') == [
        f'[ldap] listen (2nd) = "{listener}": {expected}'
    ]


@pytest.mark.parametrize(("text", "expected"), OTHER_VALUES.items())
def test_a_value_is_refused(faults: Faults, text: str, expected: str) -> None:
    assert faults(text) == [expected]


def test_a_long_value_is_shown_in_part(faults: Faults) -> None:
    (fault,) = faults(f'[ldap]\nlisten = ["{"x" * 5000}"]')
    assert fault == f'[ldap] listen (1st) = "{"x" * 238}…: {HOST_AND_PORT}'


def test_items_of_a_list_are_counted_as_people_do() -> None:
    said = [str(Place(("ldap",), "listen").item(index)) for index in (0, 1, 2, 3, 10, 12, 20, 111)]
    assert [one.removeprefix("[ldap] listen ") for one in said] == [
        "(1st)", "(2nd)", "(3rd)", "(4th)", "(11th)", "(13th)", "(21st)", "(112th)",
    ]  # fmt: skip
