"""``dirserver person``: what is kept of somebody, and its erasure, for an admin."""

from __future__ import annotations

import json
import re
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from dirserver import config
from dirserver.assembly import open_services
from dirserver.model.grant import Privilege
from dirserver.model.principal import Client
from dirserver.store.tables import source_card
from tests.cli.conftest import CARDS
from tests.cli.shell import Shell, run_on_terminal
from tests.organisation import ADMIN, ALICE, BOB, HERE, vcard


def store(shell: Shell, **cards: bytes) -> None:
    services = open_services(config.load(shell.config))
    with services.directory.writing(ADMIN, HERE) as writing:
        for name, body in cards.items():
            writing.put_card("staff", f"{name}.vcf", body)
    services.store.close()


def test_a_person_is_told_with_all_that_is_kept(filled: Shell) -> None:
    store(filled, copy=CARDS["anna"])
    done = filled("person", "find", "anna", "mueller")
    assert (done.code, done.err) == (0, "")
    lines = [
        re.sub(r"key \w+|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "...", line) for line in done.lines()
    ]
    assert lines == [
        "Anna Müller",
        "  customers/anna.vcf: ..., 1 version, ... to ...",
        "    +49 30 1234-567",
        "    anna@blumen.example.org",
        "  staff/copy.vcf: ..., 1 version, ... to ...",
        "    +49 30 1234-567",
        "    anna@blumen.example.org",
        "  events of the audit trail that name them: 1",
        "  recorded lookups: 0",
        "  may have a copy: no client that was told of these books over CardDAV",
    ]
    (event,) = filled("audit", "--action", "person", "--json").json()
    assert event["detail"] == "1 found, with 2 cards"


def test_who_was_told_who_stored_it_and_who_never_asked_are_told_apart(filled: Shell) -> None:
    services = open_services(config.load(filled.config))
    for who, agent in ((BOB, "phone"), (ALICE, "laptop")):
        with services.directory.reading(who, Client("carddav", "192.0.2.8", agent)) as reading:
            view = reading.book("customers", Privilege.READ)
            list(reading.changes(view, 0))
    with services.directory.writing(ALICE, Client("carddav", "192.0.2.8", "laptop")) as writing:
        writing.put_card("customers", "anna.vcf", CARDS["anna"] + b"\r\n")
    services.directory.write_sightings()
    services.store.close()
    # Carol may read the book, too.
    lines = filled("person", "find", "anna", "mueller").lines()
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    told = [re.sub(moment, "...", line) for line in lines if "may have" in line]
    assert [line.removeprefix("  may have a copy: ") for line in told] == [
        "alice (laptop) stored a card of theirs in customers, first ..., last ...",
        "bob (phone) was told what is in customers, first ..., last ...",
    ]
    (person,) = filled("person", "find", "anna", "mueller", "--json").json()
    assert [(one["login"], one["stored"]) for one in person["copies"]] == [
        ("alice", True),
        ("bob", False),
    ]


def test_programs_read_it(filled: Shell) -> None:
    (person,) = filled("person", "find", "anna@blumen.example.org", "--json").json()
    assert person["name"] == "Anna Müller"
    (card,) = person["cards"]
    assert (card["uid"], card["book"], card["current"]) == ("anna", "customers", True)
    assert [version["operation"] for version in card["versions"]] == ["import"]
    assert "body" not in card["versions"][0]


def test_nobody_found_is_no_failure_of_find_but_one_of_the_others(filled: Shell) -> None:
    done = filled("person", "find", "nobody")
    assert (done.code, done.out) == (0, "nothing is kept of nobody\n")
    for command in (["export", "--output", "x.zip"], ["erase", "--yes"]):
        done = filled("person", *command, "nobody")
        assert done.code == 1
        assert done.err.startswith("Nothing is kept of nobody. Try another spelling")


def test_several_people_must_be_told_apart(filled: Shell, tmp_path: Path) -> None:
    store(filled, other=vcard("other", "Anna Schmidt", "EMAIL:a@schmidt.example"))
    done = filled("person", "erase", "anna", "--yes")
    assert (done.code, done.out) == (1, "")
    first, *choices = done.err.splitlines()
    erase = filled.proposed("person erase")
    assert first == "anna may be 2 people. Say which cards are meant:"
    assert [re.sub(r"--card \w+", "--card KEY", line) for line in choices] == [
        f"{erase} anna --card KEY   "
        "(Anna Müller, anna@blumen.example.org, +49 30 1234-567, in customers)",
        f"{erase} anna --card KEY   (Anna Schmidt, a@schmidt.example, in staff)",
    ]
    words = choices[1].partition("   ")[0].split()[1:]
    assert filled(*words, "--yes").code == 0
    assert [one["name"] for one in filled("search", "anna", "--json").json()] == ["Anna Müller"]
    done = filled("person", "export", "anna", "--card", "nokey", "--output", tmp_path / "x.zip")
    assert done.err.startswith("anna is not the person of card nokey.")


def test_an_export_has_the_cards_byte_for_byte_a_page_and_json(
    filled: Shell, tmp_path: Path
) -> None:
    nasty = vcard("evil", "<script>alert(1)</script> & Co", "NOTE:<b>bold</b>")
    store(filled, evil=nasty)
    place = tmp_path / "evil.zip"
    done = filled("person", "export", "evil", "--output", place)
    assert (done.code, done.err) == (0, "")
    with ZipFile(place) as archive:
        names = archive.namelist()
        assert names[:2] == ["index.html", "person.json"]
        assert archive.read(names[2]) == nasty
        page = archive.read("index.html").decode()
        data = json.loads(archive.read("person.json"))
    assert (
        "<h1>What Example GmbH keeps of &lt;script&gt;alert(1)&lt;/script&gt; &amp; Co</h1>" in page
    )
    assert "<script>" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert f'href="{names[2]}"' in page
    assert data["organisation"] == "Example GmbH"
    assert data["cards"][0]["facts"]["note"] == ["<b>bold</b>"]
    assert data["cards"][0]["versions"][0]["file"] == names[2]
    (event,) = filled("audit", "--action", "person:export", "--json").json()
    assert event["detail"] == f"1 card: {data['cards'][0]['key']}"


def test_the_trail_counts_one_card_as_one(filled: Shell) -> None:
    assert filled("person", "find", "ben").code == 0
    (event,) = filled("audit", "--action", "person:find", "--json").json()
    assert event["detail"] == "1 found, with 1 card"


def test_an_export_replaces_a_file_by_force_only(filled: Shell, tmp_path: Path) -> None:
    place = tmp_path / "ben.zip"
    place.write_bytes(b"old")
    done = filled("person", "export", "ben", "--output", place)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"{place} exists already. Name another file, or replace it with --force. "
        "Nothing was exported.\n"
    )
    assert place.read_bytes() == b"old"
    assert filled("audit", "--action", "person:export", "--json").json() == []
    assert filled("person", "export", "ben", "--output", place, "--force").code == 0
    with ZipFile(place) as archive:
        assert "index.html" in archive.namelist()


