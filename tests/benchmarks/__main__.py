"""``python -m tests.benchmarks``: fill a book, ask as clients do, print what it cost."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import bulk, carddav, history, ldap, subjects
from tests.benchmarks.measuring import ask, measure
from tests.benchmarks.process import Subject, machine
from tests.benchmarks.table import Table

_IMPORT = "import from a file"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "subject",
        nargs="?",
        choices=["faces", "history", "import"],
        default="faces",
        help="what to measure",
    )
    parser.add_argument("--cards", type=int, default=10_000, help="how many cards are in the book")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each thing is done")
    parser.add_argument("--only", default="", metavar="NAME", help="only what has NAME in its name")
    parser.add_argument("--peer", choices=["radicale"], help="measure this beside it")
    options = parser.parse_args()
    if options.subject == "history":
        print(machine())
        history.run(options.cards)
        return
    if options.subject == "import":
        print(machine())
        bulk.run(options.cards)
        return
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        print(machine())
        imported = subjects.fill_dirserver(directory, options.cards)
        found = [stack.enter_context(subjects.dirserver(directory))]
        if options.peer:
            peer = directory / "peer"
            peer.mkdir()
            subjects.fill_radicale(peer, options.cards)
            found.append(stack.enter_context(subjects.radicale(peer)))
        print(", ".join(subject.version for subject in found), end="; ")
        print(f"{options.cards} cards, one in 20 with a picture\n")
        table = Table(found)
        if options.only.lower() in _IMPORT:
            table.row(_IMPORT, imported)
        _measure_carddav(table, found, options)
        _measure_ldap(table, found[0], options)
        print()
        for subject in found:
            print(subject.memory())
        print(f"database: {subjects.database_size(directory):.0f} MB")


def _measure_carddav(table: Table, found: list[Subject], options: argparse.Namespace) -> None:
    books = [carddav.Book(subject.http, options.cards) for subject in found]
    for name, make in carddav.OPERATIONS.items():
        if options.only.lower() in name.lower():
            if name == "DELETE":
                # What it takes away must have been brought.
                for book in books:
                    _bring(book)
            pairs = zip(books, found, strict=True)
            table.row(name, *[measure(make(book), one, options.seconds) for book, one in pairs])


def _bring(book: carddav.Book) -> None:
    while len(book.created) < 100:
        ask(book.task(201, script=lambda _: [carddav.put(book.new())]))


def _measure_ldap(table: Table, subject: Subject, options: argparse.Namespace) -> None:
    assert subject.ldap is not None
    directory = ldap.Directory(subject.ldap, options.cards)
    for name, make in ldap.OPERATIONS.items():
        for connections in (1, 16):
            title = f"LDAP {name}, {connections}"
            if options.only.lower() in title.lower():
                task = make(directory, connections)
                table.row(title, measure(task, subject, options.seconds))


if __name__ == "__main__":
    main()
