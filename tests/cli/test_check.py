"""``dirserver check``: every fault at once, and what is unwise."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from tests.cli.shell import ROOT, Shell


def _change(shell: Shell, old: str, new: str) -> None:
    text = shell.config.read_text()
    assert old in text
    shell.config.write_text(text.replace(old, new))


def _add(shell: Shell, text: str) -> None:
    shell.config.write_text(f"{shell.config.read_text()}\n{text}")


def test_a_file_in_order_is_summed_up(unapplied: Shell) -> None:
    done = unapplied("check")
    assert done.code == 0
    assert done.lines() == [
        f"{unapplied.config} is in order: 5 users, 2 groups, 3 books",
        "listens on carddav http://127.0.0.1:5232, ldap ldap://127.0.0.1:1389",
        "LDAP suffix dc=example,dc=org",
        f"database {unapplied.config.parent / 'test.db'}",
    ]
    assert done.err == ""


def test_every_fault_is_on_a_line_of_its_own(unapplied: Shell) -> None:
    _change(unapplied, 'members = ["bob"]', 'members = ["bbo"]')
    _change(unapplied, 'country = "DE"', 'country = "Germany"')
    done = unapplied("check")
    assert done.code == 1
    assert done.out == ""
    first, second = done.err.splitlines()
    assert first.startswith(f"{unapplied.config}: [organisation] country")
    assert second.startswith(f"{unapplied.config}: [groups.sales] members")
    assert "bob" in second


def test_faults_are_told_to_programs_too(unapplied: Shell) -> None:
    _change(unapplied, 'country = "DE"', 'country = "Germany"')
    done = unapplied("check", "--json")
    assert done.code == 1
    assert done.json()["ok"] is False
    assert [done.err.strip()] == done.json()["faults"]


def test_programs_are_told_what_is_there(unapplied: Shell) -> None:
    done = unapplied("check", "--json")
    assert done.code == 0
    assert done.json() == {
        "file": str(unapplied.config),
        "ok": True,
        "faults": [],
        "warnings": [],
        "users": 5,
        "groups": 2,
        "books": 3,
        "listens": ["carddav http://127.0.0.1:5232", "ldap ldap://127.0.0.1:1389"],
        "suffix": "dc=example,dc=org",
        "database": str(unapplied.config.parent / "test.db"),
    }


def test_the_password_of_the_database_is_not_shown(unapplied: Shell) -> None:
    url = "postgresql+psycopg://dirserver:hunter2@db.example.org/contacts"
    _change(unapplied, "sqlite:///test.db", url)
    done = unapplied("check")
    assert "database postgresql://db.example.org/contacts" in done.lines()
    assert "hunter2" not in done.out + done.err


@pytest.fixture
def with_tls(unapplied: Shell, tmp_path: Path) -> Shell:
    """A config with a certificate."""
    issued = trustme.CA().issue_cert("contacts.example.org")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    (tmp_path / "key.pem").chmod(0o600)
    _add(unapplied, '[tls]\ncertificate = "cert.pem"\nkey = "key.pem"')
    return unapplied


def test_a_certificate_and_its_key_are_loaded(with_tls: Shell) -> None:
    assert with_tls("check").code == 0
    key = with_tls.config.parent / "key.pem"
    trustme.CA().issue_cert("other.example.org").private_key_pem.write_to_path(key)
    done = with_tls("check")
    assert done.code == 1
    assert "does not belong to the certificate" in done.err
    assert done.err.startswith(f"{with_tls.config}: [tls]: ")


def test_nothing_is_said_against_listening_with_tls(with_tls: Shell) -> None:
    _add(with_tls, '[carddav]\nlisten = []\nlisten_tls = ["0.0.0.0:8443"]')
    _change(with_tls, "[ldap]", '[ldap]\nlisten = ["0.0.0.0:389"]\nlisten_tls = ["0.0.0.0:636"]')
    done = with_tls("check")
    assert (done.code, done.err) == (0, "")


def test_figures_are_not_for_everybody(unapplied: Shell) -> None:
    _add(unapplied, '[metrics]\nlisten = ["127.0.0.1:9464", "0.0.0.0:9465"]')
    done = unapplied("check", "--json").json()
    assert done["listens"][2:] == [
        "metrics http://127.0.0.1:9464/metrics",
        "metrics http://0.0.0.0:9465/metrics",
    ]
    (warning,) = done["warnings"]
    assert warning.startswith("[metrics] listen 0.0.0.0:9465: everybody who gets there can read")


def warnings_of(shell: Shell) -> list[str]:
    """What is unwise, to a program; a person is told the same."""
    done = shell("check", "--json")
    assert done.code == 0
    found = list(map(str, done.json()["warnings"]))
    assert done.err == "".join(f"warning: {warning}\n" for warning in found)
    assert shell("check").err == done.err
    return found


@pytest.mark.parametrize(
    ("carddav", "said"),
    [
        ('listen = ["0.0.0.0:5232"]', "nobody on another machine can log in here"),
        ('listen = ["192.0.2.1:5232"]', "nobody on another machine can log in here"),
        ('listen = ["[::]:5232"]', "nobody on another machine can log in here"),
        (
            'listen = ["0.0.0.0:5232"]\nplaintext_login = "always"',
            "passwords and cards cross the network unencrypted",
        ),
        (
            'listen = ["0.0.0.0:5232"]\nplaintext_login = ["10.0.0.0/8"]',
            "passwords and cards cross the network unencrypted",
        ),
    ],
)
def test_carddav_without_tls_on_a_network_is_unwise(
    carddav: str, said: str, unapplied: Shell
) -> None:
    _add(unapplied, f"[carddav]\n{carddav}")
    (warning,) = warnings_of(unapplied)
    assert warning.startswith("[carddav] listen ")
    assert said in warning


@pytest.mark.parametrize(
    "carddav",
    [
        'listen = ["localhost:5232", "127.0.0.2:5232", "[::1]:5232"]',
        'listen = ["0.0.0.0:5232"]\ntrusted_proxies = ["10.0.0.7"]',
    ],
)
def test_carddav_without_tls_on_this_machine_or_behind_a_proxy_is_fine(
    carddav: str, unapplied: Shell
) -> None:
    _add(unapplied, f"[carddav]\n{carddav}")
    assert warnings_of(unapplied) == []


def test_ldap_without_tls_on_a_network_is_unwise(unapplied: Shell) -> None:
    _change(unapplied, "[ldap]", '[ldap]\nlisten = ["0.0.0.0:389"]')
    (warning,) = warnings_of(unapplied)
    assert warning.startswith("[ldap] listen 0.0.0.0:389: nobody on another machine can log in")
    _change(unapplied, "[ldap]", '[ldap]\nplaintext_bind = "always"')
    (warning,) = warnings_of(unapplied)
    assert "passwords and cards cross the network unencrypted" in warning


def test_passwords_in_clear_text_where_starttls_is_offered_are_unwise(with_tls: Shell) -> None:
    _change(with_tls, "[ldap]", '[ldap]\nlisten = ["0.0.0.0:389"]\nplaintext_bind = "always"')
    (warning,) = warnings_of(with_tls)
    assert "though StartTLS is offered" in warning


def test_users_who_cannot_log_in_are_named(unapplied: Shell) -> None:
    _add(unapplied, '[users.frank]\nname = "Frank"\n[users.grete]\nname = "Grete"')
    (warning,) = warnings_of(unapplied)
    assert warning.startswith("without a password_hash, frank and grete cannot log in")


def test_a_file_without_users_serves_nobody(unapplied: Shell) -> None:
    unapplied.config.write_text(
        '[organisation]\nname = "E"\ndomain = "example.org"\ncountry = "DE"\n[books.a]\nname = "A"'
    )
    (warning,) = warnings_of(unapplied)
    assert warning.startswith("there are no users, so nobody can log in")


def test_a_place_for_backups_that_is_not_there_is_named(unapplied: Shell) -> None:
    _add(unapplied, '[backup]\ndirectory = "copies"')
    (warning,) = warnings_of(unapplied)
    assert warning.startswith("[backup]: there is no directory ")
    (unapplied.config.parent / "copies").mkdir()
    assert warnings_of(unapplied) == []


def test_a_book_that_nobody_may_see_or_change_is_named(unapplied: Shell) -> None:
    _add(
        unapplied,
        '[groups.empty]\nname = "Empty"\n'
        '[groups.nested]\nname = "Nested"\nmembers = ["group:sales"]\n'
        '[books.a]\nname = "A"\n'
        '[books.b]\nname = "B"\ngrants = [{ to = "group:empty", access = "write" }]\n'
        '[books.c]\nname = "C"\ngrants = [{ to = "everyone", access = "read" }]\n'
        '[books.d]\nname = "D"\ngrants = [{ to = "group:nested", access = "write" }]\n',
    )
    assert warnings_of(unapplied) == [
        "[books.a]: no user may see this book; add a grant",
        "[books.b]: no user may see this book; add a grant",
        "[books.c]: no user may change cards; only `dirserver import` can",
    ]


def test_files_that_everybody_can_read_are_named(with_tls: Shell) -> None:
    directory = with_tls.config.parent
    assert with_tls("apply").code == 0
    for file in (with_tls.config, directory / "key.pem", directory / "test.db"):
        file.chmod(0o644)
    hashes, key, database = warnings_of(with_tls)
    assert f"{with_tls.config}, and the password hashes in it; chmod o=" in hashes
    assert f"{directory / 'key.pem'}, and the private key in it" in key
    assert f"{directory / 'test.db'}, and all cards in it" in database


def test_the_demo_is_told_from_the_real_thing(unapplied: Shell) -> None:
    unapplied.config.write_bytes((ROOT / "config" / "demo.toml").read_bytes())
    done = unapplied("check")
    assert done.err.startswith(
        "warning: everybody knows the password of alice, bob and carol: it is the demo's"
    )


def test_what_is_unwise_of_a_source_is_told(unapplied: Shell) -> None:
    secret = unapplied.config.parent / "reader.password"
    secret.write_text("geheim")
    secret.chmod(0o604)
    more = (
        '[sources.hr]\ntype = "ldap"\nbook = "staff"\nurl = "ldaps://dc1.example.org"\n'
        'base = "dc=example"\ntls = "unverified"\nbind_dn = "cn=reader"\n'
        f'password_file = "{secret}"\n'
        '[sources.crm]\ntype = "csv"\nbook = "customers"\nfile = "crm.csv"\n'
    )
    text = unapplied.config.read_text(encoding="utf-8")
    unapplied.config.write_text(f"{text}\n{more}", encoding="utf-8")
    told = unapplied("check").err
    assert "whoever is on the way can pass for the directory and read the password" in told
    assert "[sources.crm]: without a key, who changes their name goes" in told
    assert f"can read {secret}, and the directory's password in it" in told
