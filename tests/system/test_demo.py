"""What `make demo` prints to type next works as it is printed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from select import select

import pytest

ROOT = Path(__file__).parents[2]
NEXT_STEPS = ROOT / "config" / "demo" / "next-steps.txt"
README = ROOT / "README.md"

# What one line of each command's output says.
PROOFS = {
    "ldapsearch": "telephoneNumber: 030/23125 101",
    "curl -s -u alice:alice-demo -X PROPFIND": "<href>/alice/customers/</href>",
    "curl -s -u alice:alice-demo http": "FN:Alice Example",
    ".venv/bin/dirserver -c config/demo.toml search": "Jürgen Müller",
    ".venv/bin/dirserver -c config/demo.toml audit": "imported into customers",
}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Path]:
    """A copy of the project in which `make demo` is running."""
    # The steps are commands of these, and the README does not ask for them before the tests.
    for program in ("ldapsearch", "curl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    folder = tmp_path
    for name in ("Makefile", "pyproject.toml", ".requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "config", folder / "config")
    # The environment is made by the same rule, which a bare checkout tests.
    environment = Path(os.environ.get("VIRTUAL_ENV") or ROOT / ".venv").resolve()
    (folder / ".venv").symlink_to(environment)
    (environment / ".ready").touch()
    with subprocess.Popen(
        ["make", "demo"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            _wait_until_ready(process)
            yield folder
        finally:
            os.killpg(process.pid, signal.SIGINT)


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    heard = ""
    while "dirserver ready" not in heard:
        readable, _, _ = select([process.stdout], [], [], 60)
        line = process.stdout.readline() if readable else ""
        assert line, f"the demo did not start:\n{heard}"
        heard += line


def _commands() -> list[str]:
    """Every command line that the demo or the README gives for it."""
    texts = NEXT_STEPS.read_text() + README.read_text()
    lines = [line.strip() for line in texts.splitlines()]
    return sorted({line for line in lines if line.startswith(tuple(PROOFS))})


def test_every_kind_of_command_is_there() -> None:
    assert {proof for proof in PROOFS if any(line.startswith(proof) for line in _commands())} == (
        set(PROOFS)
    )


def test_every_printed_command_works(demo: Path) -> None:
    """In one test, as the demo's ports are fixed and one process at a time can have them."""
    for line in _commands():
        done = subprocess.run(
            line, shell=True, cwd=demo, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        proof = next(proof for start, proof in PROOFS.items() if line.startswith(start))
        assert proof in done.stdout, line
