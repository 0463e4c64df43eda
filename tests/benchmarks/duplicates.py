"""``python -m tests.benchmarks duplicates``: how well doubles are found, and how fast.

How well, on the FEBRL data sets without their identifying number; how fast, in a book of a crowd
that is stored without what a scan does not read, as the filling is not what is measured.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from statistics import quantiles

from sqlalchemy import text

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.directory import Deriver, Reading
from dirserver.directory.same import duplicates
from dirserver.model.duplicates.facts import Facts, facts_of, seen_fields
from dirserver.model.duplicates.scan import Pair, scan, shared_among
from dirserver.model.duplicates.verdict import Verdict
from dirserver.model.grant import Privilege
from dirserver.model.number import DialPlan
from dirserver.model.vcard import parse_card
from dirserver.reconcile import apply_config
from dirserver.store.writing import Act, NewCard, new_key, store_cards
from tests.benchmarks import febrl
from tests.benchmarks.crowd import Crowd, Member
from tests.benchmarks.subjects import write_config
from tests.organisation import ADMIN, HERE

_LEAST_PRECISION = 0.998
_SURE = (Verdict.CERTAIN, Verdict.LIKELY)
_BATCH = 1000
_SINGLE_CARDS = 500


def run(cards: int) -> None:
    """Measure, and print tables."""
    print("\nFEBRL data sets, without soc_sec_id: certain and likely pairs\n")
    head = f"{'set':8}{'pairs':>7}{'found':>7}{'precision':>11}{'recall':>8}{'at least':>10}"
    print(f"{head}{'splink 5':>10}{'certain':>9}{'false':>7}{'CPU':>9}")
    for name in febrl.SETS:
        _well(name)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        services = open_services(config.load(write_config(Path(directory))))
        apply_config(services, ADMIN, HERE)
        _fast(services, cards)
        services.store.close()


def _well(name: str) -> None:
    rows = febrl.records(name)
    deriver = Deriver(DialPlan("AU"), lambda _fields, _key: b"")
    person = {row.id: row.person for row in rows}
    cards = [_facts(row, deriver) for row in rows]
    started = time.process_time()
    pairs = list(scan(cards, shared_among(cards), _silent))
    seconds = time.process_time() - started
    true = febrl.true_pairs(rows)
    found = _count(pairs, _SURE, person)
    sure = _count(pairs, (Verdict.CERTAIN,), person)
    _, least, best = febrl.SETS[name]
    precision, recall = found[0] / sum(found), found[0] / true
    is_met = precision >= _LEAST_PRECISION and recall >= least and not sure[1]
    print(
        f"{name:8}{true:7}{sum(found):7}{precision:11.4f}{recall:8.3f}{least:10.2f}{best:10.3f}"
        f"{sum(sure):9}{sure[1]:7}{seconds:7.2f} s{'' if is_met else '  BELOW THE BAR'}"
    )


def _facts(row: febrl.Record, deriver: Deriver) -> Facts:
    values = deriver.derive(parse_card(row.card), row.id).values
    said = ((str(field), value) for field, value in values)
    return facts_of(row.id, "", said, seen_fields())


def _count(
    pairs: Sequence[Pair], verdicts: Collection[Verdict], person: dict[str, str]
) -> tuple[int, int]:
    """Return how many pairs with these verdicts are true, and how many are not."""
    asked = [pair for pair in pairs if pair.verdict in verdicts]
    true = sum(person[pair.one] == person[pair.other] for pair in asked)
    return true, len(asked) - true


def _fast(services: Services, cards: int) -> None:
    person = {key: str(member.person) for key, member in _fill(services, cards)}
    before = _megabytes()
    with services.directory.reading(ADMIN, HERE) as reading:
        views = reading.books(Privilege.READ)
        started, busy = time.perf_counter(), time.process_time()
        gathered = duplicates.gather(reading, views, _silent)
        read = time.process_time() - busy
        found = duplicates.compare(gathered, _silent)
        elapsed, busy = time.perf_counter() - started, time.process_time() - busy
        print(f"\n{cards} cards, SQLite: scanned in {elapsed:.1f} s, {busy:.1f} s of CPU", end="")
        print(f" ({read:.1f} s to read), memory {before:.0f} -> {_megabytes():.0f} MB at most")
        for verdict in Verdict:
            true, false = _count(found.pairs, (verdict,), person)
            print(f"  {verdict:9}{true:7} true, {false} false")
        there = person.values()
        print(f"  of {len(person) - len(set(there))} who are there twice")
        del gathered, found
        _single(reading)


def _single(reading: Reading) -> None:
    (view,) = (view for view in reading.books(Privilege.READ) if view.book.slug == "customers")
    hrefs = [card.href for card in reading.listing(view)]
    took = []
    for href in Random(3).sample(hrefs, min(_SINGLE_CARDS, len(hrefs))):
        started = time.thread_time()
        duplicates.twins_of_stored(reading, [view], view, href)
        took.append((time.thread_time() - started) * 1000)
    cuts = quantiles(took, n=100)
    print(
        f"the certain twins of one card, CPU: median {cuts[49]:.2f} ms,"
        f" 99 of 100 in {cuts[98]:.2f} ms, at most {max(took):.2f} ms"
    )


def _fill(services: Services, cards: int) -> Iterator[tuple[str, Member]]:
    """Store the crowd; yield each with the key of the card."""
    deriver = Deriver(DialPlan("DE"), lambda _fields, _key: b"")
    crowd = iter(Crowd(cards))
    with services.directory.writing(ADMIN, HERE) as writing:
        view = writing.book("customers", Privilege.WRITE)
        writing.connection.execute(text("DROP TRIGGER card_created"))
        act = Act("import", "root", HERE, writing.at)
        while batch := list(islice(crowd, _BATCH)):
            new = [_new(member, deriver) for member in batch]
            store_cards(writing.connection, view.book.id, new, act)
            yield from ((one.key, member) for one, member in zip(new, batch, strict=True))


def _new(member: Member, deriver: Deriver) -> NewCard:
    key = new_key()
    derived = replace(deriver.derive(parse_card(member.card), key), beginnings=())
    href = f"{member.uid}.vcf"
    return NewCard(href, key, member.uid, member.card, member.uid, derived, None)


def _silent(_done: int, _total: int) -> None:
    pass


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
