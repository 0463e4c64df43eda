"""``dirserver import``: files of contacts into a book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from dirserver.cli import screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.cardfiles import CardFile, Remark, read_files
from dirserver.cli.failure import FAILED, Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.labelling import Share, books_by_label, shared_out, whole
from dirserver.cli.mapping import Mapped, save_map, wishes_of
from dirserver.cli.recognising import tell_layout
from dirserver.directory import label_of
from dirserver.directory.counting import ImportCount
from dirserver.directory.importing import import_cards
from dirserver.errors import AccessDenied
from dirserver.exchange.formats.choices import LabelsAs
from dirserver.exchange.formats.layout import Layout
from dirserver.exchange.spool import Spool
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege


@dataclass(frozen=True, slots=True)
class Request:
    """What to import, as it was typed."""

    files: tuple[str, ...]
    book: str
    login: str
    dry_run: bool
    mapped: Mapped
    labels_as: LabelsAs


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """How it went with one file."""

    file: str
    recognised: Layout
    cards: int
    new: int
    changed: int
    unchanged: int
    left_out: int
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """How an import went. With ``dry_run``, how it would have gone."""

    book: str
    dry_run: bool
    files: tuple[ImportedFile, ...]


class _Enough(Exception):
    """Breaks the transaction of a dry run off, once its outcome is known."""


def import_files(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Import the files, in one transaction, and print how it went.

    Raises Failed when nothing was imported; exits with 1 when some cards were left out.
    """
    with acting(invocation, request.login) as who:
        with who.reading() as reading:
            label = label_of(
                who.book(reading, request.book, Privilege.SEARCH, AuditAction.CARD_IMPORT).book
            )
        wishes = wishes_of(request.mapped, who.services.config.organisation)
        with Spool() as spool:
            files = read_files(request.files, wishes, spool)
            if not as_json:
                for file in files:
                    tell_layout(file.name, file.layout)
            save_map(request.mapped.save_to, [file.layout for file in files])
            if request.labels_as is LabelsAs.BOOKS:
                shares = shared_out(files, request.book, books_by_label(who))
            else:
                shares = [whole(file, request.book) for file in files]
            counts = _store(who, request, files, shares)
            imported = tuple(map(_imported, files, counts))
    outcome = Imported(label, request.dry_run, imported)
    if as_json:
        screen.say_json(outcome)
    else:
        _tell(outcome)
    if any(file.left_out for file in outcome.files):
        screen.complain(_about_left_out(outcome))
        raise typer.Exit(FAILED)


def _store(
    who: Acting, request: Request, files: Sequence[CardFile], shares: Sequence[Sequence[Share]]
) -> list[ImportCount]:
    """Store the cards of all files in one transaction, and return how it went with each."""
    counts: list[ImportCount] = []
    total = sum(len(share.bodies) for each in shares for share in each)
    done = 0
    try:
        with screen.progress(f"importing into {request.book}") as advance, who.writing() as writing:
            for file, each in zip(files, shares, strict=True):
                counts.append(ImportCount())
                for share in each:
                    now = ImportCount()
                    for now in import_cards(writing, share.book, file.name, share.bodies):
                        advance(done + now.total, total)
                    done += now.total
                    counts[-1].add(now)
            if request.dry_run:
                raise _Enough
    except _Enough:
        pass
    except AccessDenied as denied:
        raise Failed(
            f"{who.principal.login} may not write to {request.book}: {denied}. Nothing was "
            "imported; add a grant to the config, or leave --as out."
        ) from denied
    return counts


def _imported(file: CardFile, count: ImportCount) -> ImportedFile:
    left_out = {body: _about_erased(case) for body, case in count.erased.items()}
    left_out |= {body: "; ".join(why.reasons) for body, why in count.rejected.items()}
    file = file.without(left_out)
    return ImportedFile(
        file.name,
        file.layout,
        len(file.kept),
        count.created,
        count.updated,
        count.unchanged,
        file.left_out,
        file.remarks,
    )


def _about_erased(case: str) -> str:
    return (
        "this person was erased at their own request; if they have consented since: "
        f"dirserver person readmit {case}"
    )


def _tell(outcome: Imported) -> None:
    for file in outcome.files:
        left_out = f"; {file.left_out} left out" if file.left_out else ""
        screen.say(
            (file.file, "bold"),
            f": {_number(file.cards)}: {file.new} new, {file.changed} changed, "
            f"{file.unchanged} as before{left_out}",
        )
        # What is missing comes last, where it is seen.
        for remark in sorted(file.remarks, key=lambda remark: not remark.imported):
            _tell_remark(file.file, remark)
    if outcome.dry_run:
        screen.say(f"this was a dry run: {outcome.book} is as it was")


def _tell_remark(file: str, remark: Remark) -> None:
    name = f", {remark.name}" if remark.name else ""
    fate = "" if remark.imported else ("not imported: ", "red")
    for note in remark.notes:
        screen.say(f"{file}:{remark.line}: card {remark.card}{name}: ", fate, note)


def _about_left_out(outcome: Imported) -> str:
    left_out = sum(file.left_out for file in outcome.files)
    kept = sum(file.new + file.changed + file.unchanged for file in outcome.files)
    if not kept:
        return "Nothing was imported, for the reasons above."
    be = "would be" if outcome.dry_run else "is" if kept == 1 else "are"
    them = "it" if kept == 1 else "them"
    return (
        f"Not imported, for the reasons above: {left_out}. The other {_number(kept)} {be} in "
        f"{outcome.book}; mend the file and import it again, that changes nothing for {them}."
    )


def _number(cards: int) -> str:
    return f"{cards} card{'' if cards == 1 else 's'}"
