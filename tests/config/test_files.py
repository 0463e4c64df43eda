"""The file itself, and the files that it names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.config import Config, load
from dirserver.errors import ConfigError

Faults = Callable[[str], list[str]]
Read = Callable[[str], Config]

NOT_TOML = {
    "[users.alice]\nname = Alice": (
        "line 2, column 8: this is not TOML: Invalid value; text stands in quotes, true and false"
        " in small letters"
    ),
    "[ldap]\nanonymous = true\nanonymous = false\n": (
        "line 3, column 18: this is not TOML: Cannot overwrite a value; the same key stands there"
        " twice"
    ),
    "[ldap\nmax_hits = 5": "line 1, column 6: this is not TOML: ",
    'x = """': "at the end: this is not TOML: ",
    f"x = {'9' * 5000}": "this is not TOML: Exceeds the limit",
}


def refusal(path: Path) -> str:
    """Return the only fault of the file at ``path``."""
    with pytest.raises(ConfigError) as refused:
        load(path)
    (fault,) = refused.value.faults
    assert fault == str(refused.value)
    return fault


@pytest.mark.parametrize(("text", "expected"), NOT_TOML.items())
def test_what_is_not_toml_is_refused_where_it_stands(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "dirserver.toml"
    path.write_text(text, "utf-8")
    assert refusal(path).startswith(f"{path}: {expected}")


def test_lists_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "dirserver.toml"
    path.write_text(f"x = {'[' * 100_000}", "utf-8")
    assert refusal(path) == f"{path}: lists and tables are nested too deeply"


def test_a_missing_file_is_refused_saying_what_to_do() -> None:
    assert refusal(Path("no/dirserver.toml")) == (
        "no/dirserver.toml: there is no such file; name another with -c, or begin with a copy of"
        " dirserver.example.toml"
    )


def test_a_directory_is_refused_saying_what_is_needed(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        f"{tmp_path}: is a directory; it must be a file that the user who runs dirserver may read"
    )


def test_latin_1_is_refused_naming_the_line(tmp_path: Path) -> None:
    path = tmp_path / "dirserver.toml"
    path.write_bytes('[organisation]\nname = "Müller"\n'.encode("latin-1"))
    assert refusal(path) == f"{path}: line 2 is not UTF-8; save the file as UTF-8"


def test_utf_16_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dirserver.toml"
    path.write_text("[organisation]", "utf-16")
    assert refusal(path) == f"{path}: the file is in UTF-16; save it as UTF-8"


def test_a_byte_order_mark_does_no_harm(read: Read) -> None:
    assert read("\ufeff[ldap]\nmax_hits = 7").ldap.max_hits == 7


def test_the_file_may_have_the_line_ends_of_windows(read: Read) -> None:
    assert read("[ldap]\r\nmax_hits = 7\r\n").ldap.max_hits == 7


def test_files_are_found_beside_the_configuration(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cert.pem").touch()
    (tmp_path / "key.pem").touch()
    read(f'[tls]\ncertificate = "cert.pem"\nkey = "{tmp_path}/key.pem"')
    monkeypatch.chdir("/")
    tls = load(tmp_path / "dirserver.toml").tls
    assert tls is not None
    assert (tls.certificate, tls.key) == (tmp_path / "cert.pem", tmp_path / "key.pem")


def test_a_certificate_that_cannot_be_read_is_refused(faults: Faults, tmp_path: Path) -> None:
    assert faults('[tls]\ncertificate = "cert.pem"\nkey = "."') == [
        f'[tls] certificate = "cert.pem": {tmp_path}/cert.pem cannot be read: no such file or'
        " directory",
        f'[tls] key = ".": {tmp_path} cannot be read: is a directory',
    ]


def test_a_link_to_itself_is_refused(faults: Faults, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert faults('[database]\npassword_file = "loop"') == [
        f'[database] password_file = "loop": {tmp_path}/loop cannot be read: too many levels of'
        " symbolic links"
    ]


def test_a_password_file_completes_the_url(read: Read, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("ge@h/eim:\n", "utf-8")
    config = read('[database]\nurl = "postgresql://me@db:5433/x?a=b"\npassword_file = "password"')
    assert config.database.url == "postgresql+psycopg://me:ge%40h%2Feim%3A@db:5433/x?a=b"
    assert "eim" not in repr(config)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:///x.db", "an SQLite database has no password; leave password_file out"),
        (
            "postgresql://db/x",
            "a password_file needs a user in the URL, as in postgresql://USER@HOST/...",
        ),
        (
            "postgresql://me:other@db/x",
            "there is a password in the URL and a password_file; leave one of them out",
        ),
    ],
)
def test_a_password_file_needs_a_place_in_the_url(
    faults: Faults, tmp_path: Path, url: str, sentence: str
) -> None:
    (tmp_path / "password").write_text("geheim", "utf-8")
    assert faults(f'[database]\nurl = "{url}"\npassword_file = "password"') == [
        f'[database] password_file = "{tmp_path}/password": {sentence}'
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\n", "expected a file whose only line is the password"),
        (b"one\ntwo\n", "expected a file whose only line is the password"),
        (b"\xff", "the file cannot be read as UTF-8 text"),
    ],
)
def test_a_password_file_holds_one_password(
    faults: Faults, tmp_path: Path, content: bytes, sentence: str
) -> None:
    (tmp_path / "password").write_bytes(content)
    text = '[database]\nurl = "postgresql://me@db/x"\npassword_file = "password"'
    assert faults(text) == [f'[database] password_file = "{tmp_path}/password": {sentence}']


def test_a_password_file_is_left_alone_while_the_url_is_at_fault(
    faults: Faults, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("geheim", "utf-8")
    assert len(faults('[database]\nurl = "postgresql://me@db"\npassword_file = "password"')) == 1


def test_a_question_mark_on_the_way_to_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "really?" / "dirserver.toml"
    path.parent.mkdir()
    path.write_text('[organisation]\nname = "E"\ndomain = "e.org"\ncountry = "DE"', "utf-8")
    assert refusal(path) == (
        f'{path}: [database] url = "sqlite:///dirserver.db": no ? can be in the path of an SQLite'
        f" database, which is {path.parent}/dirserver.db"
    )


@settings(deadline=None)
@given(content=st.binary() | st.text().map(str.encode))
def test_any_file_without_an_organisation_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        load(path)
