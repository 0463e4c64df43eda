"""``import`` and ``export`` of files that are no vCards."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.shell import ROOT, Shell
from tests.organisation import vcard

CORPUS = ROOT / "tests" / "corpus" / "formats"
OUTLOOK = CORPUS / "outlook-de-semicolon.csv"


def exported(shell: Shell, *options: str) -> str:
    """What an export of the customers writes."""
    done = shell("export", "--book", "customers", *options)
    assert done.code == 0, done.err
    return done.out


def test_what_a_file_is_and_its_columns_are_shown_and_nothing_is_written(shell: Shell) -> None:
    done = shell("import", "--dry-run", "--book", "customers", OUTLOOK)
    assert done.code == 0
    lines = done.lines()
    head = "Outlook (German), CSV, Windows-1252, separator semicolon, 2 contacts"
    assert lines[0] == f"{OUTLOOK}: {head}"
    columns = [line.split() for line in lines]
    assert ["column", "becomes", "values"] in columns
    assert ["Vorname", "N.given", "2"] in columns
    assert ["Mobiltelefon", "2", "TEL;cell", "1"] in columns
    assert ["E-Mail-Typ", "left", "out", "2"] in columns
    private = f"{OUTLOOK}:4: card 2, Bernd Groß: Privat: this contact is marked as private in the"
    assert any(line.startswith(private) for line in lines)
    assert lines[-1] == "this was a dry run: customers is as it was"
    assert exported(shell) == ""


def test_a_program_is_told_the_same(shell: Shell) -> None:
    done = shell("import", "--dry-run", "--json", "--book", "customers", OUTLOOK)
    (file,) = done.json()["files"]
    assert file["recognised"]["separator"] == "semicolon"
    assert {"name": "Vorname", "becomes": "N.given", "values": 2} in file["recognised"]["columns"]
    assert (file["cards"], file["new"]) == (2, 2)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.[clx]*")), ids=lambda path: path.name)
def test_the_same_import_twice_changes_nothing(path: Path, shell: Shell) -> None:
    first = shell("import", "--book", "customers", path, "--json").json()["files"][0]
    second = shell("import", "--book", "customers", path, "--json").json()["files"][0]
    assert first["new"] == first["cards"] > 1
    assert (second["new"], second["changed"], second["unchanged"]) == (0, 0, first["cards"])


def test_a_map_is_saved_and_used_again(shell: Shell, tmp_path: Path) -> None:
    crm = tmp_path / "crm.csv"
    crm.write_text("Wer;Nr\nAda Byron;0171 3920010\n", encoding="utf-8")
    saved = tmp_path / "crm.toml"
    unknown = shell("import", "--book", "customers", crm)
    assert unknown.code == 1
    assert "say what its columns ('Wer', 'Nr') are with --map" in unknown.out
    maps = ("--map", "Wer=FN", "--map", "Nr=TEL;cell", "--save-map", saved)
    assert shell("import", "--book", "customers", crm, *maps).code == 0
    columns = tomllib.loads(saved.read_text(encoding="utf-8"))["columns"]
    assert columns == {"Wer": "FN", "Nr": "TEL;cell"}
    again = shell("import", "--book", "customers", crm, "--map-file", saved)
    assert again.lines()[-1] == f"{crm}: 1 card: 0 new, 0 changed, 1 as before"


def test_a_map_with_a_name_is_kept_beside_the_config_file(shell: Shell, tmp_path: Path) -> None:
    crm = tmp_path / "crm.csv"
    crm.write_text("Wer;Nr\nAda Byron;0171 3920010\n", encoding="utf-8")
    missing = shell("import", "--book", "customers", crm, "--map-file", "crm")
    assert missing.code == 1
    assert missing.err.startswith("There is no map crm; none was saved yet. --save-map NAME saves")
    maps = ("--map", "Wer=FN", "--map", "Nr=TEL;cell", "--save-map", "crm")
    assert shell("import", "--book", "customers", crm, *maps, "--dry-run").code == 0
    saved = shell.config.parent / "maps" / "crm.toml"
    columns = tomllib.loads(saved.read_text(encoding="utf-8"))["columns"]
    assert columns == {"Wer": "FN", "Nr": "TEL;cell"}
    again = shell("import", "--book", "customers", crm, "--map-file", "crm")
    assert again.lines()[-1] == f"{crm}: 1 card: 1 new, 0 changed, 0 as before"
    wrong = shell("import", "--book", "customers", crm, "--map-file", "crn")
    assert "There is no map crn; there are crm." in wrong.err


def test_a_map_that_does_nothing_is_told_of(shell: Shell, cards: Path, tmp_path: Path) -> None:
    options = ("import", "--dry-run", "--book", "customers")
    done = shell(*options, cards, "--map", "Wer=FN", "--save-map", "no")
    assert done.code == 0
    assert done.err.splitlines() == [
        f"warning: {cards} has vCards, which have no columns: --map does nothing here",
        "warning: --save-map: there are no columns in these files, so nothing is saved",
    ]
    assert not (shell.config.parent / "maps").exists()
    ldif = tmp_path / "one.ldif"
    ldif.write_text("dn: cn=Ada\ncn: Ada Byron\nmobile: 0171 3920010\n", encoding="utf-8")
    done = shell(*options, ldif, "--map", "Wer=FN", "--map", "Mobile=TEL;home")
    assert done.err == "warning: no file has a column Wer: that --map does nothing\n"


def test_a_column_that_is_missing_is_refused_with_map_and_told_of_with_a_saved_one(
    shell: Shell, tmp_path: Path
) -> None:
    crm = tmp_path / "crm.csv"
    crm.write_text("Name;Telefon\nAda Byron;0171 3920010\n", encoding="utf-8")
    options = ("import", "--dry-run", "--book", "customers", crm)
    refused = shell(*options, "--map", "Wer=NOTE")
    assert refused.code == 1
    assert "there is no column 'Wer' in it, which --map names" in refused.out
    saved = tmp_path / "crm.toml"
    saved.write_text('[columns]\nWer = "NOTE"\ntelefon = "TEL;cell"\n', encoding="utf-8")
    done = shell(*options, "--map-file", saved)
    assert done.code == 0
    assert done.lines()[1] == f"{crm}: there is no column 'Wer' in it, which the map has"
    assert done.lines()[-2] == f"{crm}: 1 card: 1 new, 0 changed, 0 as before"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--map", "Wer"), "say it as --map"),
        (("--map", "Wer=NAME"), "'NAME' is no property; there are ADR, "),
        (("--map", "Wer=ADR.town"), "there are ADR.box, ADR.city"),
        (("--map-file", "nowhere.toml"), "nowhere.toml cannot be read: no such file"),
    ],
)
def test_a_map_that_is_none_is_refused(options: tuple[str, str], why: str, shell: Shell) -> None:
    done = shell("import", "--book", "customers", OUTLOOK, *options)
    assert done.code == 1
    assert why in done.err
    assert "Nothing was imported." in done.err


def test_labels_are_the_books_that_are_called_so(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "labels.vcf"
    file.write_bytes(
        vcard("a", "Ada", "CATEGORIES:Staff") + vcard("b", "Ben") + vcard("c", "Cy", "CATEGORIES:x")
    )
    options = ("import", "--book", "customers", "--labels-as", "books", file)
    refused = shell(*options)
    assert refused.code == 1
    assert "There is no book for the labels x. Nothing was imported" in refused.err
    file.write_bytes(vcard("a", "Ada", "CATEGORIES:Staff") + vcard("b", "Ben"))
    assert shell(*options).code == 0
    assert "FN:Ben" in exported(shell)
    assert "FN:Ada" not in exported(shell)
    assert "FN:Ada" in shell("export", "--book", "staff").out


def test_who_goes_into_two_books_by_labels_is_told_of_once(shell: Shell, tmp_path: Path) -> None:
    ada = ("Ada Byron", "TEL;TYPE=cell:0171 3920010", "CATEGORIES:Staff,Customers")
    file = tmp_path / "labels.vcf"
    file.write_bytes(vcard("a", *ada) + vcard("c", *ada))
    done = shell("import", "--book", "customers", "--labels-as", "books", file)
    assert done.code == 0
    _, head, *rest = done.lines()
    assert head.endswith("2 new, 0 changed, 0 as before; of duplicates: 2 updated")
    why = "the same name; the same mobile number, 1713920010; both say the same"
    assert rest == [f"{file}:9: card 2, Ada Byron: went into card 1 ({why})"]
    # Of another card in the other book it is told.
    file.write_bytes(vcard("d", *ada[:2], "CATEGORIES:Customers"))
    done = shell("import", "--book", "customers", "--on-duplicate", "add", file)
    assert "card 1, Ada Byron: added, though it is customers/a.vcf" in done.out


@pytest.mark.parametrize(
    "kind",
    ["vcard3", "vcard4", "csv", "google", "outlook", "ldif", "fritzbox", "yealink", "snom",
     "grandstream"],
)  # fmt: skip
def test_a_book_is_written_in_every_format_and_read_again(
    kind: str, filled: Shell, tmp_path: Path
) -> None:
    out = tmp_path / f"customers.{kind}"
    assert filled("export", "--book", "customers", "--format", kind, "-o", out).code == 0
    done = filled("import", "--dry-run", "--json", "--book", "staff", out)
    is_phone_book = kind in ("fritzbox", "yealink", "snom", "grandstream")
    # Of the three, one has no number.
    assert done.json()["files"][0]["new"] == (2 if is_phone_book else 3)


@pytest.mark.parametrize(
    ("kind", "hidden"),
    [
        ("vcard4", "ORG:Blumen"),
        ("csv", "Blumen Müller"),
        ("google", "Blumen Müller"),
        ("outlook", "Blumen Müller"),
        ("ldif", "\no:: "),
        ("grandstream", "Blumen Müller"),
    ],
)
def test_no_format_tells_what_is_hidden_from_the_user(
    kind: str, hidden: str, filled: Shell
) -> None:
    assert hidden in exported(filled, "--format", kind)
    as_carol = exported(filled, "--format", kind, "--as", "carol")
    assert "1234" in as_carol
    assert hidden not in as_carol
    assert "pays late" not in as_carol


def test_a_cell_is_no_formula_unless_asked_for(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "formula.vcf"
    file.write_bytes(vcard("f", "=1+1", "ORG:@x"))
    assert shell("import", "--book", "customers", file).code == 0
    guarded = exported(shell, "--format", "csv")
    assert "'=1+1" in guarded
    assert "'@x" in guarded
    assert "'" not in exported(shell, "--format", "csv", "--raw")


def test_a_number_that_a_spreadsheet_destroyed_is_a_fault(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("Name;Telefon\nAda Byron;4,91522E+11\nBen Third;0171 3920010\n")
    for options, advice in (
        (("--dry-run",), "Mend the file before you import it."),
        ((), "The cards are imported without it; take the import back, mend the file and import"),
    ):
        done = shell("import", "--book", "customers", file, *options)
        assert done.code == 1
        summary = f"{file}: 2 cards: 2 new, 0 changed, 0 as before; 1 value lost"
        told = "Telefon: 4,91522E+11 is all that is left of a number; not imported"
        at = done.lines().index(summary)
        assert done.lines()[at + 1] == f"{file}:2: card 1, Ada Byron: {told}"
        assert f"Not to be read, for the reasons above: 1 value. {advice}" in done.err
    assert "FN:Ada Byron" in exported(shell)
    (read,) = shell("import", "--book", "customers", file, "--json").json()["files"]
    assert (read["left_out"], read["lost"], read["remarks"][0]["lost"]) == (0, 1, 1)


def test_a_value_of_ldif_that_cannot_be_read_is_a_fault_and_a_guess_is_none(
    shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "people.ldif"
    ada = b"dn: cn=Ada\nobjectClass: person\ncn: Ada Byron\n"
    file.write_bytes(ada + b"mail:: damaged!\n")
    done = shell("import", "--book", "customers", file)
    assert (done.code, done.err.count("1 value.")) == (1, 1)
    # In Latin-1, which LDIF is not.
    file.write_bytes(ada + b"title:: TfxsbGVyaW4=\n")
    done = shell("import", "--book", "customers", file)
    assert done.code == 0
    assert "title:" in done.out


def test_the_cells_are_separated_as_a_german_spreadsheet_wants_it(
    filled: Shell, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    for separator, between in (("semicolon", ";"), ("tab", "\t"), ("comma", ",")):
        words = ("export", "--book", "customers", "-o", out, "--separator", separator, "--force")
        assert filled(*words).code == 0
        head, anna, *_ = out.read_text(encoding="utf-8-sig").splitlines()
        assert head.startswith(f"UID{between}Name{between}Prefix{between}")
        assert anna.startswith(f"anna{between}Anna Müller{between}")
        done = filled("import", "--dry-run", "--json", "--book", "staff", out).json()
        assert done["files"][0]["recognised"]["separator"] == separator
        assert done["files"][0]["new"] == 3
    done = filled("export", "--book", "customers", "--separator", "semicolon")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "--separator is of CSV, and this would be vcard; add --format csv. Nothing was exported.\n"
    )


def test_an_export_to_csv_that_nobody_has_edited_changes_nothing(
    shell: Shell, tmp_path: Path
) -> None:
    """Nor does it take away what CSV has no place for."""
    ada = vcard(
        "ada", "Ada Byron", "N:Byron;Ada;;;", "TEL;TYPE=cell:0171 3920010", "TEL;TYPE=home:030/99",
        "TEL;TYPE=work,pref:+4930123456", "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ", "X-OWN:x",
        "NOTE:tall\\nand kind", "item1.TEL:+49 30 777", "item1.X-ABLABEL:Reception",
    )  # fmt: skip
    cards, out = tmp_path / "cards.vcf", tmp_path / "out.csv"
    cards.write_bytes(ada + vcard("ben", "Ben Third", "TEL:1"))
    assert shell("import", "--book", "customers", cards).code == 0
    for options in ((), ("--raw",), ("--separator", "semicolon")):
        words = ("export", "--book", "customers", "-o", out, "--force", *options)
        assert shell(*words).code == 0
        done = shell("import", "--book", "customers", out)
        assert done.lines()[-1] == f"{out}: 2 cards: 0 new, 0 changed, 2 as before"
    assert exported(shell).encode() == cards.read_bytes()
    # Who was edited is changed, and nobody else.
    text = out.read_text(encoding="utf-8-sig")
    out.write_text(text.replace("Ben Third", "Ben Fourth"), encoding="utf-8")
    done = shell("import", "--book", "customers", out)
    assert "2 cards: 0 new, 1 changed, 1 as before" in done.out
    assert "FN:Ben Fourth" in exported(shell)
    assert exported(shell).encode().startswith(ada)


def test_nothing_of_a_damaged_file_is_half_written(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "bomb.vcf"
    file.write_bytes(b"PK\x03\x04" + b"\0" * 1000)
    done = shell("import", "--book", "customers", file, "--json")
    assert done.code == 1
    (remark,) = json.loads(done.out)["files"][0]["remarks"]
    assert remark["imported"] is False
    assert "ZIP archive" in remark["notes"][0]
    assert exported(shell) == ""
