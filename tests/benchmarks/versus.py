"""``python -m tests.benchmarks ldap``: lookups over LDAP beside slapd, and what is wanted."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks import libldap, slapd, subjects, together
from tests.benchmarks.crowds import Outcome, by_turns
from tests.benchmarks.libldap import LibraryError
from tests.benchmarks.lookups import CHINESE, WORKLOADS, Workload, connected
from tests.benchmarks.process import Subject

_COLUMNS = ("dirserver", "anew", "slapd", "ratio", "anew", "target", "again/anew", "ms", "slapd ms")
# Serves without keeping answers: all it is asked is new to it.
_UNKEPT = "tests.benchmarks.unkept"
_NAME_WIDTH = 42
_CONNECTIONS = (1, 16)
_CHINESE_MS = 2.0
# Of the questions, so many find as many entries with every server.
_AGREED = 0.85


def run(sizes: Sequence[int], seconds: float, turns: int, only: str) -> None:
    """Measure at each of ``sizes``, and print a table for each."""
    if not libldap.is_there():
        raise SystemExit("libldap is not installed (Debian: apt-get install libldap-2.5-0).")
    print("Operations a second of the server's processor time; medians of", turns, "turns.")
    print("Each question comes up again and again; anew: of a server that keeps no answers.")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            _run(Path(directory), size, seconds, turns, only)


def _run(directory: Path, size: int, seconds: float, turns: int, only: str) -> None:
    subjects.fill_dirserver(directory, size)
    with ExitStack() as stack:
        own = stack.enter_context(subjects.dirserver(directory))
        anew = stack.enter_context(subjects.dirserver(directory, module=_UNKEPT))
        found = [own, anew, *stack.enter_context(_peer(directory, own))]
        versions = dict.fromkeys(subject.version for subject in found)
        print(f"\n{size} entries: {', '.join(versions)}\n")
        _line("operation, connections", _COLUMNS)
        _line("-" * _NAME_WIDTH, ["-" * 11 + ":"] * len(_COLUMNS))
        for workload in WORKLOADS:
            titles = {each: f"{workload.name}, {each}" for each in _CONNECTIONS}
            wanted = {at: title for at, title in titles.items() if only.lower() in title.lower()}
            if wanted and len(found) > 2:
                _compare_hits(workload, found, size)
            for connections, title in wanted.items():
                outcomes = _measured(workload, found, size, connections, turns, seconds)
                if outcomes:
                    _line(title, _cells(outcomes, workload.targets.get(size)))
        for workload in CHINESE:
            if only.lower() in workload.name.lower():
                outcomes = _measured(workload, [anew], size, 1, turns, seconds)
                if outcomes:
                    _line(f"{workload.name}, ms", _time_cells(outcomes[0]))
        if not only:
            print()
            together.lookups_a_second([own, anew], size, turns, seconds)
            together.beside_a_sync(own, size, turns * seconds)
            together.two_workers(directory, anew, _UNKEPT, size, turns, seconds)


@contextmanager
def _peer(directory: Path, own: Subject) -> Iterator[list[Subject]]:
    """Serve the same entries with slapd, if there is one."""
    folder = directory / "slapd"
    folder.mkdir()
    try:
        slapd.fill(folder, own)
    except slapd.Unavailable as missing:
        print(missing)
        yield []
        return
    with slapd.serving(folder) as subject:
        yield [subject]
    shutil.rmtree(folder)


def _compare_hits(workload: Workload, found: Sequence[Subject], size: int) -> None:
    """See to it that the servers do the same work: each question finds as much with all of them.

    For a few, the first may find more: it knows more ways to write a name or a number.
    """
    if workload.hits is None:
        return
    hits = []
    for subject in found:
        connection = connected(subject)
        hits.append(workload.hits(connection, size))
        connection.close()
    asked = list(zip(*hits, strict=True))
    agreed = sum(len(set(each)) == 1 for each in asked)
    is_less = any(max(each) > each[0] for each in asked)
    if is_less or agreed < _AGREED * len(asked) or not sum(hits[0]):
        raise SystemExit(f"{workload.name}: the servers do not find the same: {hits}")


def _measured(
    workload: Workload,
    found: Sequence[Subject],
    size: int,
    connections: int,
    turns: int,
    seconds: float,
) -> list[Outcome]:
    try:
        return by_turns(workload, found, size, connections, turns=turns, seconds=seconds)
    except LibraryError as error:
        print(f"{workload.name} is left out: {error}")
        return []


def _cells(outcomes: Sequence[Outcome], target: float | None) -> list[str]:
    own, anew, *others = outcomes
    cells = [f"{own.per_cpu:.0f}", f"{anew.per_cpu:.0f}"]
    if others:
        peer = others[0].per_cpu
        ratios = [one.per_cpu / peer for one in (own, anew)]
        cells += [f"{peer:.0f}", *(f"{ratio:.2f}" for ratio in ratios)]
        said = "" if target is None else "/".join(_said(ratio >= target) for ratio in ratios)
        cells += ["" if target is None else f"{target}", said]
    else:
        cells += [""] * 5
    return [*cells, *(f"{one.quantile(0.5):.2f}" for one in (own, *others))]


def _said(is_reached: bool) -> str:
    return "pass" if is_reached else "MISS"


def _time_cells(anew: Outcome) -> list[str]:
    took = 1000 / anew.per_cpu
    said = _said(took < _CHINESE_MS)
    return ["", f"{took:.2f}", "", "", "", f"{_CHINESE_MS}", said, f"{anew.quantile(0.5):.2f}"]


def _line(name: str, cells: Sequence[str]) -> None:
    padded = [*cells, *[""] * (len(_COLUMNS) - len(cells))]
    print(f"| {name:<{_NAME_WIDTH}} | {' | '.join(f'{cell:>12}' for cell in padded)} |")
    sys.stdout.flush()
