"""``dirserver import``: files of contacts into a book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import FAILED, Failed
from dirserver.cli.history.outcomes import short
from dirserver.cli.intake import meeting
from dirserver.cli.intake.asking import Questions
from dirserver.cli.intake.cardfiles import CardFile, Remark, read_files
from dirserver.cli.intake.intaking import TakenIn, take_in
from dirserver.cli.intake.labelling import Share, books_by_label, shared_out, whole
from dirserver.cli.intake.mapping import Mapped, save_map, warn_of_maps, wishes_of
from dirserver.cli.intake.meeting import Duplicate, shown
from dirserver.cli.intake.recognising import tell_layout
from dirserver.cli.invocation import Invocation
from dirserver.directory import label_of
from dirserver.directory.intake.counting import ImportCount
from dirserver.errors import AccessDenied
from dirserver.exchange.formats.choices import LabelsAs
from dirserver.exchange.formats.layout import Layout, Wishes
from dirserver.exchange.spool import Spool
from dirserver.memory import in_bulk
from dirserver.model.audit import AuditAction
from dirserver.model.duplicates.meeting import Fate, OnDuplicate
from dirserver.model.grant import Privilege

_MOST_REMARKS = 500


@dataclass(frozen=True, slots=True)
class Request:
    """What to import, as it was typed."""

    files: tuple[str, ...]
    book: str
    login: str
    dry_run: bool
    mapped: Mapped
    labels_as: LabelsAs
    on_duplicate: OnDuplicate


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """How it went with one file.

    ``updated``, ``skipped`` and ``added`` are of those who are known already: they went into the
    cards of these, were left alone, or are among the ``new`` nonetheless. ``left_out`` counts
    cards, ``lost`` values of cards that were imported without them.
    """

    file: str
    recognised: Layout
    cards: int
    new: int
    changed: int
    unchanged: int
    updated: int
    skipped: int
    added: int
    left_out: int
    lost: int
    remarks: tuple[Remark, ...]
    duplicates: tuple[Duplicate, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """How an import went. With ``dry_run``, how it would have gone.

    ``batch`` is the number by which it is taken back, if it has changed anything.
    """

    book: str
    dry_run: bool
    batch: int | None
    files: tuple[ImportedFile, ...]


def import_files(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Import the files, in one transaction, and print how it went.

    Raises Failed when nothing was imported; exits with 1 when cards, or values of them, were left
    out.
    """
    asks = request.on_duplicate is OnDuplicate.ASK and not request.dry_run
    questions = Questions(as_json=as_json) if asks else None
    with acting(invocation, request.login) as who:
        with who.reading() as reading:
            label = label_of(
                who.book(reading, request.book, Privilege.SEARCH, AuditAction.CARD_IMPORT).book
            )
        wishes = wishes_of(request.mapped, who.services.config)
        with Spool() as spool:
            files = read_files(request.files, wishes, spool)
            if not as_json:
                for file in files:
                    tell_layout(file.name, file.layout)
            warn_of_maps(request.mapped, files)
            save_map(request.mapped, who.services.config, [file.layout for file in files])
            if request.labels_as is LabelsAs.BOOKS:
                shares = shared_out(files, request.book, books_by_label(who))
            else:
                shares = [whole(file, request.book) for file in files]
            with in_bulk():
                taken = _taken_in(who, request, wishes, files, shares, questions)
            known: dict[str, list[Duplicate]] = {file.name: [] for file in files}
            for one in taken.known:
                known[one.file.name].append(shown(one))
            imported = tuple(
                _imported(file, count, known[file.name])
                for file, count in zip(files, taken.counts, strict=True)
            )
    outcome = Imported(label, request.dry_run, taken.batch, imported)
    if as_json:
        screen.say_json(outcome)
    else:
        _tell(outcome)
    left_out = any(file.left_out for file in outcome.files)
    lost = sum(file.lost for file in outcome.files)
    if left_out:
        screen.complain(_about_left_out(outcome))
    if lost:
        screen.complain(_about_lost(lost, dry_run=outcome.dry_run))
    if left_out or lost:
        raise typer.Exit(FAILED)


