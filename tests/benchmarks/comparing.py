"""dirserver beside other servers, and beside itself with other books: one table each."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from tests.benchmarks import carddav
from tests.benchmarks.measuring import Figure
from tests.benchmarks.memory import watched
from tests.benchmarks.process import Subject
from tests.benchmarks.rounds import figures
from tests.benchmarks.table import Table
from tests.benchmarks.targets import BESIDE_CYRUS, GROWTH, LISTINGS, MEMORY, Target

_CYRUS = "Cyrus"
_MEMORY = "peak memory, shared pages once (MB)"
# Beyond this the client may be what holds it up, which a star tells.
_BUSY_CLIENT = 0.8


def beside_others(found: Sequence[Subject], cards: int, seconds: float, only: str) -> None:
    """Print what each costs that clients do, dirserver's part of what Cyrus takes, the target."""
    names = [subject.name for subject in found]
    cyrus = names.index(_CYRUS) if _CYRUS in names else None
    table = Table([*names, "ratio", "target", ""])
    with watched(found) as peaks:
        books = [carddav.Book(subject, cards) for subject in found]
        for name, costs in figures(books, seconds, only):
            target = BESIDE_CYRUS[name]
            shown = [_shown(figure, target) for figure in costs]
            values = [target.value(figure) for figure in costs]
            table.row(name, [*shown, *_judged(values, cyrus, target)])
    if not only:
        table.row(_MEMORY, [*(f"{one:.0f}" for one in peaks), *_judged(peaks, cyrus, MEMORY)])


def _shown(figure: Figure, target: Target) -> str:
    if target.is_rate:
        shown = f"{short(figure.rate)} /s"
    else:
        shown = f"{short(figure.p50)} / {short(figure.cpu)}"
    return shown + " *" * (figure.share > _BUSY_CLIENT)


def _judged(values: Sequence[float], cyrus: int | None, target: Target) -> list[str]:
    if cyrus is None:
        return ["", str(target), ""]
    return _verdict(values[0] / values[cyrus], target)


def _verdict(ratio: float, target: Target) -> list[str]:
    return [f"{ratio:.2f}", str(target), "pass" if target.is_met(ratio) else "MISS"]


def growth(found: Sequence[Subject], sizes: Sequence[int], seconds: float, only: str) -> None:
    """Print what the same costs with books of ``sizes``, the smallest first."""
    table = Table([*(f"{size:,} cards" for size in sizes), "ratio", "target", ""])
    books = [carddav.Book(subject, size) for subject, size in zip(found, sizes, strict=True)]
    with ExitStack() as stack:
        peaks = stack.enter_context(watched(found))
        for name, costs in figures(books, seconds, only):
            if name not in GROWTH:
                table.row(name, [_shown(figure, Target(0)) for figure in costs])
                continue
            fair = sizes[-1] / sizes[0] if name in LISTINGS else 1
            target = Target(GROWTH[name] * fair)
            shown = [_shown(figure, target) for figure in costs]
            table.row(name, [*shown, *_verdict(costs[-1].cpu / costs[0].cpu, target)])
    if not only:
        table.row(_MEMORY, [f"{one:.0f}" for one in peaks])


def short(value: float) -> str:
    """Spell a figure with as many digits as mean something."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
