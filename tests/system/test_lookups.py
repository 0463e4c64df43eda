"""Who looked up whom, in the audit trail of a real server that is to have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.system.dav import DAVClient, dav_client
from tests.system.ldaputils import LDAPClient
from tests.system.people import made_up
from tests.system.running import RunningServer, run_command, running
from tests.system.serving import CUSTOMERS, SUFFIX, Authority, write_served

MULTIGET = (
    '<C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">'
    "<prop><getetag/><C:address-data/></prop><href>/bob/customers/anna.vcf</href>"
    "<href>/bob/customers/none.vcf</href></C:addressbook-multiget>"
)
QUERY = (
    '<C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">'
    '<prop><getetag/></prop><C:filter><C:prop-filter name="NOTE"><C:text-match>quillfeather'
    "</C:text-match></C:prop-filter></C:filter></C:addressbook-query>"
)


def write(directory: Path, authority: Authority, reads: str) -> Path:
    path = write_served(directory, authority)
    text = path.read_text("utf-8")
    path.write_text(f'{text}\n[audit]\nreads = "{reads}"\n', "utf-8")
    return path


def filled(server: RunningServer) -> None:
    with dav_client(server.address("http"), "alice") as alice:
        anna = made_up("anna", "Anna Beispiel", "NOTE:Quillfeather", "TEL:+49 30 5550017")
        assert alice.put("/alice/customers/anna.vcf", anna).status == 201
        ben = made_up("ben", "Ben Beispiel", "TEL:+49 30 5550018")
        assert alice.put("/alice/customers/ben.vcf", ben).status == 201


def told(config: Path) -> list[Any]:
    done = run_command(config, "audit", "--action", "card:read", "--json")
    assert done.returncode == 0, done.stderr
    events: list[Any] = json.loads(done.stdout)
    return events


def read(bob: DAVClient, server: RunningServer) -> None:
    """Look Anna up, in every way that there is."""
    assert bob.get("/bob/customers/anna.vcf").status == 200
    assert bob.request("REPORT", "/bob/customers/", MULTIGET).status == 207
    assert bob.request("REPORT", "/bob/customers/", QUERY, {"Depth": "1"}).status == 207
    ldap = LDAPClient(server.url("ldap"), "bob")
    assert ldap.names("(telephoneNumber=03055500*)", SUFFIX) == ["Anna Beispiel", "Ben Beispiel"]
    assert ldap.search("(cn=*)", "cn", base=CUSTOMERS, options="-z 1").names == ["Anna Beispiel"]
    assert ldap.names("(cn=nobody)", SUFFIX) == []


def test_each_lookup_is_told_with_keys_and_fields_but_not_what_was_asked(
    authority: Authority, tmp_path: Path
) -> None:
    config = write(tmp_path, authority, "full")
    with running(config) as server, dav_client(server.address("http"), "bob") as bob:
        filled(server)
        read(bob, server)
        ldap = LDAPClient(server.url("ldap"), "bob")
        (dn,) = (one.dn for one in ldap.search("(cn=anna*)", "cn", base=SUFFIX).entries)
        anna = dn.partition(",")[0].partition("=")[2]
        ldap.run("ldapcompare", dn, "telephoneNumber:+49 30 5550017")
        events = told(config)
    assert {event["actor"] for event in events} == {"bob"}
    assert {event["book"] for event in events} == {"customers"}
    details = [(event["protocol"], event["detail"].partition(":")[0]) for event in events]
    assert details == [
        ("carddav", "1 card"),
        ("carddav", "1 card"),
        ("carddav", "1 card, by NOTE"),
        ("ldap", "2 cards, by work_phone"),
        # Every card has a name, so that (cn=*) asks for nothing.
        ("ldap", "1 card"),
        ("ldap", "1 card, by full_name"),
        ("ldap", "1 card, by work_phone"),
    ]
    assert all(anna in event["detail"] for event in events)
    assert "quillfeather" not in json.dumps(events).lower()
    assert "5550017" not in json.dumps(events)


def test_a_summary_is_written_when_the_server_stops(authority: Authority, tmp_path: Path) -> None:
    config = write(tmp_path, authority, "summary")
    with running(config) as server, dav_client(server.address("http"), "bob") as bob:
        filled(server)
        read(bob, server)
        assert told(config) == []
    carddav, ldap = sorted(told(config), key=lambda event: event["protocol"])
    assert carddav["detail"].startswith("3 lookups, 3 cards, ")
    assert ldap["detail"].startswith("2 lookups, 3 cards, ")