def _taken_in(
    who: Acting,
    request: Request,
    wishes: Wishes,
    files: Sequence[CardFile],
    shares: Sequence[Sequence[Share]],
    questions: Questions | None,
) -> TakenIn:
    """Store the cards of all files in one transaction, once all ``questions`` are answered."""
    try:
        if questions is None:
            # A dry run of what would be asked is one of what most would answer.
            asks = request.on_duplicate is OnDuplicate.ASK
            wanted = OnDuplicate.UPDATE if asks else request.on_duplicate
            skips = wanted is OnDuplicate.SKIP
            return take_in(
                who,
                files,
                shares,
                lambda *_: wanted,
                wishes=wishes,
                dry_run=request.dry_run,
                skips=skips,
            )
        take_in(who, files, shares, questions.collect, wishes=wishes, dry_run=True)
        questions.ask()
        return take_in(who, files, shares, questions.answer, wishes=wishes, dry_run=False)
    except AccessDenied as denied:
        raise Failed(
            f"{who.principal.login} may not write to {request.book}: {denied}. Nothing was "
            "imported; add a grant to the config, or leave --as out."
        ) from denied


def _imported(file: CardFile, count: ImportCount, duplicates: Sequence[Duplicate]) -> ImportedFile:
    left_out = {body: _about_erased(case) for body, case in count.erased.items()}
    left_out |= {body: "; ".join(why.reasons) for body, why in count.rejected.items()}
    told = file.without(left_out)
    return ImportedFile(
        file.name,
        file.layout,
        len(file.kept),
        count.created,
        count.updated,
        count.unchanged,
        count.joined,
        count.skipped,
        sum(one.fate is Fate.ADDED for one in duplicates),
        told.left_out,
        told.lost,
        told.remarks,
        tuple(duplicates),
    )


def _about_erased(case: str) -> str:
    return (
        "this person was erased at their own request; if they have consented since: "
        + again.command(f"person readmit {case}")
    )


def _tell(outcome: Imported) -> None:
    for file in outcome.files:
        left_out = f"; {file.left_out} left out" if file.left_out else ""
        left_out += f"; {screen.counted(file.lost, 'value')} lost" if file.lost else ""
        screen.say(
            (file.file, "bold"),
            f": {_number(file.cards)}: {file.new} new, {file.changed} changed, "
            f"{file.unchanged} as before{_of_duplicates(file)}{left_out}",
        )
        # What is missing comes last, where it is seen.
        for imported in (True, False):
            _tell_remarks(file.file, [one for one in file.remarks if one.imported is imported])
        meeting.tell(file.file, file.duplicates, dry_run=outcome.dry_run)
    if outcome.dry_run:
        screen.say(f"this was a dry run: {outcome.book} is as it was")
    elif outcome.batch is not None:
        screen.note(f"To take this back: {again.undo(outcome.batch, by='import')}")


def _of_duplicates(file: ImportedFile) -> str:
    fates = ((file.updated, "updated"), (file.skipped, "skipped"), (file.added, "added"))
    counted = ", ".join(f"{number} {fate}" for number, fate in fates if number)
    return f"; of duplicates: {counted}" if counted else ""


def _tell_remarks(file: str, remarks: Sequence[Remark]) -> None:
    for remark in remarks[:_MOST_REMARKS]:
        _tell_remark(file, remark)
    if len(remarks) > _MOST_REMARKS:
        more = screen.counted(len(remarks) - _MOST_REMARKS, "more card")
        screen.say(f"... and of {more} the like is to be said; all is in --json")


def _tell_remark(file: str, remark: Remark) -> None:
    name = f", {short(remark.name)}" if remark.name else ""
    fate = "" if remark.imported else ("not imported: ", "red")
    for note in remark.notes:
        screen.say(f"{file}:{remark.line}: card {remark.card}{name}: ", fate, note)


def _about_left_out(outcome: Imported) -> str:
    left_out = sum(file.left_out for file in outcome.files)
    kept = sum(
        file.new + file.changed + file.unchanged + file.updated + file.skipped
        for file in outcome.files
    )
    if not kept:
        return "Nothing was imported, for the reasons above."
    be = "would be" if outcome.dry_run else "is" if kept == 1 else "are"
    them = "it" if kept == 1 else "them"
    return (
        f"Not imported, for the reasons above: {left_out}. The other {_number(kept)} {be} in "
        f"{outcome.book}; mend the file and import it again, that changes nothing for {them}."
    )


def _about_lost(lost: int, *, dry_run: bool) -> str:
    lacking = f"Not to be read, for the reasons above: {screen.counted(lost, 'value')}."
    if dry_run:
        return f"{lacking} Mend the file before you import it."
    it = "it" if lost == 1 else "them"
    # By a number, a person without a mail address is known again: just once more is one too many.
    return (
        f"{lacking} The cards are imported without {it}; take the import back, mend the file and "
        "import it again."
    )


def _number(cards: int) -> str:
    return screen.counted(cards, "card")
