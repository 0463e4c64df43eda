"""``dirserver export``: the cards as they are, or as a user sees them."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import CARDS
from tests.cli.shell import Shell, run, run_on_terminal

ALL = b"".join(CARDS.values())


def test_every_byte_comes_out_as_it_went_in(filled: Shell) -> None:
    done = run("-c", filled.config, "export", "--book", "customers")
    assert (done.code, done.err) == (0, "")
    assert done.out.encode() == ALL


def test_what_comes_out_goes_in_again_unchanged(on_each_engine: Shell, cards: Path) -> None:
    assert on_each_engine("apply").code == 0
    assert on_each_engine("import", "--book", "customers", cards).code == 0
    out = cards.parent / "out.vcf"
    done = on_each_engine("export", "--book", "customers", "-o", out)
    assert (done.code, done.err) == (0, "")
    assert done.lines() == [f"{out}: 3 cards of customers"]
    done = on_each_engine("import", "--book", "customers", out)
    assert done.lines()[-1] == f"{out}: 3 cards: 0 new, 0 changed, 3 as before"


def test_a_user_gets_what_they_may_see(filled: Shell) -> None:
    done = filled("export", "--book", "customers", "--as", "carol")
    assert done.code == 0
    assert done.out.count("BEGIN:VCARD") == 3
    assert "NOTE" not in done.out
    assert "ORG" not in done.out
    assert "Anna Müller" in done.out


def test_who_may_not_read_a_book_cannot_export_it(filled: Shell, tmp_path: Path) -> None:
    out = tmp_path / "out.vcf"
    done = filled("export", "--book", "customers", "--as", "dave", "-o", out)
    assert done.code == 1
    assert done.err == (
        "dave may not read customers: no grant of read on customers; that to dave (config file) "
        "gives only search.\n"
    )
    assert not out.exists()


def test_an_old_file_is_replaced_whole_and_keeps_its_mode(filled: Shell, tmp_path: Path) -> None:
    out = tmp_path / "out.vcf"
    out.write_bytes(b"old" * 10_000)
    out.chmod(0o640)
    assert filled("export", "--book", "customers", "-o", out, "--force").code == 0
    assert out.read_bytes() == ALL
    assert out.stat().st_mode & 0o777 == 0o640
    assert not list(tmp_path.glob(".out.vcf*"))


def test_a_file_that_is_there_is_replaced_by_force_only(filled: Shell, tmp_path: Path) -> None:
    out = tmp_path / "out.vcf"
    out.write_bytes(b"old")
    (tmp_path / "link.vcf").symlink_to(out)
    for name in (out, tmp_path / "link.vcf"):
        done = filled("export", "--book", "customers", "-o", name)
        assert (done.code, done.out) == (1, "")
        assert done.err == (
            f"{name} exists already. Name another file, or replace it with --force. "
            "Nothing was exported.\n"
        )
    assert out.read_bytes() == b"old"
    assert sorted(one.name for one in tmp_path.glob("*out*")) == ["out.vcf"]
    # Nobody took anything.
    assert filled("audit", "--action", "card:export", "--json").json() == []


def test_the_ending_of_the_file_says_what_is_written(filled: Shell, tmp_path: Path) -> None:
    for name, begins in (
        ("a.csv", b"\xef\xbb\xbfUID,Name,"),
        ("a.CSV", b"\xef\xbb\xbfUID,Name,"),
        ("a.ldif", b"version: 1"),
        ("a.vcf", b"BEGIN:VCARD"),
        ("a.txt", b"BEGIN:VCARD"),
        ("csv", b"BEGIN:VCARD"),
    ):
        out = tmp_path / name
        assert filled("export", "--book", "customers", "-o", out).code == 0
        assert out.read_bytes().startswith(begins), name
    # Who says it otherwise is heeded.
    words = ("export", "--book", "customers", "--format", "vcard", "-o", tmp_path / "b.csv")
    assert filled(*words).code == 0
    assert (tmp_path / "b.csv").read_bytes() == ALL


def test_an_ending_that_may_be_several_formats_is_asked_about(
    filled: Shell, tmp_path: Path
) -> None:
    out = tmp_path / "phones.xml"
    done = filled("export", "--book", "customers", "-o", out)
    assert done.code == 1
    assert done.err == (
        f"{out}: several phone books are XML; say which with --format: fritzbox, yealink, snom or "
        "grandstream. Nothing was exported.\n"
    )
    assert not out.exists()
    assert filled("export", "--book", "customers", "-o", out, "--format", "snom").code == 0


def test_a_link_is_followed(filled: Shell, tmp_path: Path) -> None:
    (tmp_path / "link.vcf").symlink_to(tmp_path / "target.vcf")
    assert filled("export", "--book", "customers", "-o", tmp_path / "link.vcf").code == 0
    assert (tmp_path / "link.vcf").is_symlink()
    assert (tmp_path / "target.vcf").read_bytes() == ALL


def test_a_file_that_cannot_be_written_is_told_of(filled: Shell, tmp_path: Path) -> None:
    for out, why in (
        (tmp_path / "no" / "out.vcf", "no such file or directory"),
        (tmp_path, "is a directory"),
    ):
        done = filled("export", "--book", "customers", "-o", out)
        assert done.code == 1
        assert done.err == f"{out} cannot be written: {why}. Nothing was exported.\n"
    assert filled("audit", "--action", "card:export", "--json").json() == []


def test_the_audit_trail_tells_who_took_what_where(filled: Shell, tmp_path: Path) -> None:
    out = tmp_path / "out.vcf"
    assert filled("export", "--book", "customers", "-o", out).code == 0
    assert filled("export", "--book", "customers", "--as", "bob").code == 0
    first, second = filled("audit", "--action", "card:export", "--json").json()
    assert first["detail"] == f"3 cards to {out}"
    assert (second["actor"], second["detail"]) == ("bob", "3 cards to standard output")


def test_a_bar_is_shown_only_when_the_cards_go_elsewhere(filled: Shell, tmp_path: Path) -> None:
    words = ("-c", filled.config, "export", "--book", "customers")
    code, shown = run_on_terminal(*words, "-o", tmp_path / "out.vcf")
    assert code == 0
    assert "exporting customers" in shown
    assert "3/3" in shown
    code, shown = run_on_terminal(*words)
    assert code == 0
    assert shown.encode().replace(b"\r\r\n", b"\r\n") == ALL


def test_an_empty_book_is_an_empty_file(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "out.vcf"
    done = shell("export", "--book", "staff", "-o", out)
    assert done.lines() == [f"{out}: 0 cards of staff"]
    assert out.read_bytes() == b""


def test_what_cannot_be_replaced_is_written_to(filled: Shell) -> None:
    done = run("-c", filled.config, "export", "--book", "customers", "-o", "/dev/stdout")
    assert (done.code, done.err) == (0, "")
    assert done.out.encode() == ALL + b"/dev/stdout: 3 cards of customers\n"


def test_a_new_file_is_for_its_owner_only_and_an_old_one_stays_as_open_as_it_was(
    filled: Shell, tmp_path: Path
) -> None:
    new, old = tmp_path / "new.vcf", tmp_path / "old.vcf"
    old.write_bytes(b"")
    old.chmod(0o640)
    for file in (new, old):
        assert filled("export", "--book", "customers", "--output", file, "--force").code == 0
    assert new.stat().st_mode & 0o777 == 0o600
    assert old.stat().st_mode & 0o777 == 0o640
