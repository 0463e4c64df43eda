"""``python -m tests.benchmarks``: fill books, ask as clients do, print what it cost.

A cell is the median time and the CPU of the server, in milliseconds, per call; with /s, it is
requests a second. What is compared with the target is CPU, or the rate.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

from tests.benchmarks import bulk, cyrus, duplicates, history, ldap, radicale, subjects, versus
from tests.benchmarks.comparing import beside_others, growth, short
from tests.benchmarks.measuring import measure
from tests.benchmarks.process import Subject, machine
from tests.benchmarks.table import Table

_PEERS: dict[str, ModuleType] = {"cyrus": cyrus, "radicale": radicale}
# With more, some of them would take an hour.
_MOST_FOR_PEERS = 10_000


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "subject",
        nargs="?",
        choices=["faces", "history", "import", "ldap", "duplicates"],
        default="faces",
        help="what to measure",
    )
    parser.add_argument(
        "--cards",
        type=lambda text: sorted(map(int, text.split(","))),
        default=[1_000, 10_000, 100_000],
        help="how many cards are in the books: 1000,10000",
    )
    parser.add_argument(
        "--seconds", type=float, help="how long each thing is done: 3, or in each LDAP turn 1"
    )
    parser.add_argument("--turns", type=int, default=5, help="how often each has its LDAP turn")
    parser.add_argument("--only", default="", metavar="NAME", help="only what has NAME in its name")
    parser.add_argument(
        "--peers",
        type=lambda text: [name for name in text.split(",") if name],
        default=list(_PEERS),
        help="measure these beside it: cyrus,radicale",
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep dirserver's books here for the next run"
    )
    options = parser.parse_args()
    if options.seconds is None:
        # There are many of them, five turns of each with each server, and three sizes.
        options.seconds = 1.0 if options.subject == "ldap" else 3.0
    # However it is ended, it leaves no server behind.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit("ended"))
    print(machine())
    if options.subject == "history":
        history.run(options.cards[-1])
        return
    if options.subject == "import":
        bulk.run(options.cards[-1])
        return
    if options.subject == "duplicates":
        duplicates.run(options.cards[-1])
        return
    if options.subject == "ldap":
        versus.run(options.cards, options.seconds, options.turns, options.only)
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        directory = Path(temporary)
        for size in options.cards:
            _fill(directory / str(size), size, options.keep)
        for size in options.cards:
            if size <= _MOST_FOR_PEERS:
                print(f"\n## {size:,} cards, one in 20 with a picture\n")
                _compare(directory / str(size), size, options)
        if len(options.cards) > 1 or options.cards[-1] > _MOST_FOR_PEERS:
            print("\n## dirserver alone\n")
            _compare_sizes(directory, options)


def _fill(directory: Path, size: int, keep: Path | None) -> None:
    kept = directory if keep is None else keep / str(size)
    if not (kept / "dirserver.db").exists():
        kept.mkdir(parents=True, exist_ok=True)
        took = subjects.fill_dirserver(kept, size)
        print(
            f"import of {size:,} cards: {took.p50 / 1000:.1f} s, {took.cpu / 1000:.1f} s of CPU; "
            f"database: {subjects.database_size(kept):.0f} MB"
        )
    if kept != directory:
        shutil.copytree(kept, directory)


def _compare(directory: Path, size: int, options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        # What is left is measured again, so this is a copy.
        copy = shutil.copytree(directory, directory.with_name(f"{size}-compared"))
        found = [stack.enter_context(subjects.dirserver(copy))]
        for name in options.peers:
            peer = _PEERS[name]
            if missing := peer.missing():
                print(f"Without {name}: {missing}")
                continue
            # Of its own, since not every peer runs as the same user.
            own = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            found.append(stack.enter_context(peer.serve(size, own)))
        print(", ".join(subject.version for subject in found), end="\n\n")
        beside_others(found, size, options.seconds, options.only)
        _measure_ldap(found[0], size, options)


def _compare_sizes(directory: Path, options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        found = [
            stack.enter_context(subjects.dirserver(directory / str(size))) for size in options.cards
        ]
        growth(found, options.cards, options.seconds, options.only)


def _measure_ldap(subject: Subject, size: int, options: argparse.Namespace) -> None:
    assert subject.ldap is not None
    directory = ldap.Directory(subject.ldap, size)
    asked = [
        (f"LDAP {name}, {connections}", make, connections)
        for name, make in ldap.OPERATIONS.items()
        for connections in (1, 16)
    ]
    asked = [one for one in asked if options.only.lower() in one[0].lower()]
    if not asked:
        return
    print()
    table = Table(["p50 ms", "CPU ms", "per s"])
    for title, make, connections in asked:
        figure = measure(make(directory, connections), subject, options.seconds)
        values = (figure.p50, figure.cpu, figure.rate)
        table.row(title, [short(value) for value in values])


if __name__ == "__main__":
    main()