def test_what_a_source_has_said_is_told_exported_and_erased(filled: Shell, tmp_path: Path) -> None:
    (filled.config.parent / "p.csv").write_text("No.,Name,Title\n1,Cleo Third,Clerk\n")
    table = '\n[sources.hr]\ntype = "csv"\nbook = "staff"\nfile = "p.csv"\nkey = "No."\n'
    text = filled.config.read_text(encoding="utf-8")
    # Of the title it has no say any more, and so no version has the last one.
    filled.config.write_text(f'{text}{table}owns = ["FN"]\n', encoding="utf-8")
    assert filled("sync-source", "hr").code == 0
    (filled.config.parent / "p.csv").write_text("No.,Name,Title\n1,Cleo Third,Chair\n")
    assert filled("sync-source", "hr").code == 0
    assert "    what the source hr said of them last" in filled("person", "find", "cleo").lines()
    place = tmp_path / "cleo.zip"
    assert filled("person", "export", "cleo", "--output", place).code == 0
    with ZipFile(place) as archive:
        (card,) = json.loads(archive.read("person.json"))["cards"]
        assert card["source"] == "hr"
        assert b"TITLE:Chair" in archive.read(card["said_by_source"])
        assert f'href="{card["said_by_source"]}"' in archive.read("index.html").decode()
    assert filled("person", "erase", "cleo", "--yes").code == 0
    services = open_services(config.load(filled.config))
    with services.store.reading() as connection:
        assert connection.execute(select(source_card)).all() == []
    services.store.close()


def test_an_export_that_cannot_be_written_says_so(filled: Shell, tmp_path: Path) -> None:
    done = filled("person", "export", "ben", "--output", tmp_path / "no" / "ben.zip")
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("Nothing was exported.\n")


def test_a_dry_run_says_what_would_go_and_leaves_it(filled: Shell) -> None:
    done = filled("person", "erase", "anna", "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert done.lines() == [
        "this is a dry run: nothing was erased",
        "1 card would be taken out of customers",
        "1 version would be taken out of the history",
        "0 events of the audit trail would be emptied of what the trail says of the person; its "
        "chain stays whole",
        "8 keyed fingerprints would be kept, by which the person is refused later",
        "the names of the cards' files stay; clients need them to learn that the cards are gone",
        "backups and exports from before still have everything",
    ]
    assert len(filled("search", "anna", "--json").json()) == 1
    assert filled("person", "erased").out == "nobody was erased who may not be kept again\n"


