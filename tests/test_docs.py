"""The README is true: its commands run, and every key and option is in it."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer.main

from dirserver.cli.app import app
from dirserver.config.keys import Table, Tables, keys_of
from dirserver.config.schema import Book, Draft, Profile, User
from dirserver.config.schema import Group as GroupSection
from dirserver.config.sources import Source
from tests import processes

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

# Lines that other checks run: make's rules by CI and tests/system/test_demo.py, which also runs
# the lines for the demo.
ELSEWHERE = re.compile(
    r"sudo apt-get install |make (demo|test|bench)$|ldapsearch .* -w alice-demo |curl .*alice-demo"
)


def _shell_lines() -> list[str]:
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


COMMANDS = [
    command.strip()
    for line in _shell_lines()
    if not ELSEWHERE.match(line)
    for command in line.split("&&")
]


def test_the_readme_has_commands() -> None:
    assert len(COMMANDS) > 8
    assert all(command.startswith("dirserver ") for command in COMMANDS), COMMANDS


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a config file and contacts, as the README's reader would have them."""
    folder = tmp_path_factory.mktemp("readme")
    text = (ROOT / "config" / "demo.toml").read_text(encoding="utf-8")
    text = text.replace("sqlite:///../.demo/dirserver.db", "sqlite:///dirserver.db")
    (folder / "dirserver.toml").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "config" / "demo" / "customers.vcf", folder / "contacts.vcf")
    return folder


def test_the_commands_run_one_after_the_other(sandbox: Path) -> None:
    for command in COMMANDS:
        words = shlex.split(command)[1:]
        done = processes.run(*words, cwd=sandbox)
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == 0, f"{command}\n{said}"


def _options(command: Any, name: str = "") -> list[tuple[str, str]]:
    """Return the long options of a command and those below it; Typer's own click has no types."""
    found = [
        (name, max(one.opts, key=len))
        for one in command.params
        if one.param_type_name == "option" and not one.hidden
    ]
    for child, below in getattr(command, "commands", {}).items():
        found += _options(below, f"{name} {child}".strip())
    return found


COMMAND: Any = typer.main.get_command(app)


@pytest.mark.parametrize(("command", "option"), _options(COMMAND))
def test_every_option_is_in_the_readme(command: str, option: str) -> None:
    if option != "--help":
        assert option in README or (option == "--config" and "-c FILE" in README), command


@pytest.mark.parametrize("name", list(COMMAND.commands))
def test_every_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"`{name}[ `]", README)


def _config_keys() -> list[tuple[str, str]]:
    tables: list[tuple[str, type]] = []
    for table in keys_of(Draft).values():
        if isinstance(table.kind, Table):
            tables.append((table.name, table.kind.section))
    tables += [("users", User), ("groups", GroupSection), ("books", Book), ("profiles", Profile)]
    tables += [("sources", Source)]
    return [
        (table, key.name)
        for table, section in tables
        for key in keys_of(section).values()
        if not isinstance(key.kind, Tables)
    ]


@pytest.mark.parametrize(("table", "key"), _config_keys())
def test_every_key_of_the_config_is_in_the_readme(table: str, key: str) -> None:
    assert f"`{key}`" in README or f"`{key}:" in README, f"[{table}] {key}"


def test_no_file_names_the_machine_that_it_was_made_on() -> None:
    folders = ("dirserver", "plugins", "schema", "config", ".ci")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml")]
    for path in files:
        if path.suffix != ".pyc":
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not re.search(r"(?<![\w.])/(tmp|work|root|home)/\w", text), path
