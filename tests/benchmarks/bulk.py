"""``python -m tests.benchmarks import``: many cards at once, into a server that has none.

Beside ``dirserver import`` it is what a stock Radicale has for it: a PUT of the whole book.
"""

from __future__ import annotations

import resource
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

from tests.benchmarks import radicale, subjects
from tests.benchmarks.cards import LOGIN
from tests.benchmarks.process import Subject
from tests.organisation import PASSWORD
from tests.system.secrecy import basic


def run(cards: int) -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        done = subjects.fill_dirserver(directory, cards)
        # Of the command itself, and of each process that it has begun.
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = (directory / "people.vcf").stat().st_size / 1e6
        print(f"{cards} cards, {size:.0f} MB\n")
        ours = _row("dirserver import", cards, done.p50 / 1000, done.cpu / 1000)
        print(f"{'most memory of a process':<28} {memory:9.0f} MB", flush=True)
        peer = directory / "peer"
        peer.mkdir()
        with radicale.serve(0, peer) as subject:
            before, began = subject.cpu_seconds(), time.perf_counter()
            _put_all(subject, directory / "people.vcf")
            seconds, cpu = time.perf_counter() - began, subject.cpu_seconds() - before
        theirs = _row("Radicale, PUT of a book", cards, seconds, cpu)
        ratios = (one / other for one, other in zip(ours, theirs, strict=True))
        print(f"{'ratio of time and of CPU':<28} {' '.join(f'{ratio:9.2f}' for ratio in ratios)}")


def _row(name: str, cards: int, seconds: float, cpu: float) -> tuple[float, float]:
    each = cpu / cards * 1000
    print(f"{name:<28} {seconds:9.1f} s  {cpu:9.1f} s of CPU  {each:6.2f} ms a card", flush=True)
    return seconds, cpu


def _put_all(subject: Subject, file: Path) -> None:
    connection = HTTPConnection(*subject.http, timeout=3600)
    head = {"Authorization": basic(LOGIN, PASSWORD), "Content-Type": "text/vcard; charset=utf-8"}
    with file.open("rb") as body:
        size = str(file.stat().st_size)
        connection.request("PUT", subject.book, body, {**head, "Content-Length": size})
        answer = connection.getresponse()
        said = answer.read()
    if answer.status != 201:
        raise SystemExit(f"Radicale answered {answer.status}: {said.decode(errors='replace')}")
    connection.close()