def test_an_erasure_gives_a_certificate(filled: Shell, tmp_path: Path) -> None:
    place = tmp_path / "anna.txt"
    done = filled("person", "erase", "anna", "--yes", "--certificate", place, "--json")
    assert (done.code, done.err) == (0, "")
    said = done.json()
    assert (said["cards"], said["versions"], said["dry_run"]) == (1, 1, False)
    assert said["scrubbed"] is True
    assert json.loads((tmp_path / "anna.txt.json").read_text("utf-8")) == said
    words = place.read_text("utf-8").splitlines()
    assert words[0].startswith(f"{said['case']}: a person was erased on ")
    assert words[-1] == f"head of the audit trail: {said['head']}"
    for text in (done.out, *words):
        assert not re.search("anna|müller|blumen|1234", text, re.IGNORECASE)
    assert filled("audit", "verify", "--expect", said["head"]).code == 0
    assert filled("search", "anna", "--json").json() == []
    (case,) = filled("person", "erased", "--json").json()
    assert case["case"] == said["case"]


def test_nothing_of_the_person_is_left_in_the_files(filled: Shell) -> None:
    """Not even what was deleted, or replaced, long before."""
    marks = [b"Qzwvx", b"qzwvx", b"pqrs@qzwvx.example", b"Hauptstrafse"]
    body = vcard("qzwvx-uid", "Petra Qzwvx", "EMAIL:pqrs@qzwvx.example", "NOTE:Hauptstrafse 7")
    store(filled, petra=body)
    store(filled, petra=body.replace(b"Hauptstrafse 7", b"nothing"))
    filled("export", "--book", "staff", "--as", "bob")

    def found() -> list[bytes]:
        files = b"".join(path.read_bytes() for path in filled.config.parent.glob("test.db*"))
        return [mark for mark in marks if mark in files]

    assert found() == marks
    done = filled("person", "erase", "petra", "--yes")
    assert (done.code, done.err) == (0, "")
    assert found() == []


def test_an_import_tells_by_name_who_was_erased(filled: Shell, cards: Path) -> None:
    case = filled("person", "erase", "anna", "--yes", "--json").json()["case"]
    done = filled("import", "--book", "customers", cards)
    assert done.code == 1
    assert done.lines()[1:] == [
        f"{cards}: 3 cards: 0 new, 0 changed, 2 as before; 1 left out",
        f"{cards}:1: card 1, Anna Müller: not imported: this person was erased at their own "
        f"request; if they have consented since: {filled.proposed('person')} readmit {case}",
    ]
    assert filled("person", "readmit", case).out == f"{case}: the person may be kept again\n"
    assert filled("import", "--book", "customers", cards).code == 0
    done = filled("person", "readmit", case)
    assert done.err == f"There is no case {case}; see: {filled.proposed('person')} erased\n"


def test_an_erasure_wants_a_yes(filled: Shell) -> None:
    done = filled("person", "erase", "anna")
    assert done.code == 1
    assert done.err.startswith("Nothing was erased: there is nobody to ask.")
    done = filled("person", "erase", "anna", "--yes", "--certificate", "/nowhere/x")
    assert done.err == "There is no directory for /nowhere/x. Nothing was erased.\n"
    assert len(filled("search", "anna", "--json").json()) == 1


@pytest.mark.parametrize("there", ["anna.txt", "anna.txt.json"])
def test_a_certificate_takes_the_place_of_no_other(
    filled: Shell, tmp_path: Path, there: str
) -> None:
    (tmp_path / there).write_text("proof", "utf-8")
    done = filled("person", "erase", "anna", "--yes", "--certificate", tmp_path / "anna.txt")
    assert done.code == 1
    assert (
        done.err == f"{tmp_path / there} exists already. Name another file. Nothing was erased.\n"
    )
    assert (tmp_path / there).read_text("utf-8") == "proof"
    assert len(filled("search", "anna", "--json").json()) == 1


@pytest.mark.parametrize(("answer", "left"), [("n\n", 1), ("y\n", 0)])
def test_a_terminal_is_asked(filled: Shell, answer: str, left: int) -> None:
    words = ("-c", filled.config, "person", "erase", "anna")
    code, shown = run_on_terminal(*words, answers=[("1 version? [y/N]:", answer)])
    assert code == left
    assert "Erase Anna Müller for good: 1 card in 1 version?" in shown
    assert len(filled("search", "anna", "--json").json()) == left


def test_it_works_on_postgresql(on_each_engine: Shell, cards: Path) -> None:
    assert on_each_engine("apply").code == 0
    assert on_each_engine("import", "--book", "customers", cards).code == 0
    done = on_each_engine("person", "erase", "anna", "--yes", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json()["scrubbed"] is True
    assert on_each_engine("audit", "verify").code == 0
