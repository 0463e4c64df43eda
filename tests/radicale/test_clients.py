"""What real clients sent, said again: they must hear what they need (tests/transcripts).

The requests are recordings of Thunderbird 153, Evolution 3.46, KAddressBook 22.12, Linphone 5.1
and vdirsyncer 0.21, with other people in the cards. Linphone was recorded without a login,
since it knows no Basic authentication.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dirserver.assembly import Services
from dirserver_radicale.application import Application
from tests.conversation import play
from tests.organisation import BOB, HERE, vcard
from tests.radicale.conftest import reconfigured
from tests.radicale.dav_client import DAVClient

TRANSCRIPTS = Path(__file__).parent.parent / "transcripts"
BOOKS = """
[books.contacts]
name = "Contacts"
description = "Everyone"
grants = [{ to = "alice", access = "write" }, { to = "bob", access = "write" }]

[books.readonly]
name = "Read Only"
grants = [{ to = "alice", access = "read" }, { to = "bob", access = "write" }]

[books.staff]
"""
FILES = {
    "p002.vcf": vcard("person-p002", "Zoë Ångström", "ORG:Example GmbH;Sales", "TITLE:Chefin Ü"),
    "p003.vcf": vcard(
        "person-p003",
        "Иван Петров",
        "ADR;TYPE=WORK:;;Hauptstr. 1;Москва;;10115;Germany",
        r"NOTE:comma\, semicolon\; and\nsecond line",
    ),
    # Linphone asks for vCard 4.0, and is given nothing else.
    "p002-as-4.vcf": vcard(
        "person-p002", "Zoë Ångström", "ORG:Example GmbH;Sales", "TITLE:Chefin Ü", version="4.0"
    ),
    "p003-as-4.vcf": vcard(
        "person-p003",
        "Иван Петров",
        "ADR;TYPE=WORK:;;Hauptstr. 1;Москва;;10115;Germany",
        r"NOTE:comma\, semicolon; and\nsecond line",
        version="4.0",
    ),
    "ro1.vcf": vcard("ro1", "Read Only"),
}


@pytest.fixture
def recorded(each_engine: Services) -> Application:
    """The face of an organisation with the books that there were in the recordings."""
    application = reconfigured(each_engine, "[books.staff]\n", BOOKS)
    with each_engine.directory.writing(BOB, HERE) as writing:
        writing.put_card("contacts", "person-p002.vcf", FILES["p002.vcf"])
        writing.put_card("contacts", "person-p003.vcf", FILES["p003.vcf"])
        writing.put_card("readonly", "ro1.vcf", FILES["ro1.vcf"])
    return application


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("carddav-*.txt")), ids=lambda p: p.stem)
def test_a_recorded_client_hears_what_it_needs(recorded: Application, path: Path) -> None:
    client = DAVClient(recorded, "alice", unasked=False, files=FILES)
    names = play(client, path.read_text(encoding="utf-8"))
    if "ctag" in names:
        # Linphone's atoi() reads nothing of a quoted one.
        assert int(names["ctag"]) > 0
    if "later" in names:
        assert int(names["later"]) > int(names["ctag"])


def test_every_client_was_recorded() -> None:
    """A glob that finds nothing tests nothing."""
    found = {path.stem.partition("-")[2] for path in TRANSCRIPTS.glob("carddav-*.txt")}
    assert found == {"thunderbird", "evolution", "kaddressbook", "linphone", "vdirsyncer"}
