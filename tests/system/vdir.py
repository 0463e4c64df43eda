"""vdirsyncer, set up between a folder of cards and one user's address books."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests import processes
from tests.organisation import PASSWORD
from tests.system.running import RunningServer

_TIMEOUT = 90


def lines(card: bytes | str) -> list[str]:
    """Return the lines of a card; XML knows one kind of line end only, so it keeps no other."""
    text = card.decode() if isinstance(card, bytes) else card
    return text.replace("\r\n", "\n").strip("\n").split("\n")


@dataclass(frozen=True, slots=True)
class Vdirsyncer:
    """One pair: a folder with a folder in it for each book, and the books of a user."""

    directory: Path

    @classmethod
    def between(
        cls,
        directory: Path,
        server: RunningServer,
        login: str,
        *books: str,
        scheme: str = "http",
        ca: Path | None = None,
        password: str = PASSWORD,
        pair: str = "",
        remote: str = "",
    ) -> Vdirsyncer:
        """Configure it for ``books``, or for all that the server has, from the bare URL.

        ``pair`` and ``remote`` are more lines for these sections.
        """
        collections = str(list(books) or ["from b"]).replace("'", '"')
        verify = f'verify = "{ca}"' if ca else ""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "config").write_text(
            f"""
[general]
status_path = "{directory}/status"

[pair contacts]
a = "local"
b = "remote"
collections = {collections}
{pair}

[storage local]
type = "filesystem"
path = "{directory}/books"
fileext = ".vcf"

[storage remote]
type = "carddav"
url = "{server.url(scheme)}/"
username = "{login}"
password = "{password}"
{verify}
{remote}
"""
        )
        return cls(directory)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of it; questions are answered with yes."""
        done = processes.run(
            "-c", self.directory / "config", *arguments,
            stdin=b"y\n" * 20, timeout=_TIMEOUT, module="vdirsyncer",
        )  # fmt: skip
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def discover(self) -> str:
        """Find the books and make folders for them; return what was said."""
        done = self.run("discover")
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def sync(self) -> list[str]:
        """Bring both sides together; return what was done, a line for each card."""
        done = self.run("sync")
        assert done.returncode == 0, done.stderr
        return said(done)

    def folder(self, book: str) -> Path:
        """Return the folder of a book."""
        return self.directory / "books" / book

    def files(self, book: str) -> dict[str, bytes]:
        """Return the cards of a book's folder by their names."""
        return {path.name: path.read_bytes() for path in sorted(self.folder(book).glob("*.vcf"))}

    def forget(self) -> None:
        """Lose the folder and all memory of what was in sync, as a new machine has none."""
        shutil.rmtree(self.directory / "books")
        shutil.rmtree(self.directory / "status")


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what vdirsyncer tells that it has done or could not do to single cards."""
    # It warns of a missing etag whenever it deletes a card with one, so warnings tell nothing.
    verbs = ("Copying", "Deleting", "error:")
    return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith(verbs)]
