"""``dirserver phone``: the settings of a desk phone, ready for its provisioning."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from dirserver import phones
from dirserver.model.secret import digest_of
from tests.cli.shell import Shell

# fmt: off
FAMILIES = (
    "auerswald", "avaya", "cisco", "fanvil", "gigaset", "grandstream", "linphone", "maxwell",
    "mitel", "panasonic", "poly", "snom", "unify", "yealink",
)
# fmt: on


def test_without_a_family_there_is_a_list_of_them(shell: Shell) -> None:
    lines = shell("phone").lines()
    assert [line.split()[0] for line in lines] == ["family", *FAMILIES]
    assert lines[-1] == "yealink      Yealink T, CP, VP and W"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_template_is_filled_in_with_what_the_config_says(shell: Shell, family: str) -> None:
    done = shell("phone", family, "--user", "alice", "--host", "dir.example.org")
    assert done.code == 0
    for fact in ("dir.example.org", "1389", "dc=example,dc=org", "PASSWORD", "alice"):
        assert fact in done.out, fact
    assert not re.search(r"\{\{|\}\}|\{#|#\}|\{%", done.out)
    assert "make one with --new-password" in done.err
    assert "warning: The password crosses the network as it is" in done.err
    if done.out.startswith("<?xml"):
        ElementTree.fromstring(done.out)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("security", ["none", "starttls", "ldaps"])
def test_a_template_says_how_the_phone_is_to_connect(family: str, security: str) -> None:
    def filled(security: str) -> str:
        end = ("dc=example", "alice", "uid=alice", "se-cret")
        return phones.filled(family, phones.Access('Tick & "Tack"', "h", 636, security, *end))

    if filled(security).startswith("<?xml"):
        ElementTree.fromstring(filled(security))
    if security in phones.securities(family):
        assert filled(security) != filled("none")


def test_a_phone_looks_into_one_book_where_it_is_told_to(shell: Shell) -> None:
    done = shell("phone", "yealink", "--user", "alice", "--book", "customers")
    assert "ldap.base = ou=customers,dc=example,dc=org\n" in done.out
    assert done.out.startswith("#!version:1.0.0.1\n")
    assert "ldap.host = 127.0.0.1\nldap.port = 1389\nldap.tls_mode = 0\n" in done.out


def test_a_phone_that_will_find_nobody_is_warned_of(shell: Shell) -> None:
    words = ("phone", "yealink", "--user", "bob")
    done = shell(*words, "--book", "secret")
    assert done.code == 0
    assert "no grant in the config lets bob search the book secret. Give one in [books" in done.err
    assert f"{shell.proposed('why')} bob search secret" in done.err
    for others in (("--book", "customers"), ()):
        assert "find nobody" not in shell(*words, *others).err


def test_an_address_that_is_no_name_is_left_to_be_filled_in(shell: Shell) -> None:
    text = shell.config.read_text(encoding="utf-8")
    text = text.replace("max_hits = 5\n", 'max_hits = 5\nlisten = ["0.0.0.0:389"]\n')
    shell.config.write_text(text, encoding="utf-8")
    done = shell("phone", "snom", "--user", "alice")
    assert '<ldap_server perm="">HOST</ldap_server>' in done.out
    assert "name it with --host" in done.err


def test_what_keeps_a_phone_away_is_said(shell: Shell) -> None:
    done = shell("phone", "yealink", "--user", "alice")
    assert 'No phone gets there: [ldap] listen is on this machine only. Let it be ["0.' in done.err
    assert "put the phones' network into plaintext_bind in [ldap]" in done.err
    text = shell.config.read_text(encoding="utf-8")
    open_to_phones = 'listen = ["127.0.0.1:1389", "0.0.0.0:389"]\nplaintext_bind = ["10.20.0.0/16"]'
    text = text.replace("max_hits = 5\n", f"max_hits = 5\n{open_to_phones}\n")
    shell.config.write_text(text, encoding="utf-8")
    done = shell("phone", "yealink", "--user", "alice")
    assert "ldap.host = HOST\nldap.port = 389\n" in done.out
    assert "No phone gets there" not in done.err
    assert "plaintext_bind" not in done.err


def test_a_password_is_made_when_one_is_wanted(shell: Shell) -> None:
    words = ("phone", "yealink", "--user", "alice", "--book", "customers", "--new-password")
    done = shell(*words)
    found = re.search("^ldap.password = (.*)$", done.out, re.MULTILINE)
    assert found
    assert digest_of(found[1])
    assert "The password is not shown again." in done.err
    (device,) = shell("device", "list", "alice", "--json").json()
    assert (device["device"], device["protocols"], device["books"]) == (
        "yealink phone",
        ["ldap"],
        ["customers"],
    )
    assert "has a device yealink phone already. Revoke it first" in shell(*words).err
    # On an Avaya only letters and digits can be typed.
    shown = shell("phone", "avaya", "--user", "alice", "--new-password").out
    assert re.search('^SET DIRPASSWORD "[0-9A-Za-z]{12,}"$', shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["yaelink", "--user", "alice"],
            "There is no family of phones yaelink; did you",
        ),
        (["yealink"], "Whose phone is it? Name the user with --user LOGIN."),
        (["yealink", "--user", "alcie"], "There is no user alcie; did you mean alice?"),
        (["yealink", "--user", "alice", "--book", "costumers"], "There is no book costumers; did"),
    ],
)
def test_what_cannot_be_is_said(words: list[str], said: str, shell: Shell) -> None:
    done = shell("phone", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(said)
