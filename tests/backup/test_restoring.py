"""What was put back is what was copied, and clients can sync on."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from dirserver.assembly import Services
from dirserver.backup import BackupError
from dirserver.errors import ErasedPerson
from dirserver.model.audit import AuditAction
from dirserver.reconcile import apply_config
from dirserver.store import schema
from dirserver.store.tables import addressbook
from dirserver.store.trail.audit import AuditFilter
from tests.backup.acts import Place, all_but_what_returns_change, make, restore
from tests.backup.conftest import CARD
from tests.directory import persons
from tests.directory.acts import delete, events, get, listing, put, revision, rows
from tests.directory.linked import link, linked, offers
from tests.organisation import ADMIN, HERE, vcard
from tests.store.trail import broken_links

Elsewhere = Callable[[], Place]
REVISIONS = select(addressbook.c.slug, addressbook.c.revision)


@pytest.fixture
def file(filled: Services, tmp_path: Path) -> Path:
    """A backup of the organisation, which is closed then, as it is when a server has stopped."""
    make(filled, tmp_path / "a.backup")
    filled.store.close()
    return tmp_path / "a.backup"


def url_of(services: Services) -> str:
    return services.config.database.url


def test_every_row_comes_back_in_an_empty_database(
    filled: Services, file: Path, elsewhere: Elsewhere
) -> None:
    place = elsewhere()
    assert restore(file, place.url).kept == ""
    found = place.opened()
    assert all_but_what_returns_change(found) == all_but_what_returns_change(filled)
    assert get(found, "anna.vcf")[1] == CARD
    before = events(filled)
    assert events(found)[:-1] == before[:-1]
    assert broken_links(found.store) == []
    # And it is a store like any other.
    apply_config(found, ADMIN, HERE)
    put(found, "next.vcf", vcard("next", "Next Card"))
    delete(found, "anna.vcf")
    assert sorted(listing(found)) == ["bert.vcf", "next.vcf"]
    assert schema.current(found.store) == schema.newest()
    found.store.close()


def test_links_come_back_and_what_they_offer(
    filled: Services, tmp_path: Path, elsewhere: Elsewhere
) -> None:
    link(filled, "customers/anna.vcf", "staff/dora.vcf")
    put(filled, "anna.vcf", CARD.replace(b"END:", b"BDAY:1980-01-01\r\nEND:"))
    make(filled, tmp_path / "a.backup")
    filled.store.close()
    place = elsewhere()
    restore(tmp_path / "a.backup", place.url)
    found = place.opened()
    assert linked(found, "staff/dora.vcf") == ["customers/anna.vcf"]
    (offer,) = offers(found)
    assert [change.after for change in offer.changes] == ["1980-01-01"]
    put(found, "bert.vcf", vcard("bert", "Dora See"), slug="secret")
    assert link(found, "secret/bert.vcf", "customers/bert.vcf") is not None
    found.store.close()


def test_the_return_is_in_the_trail_that_came_back(
    filled: Services, file: Path, elsewhere: Elsewhere
) -> None:
    place = elsewhere()
    digest = restore(file, place.url).archive.digest
    found = place.opened()
    last = events(found)[-1]
    assert last.event.action is AuditAction.BACKUP_RESTORE
    assert last.event.actor == "root"
    assert digest in last.event.detail
    found.store.close()


def test_a_store_that_is_not_empty_is_left_alone(filled: Services, file: Path) -> None:
    put(filled, "later.vcf", vcard("later", "Later Card"))
    filled.store.close()
    with pytest.raises(BackupError, match=r"not empty.*--to.*--force"):
        restore(file, url_of(filled))
    assert "later.vcf" in listing(filled)
    assert events(filled, AuditFilter(action="backup:restore")) == []


def test_by_force_what_was_there_is_kept_beside(filled: Services, file: Path) -> None:
    put(filled, "later.vcf", vcard("later", "Later Card"))
    epoch, before = filled.directory.policy().epoch, revision(filled)
    filled.store.close()
    kept = restore(file, url_of(filled), force=True).kept
    assert sorted(listing(filled)) == ["anna.vcf", "bert.vcf"]
    assert revision(filled) >= before + 1_000_000
    # A server that went on would see that all has changed.
    assert filled.directory.policy().epoch > epoch
    if filled.store.is_sqlite:
        place = Place(filled.config.path, f"sqlite:///{kept}")
        assert ".before-restore-" in place.url
        old = filled.config.path.read_text().replace("sqlite:///test.db", place.url)
        other = filled.config.path.with_name("old.toml")
        other.write_text(old)
        services = Place(other, place.url).opened()
        assert "later.vcf" in listing(services)
        services.store.close()
    else:
        name = kept.removeprefix("schema ")
        statement = text(f"SELECT href FROM \"{name}\".card WHERE href = 'later.vcf'")
        with filled.store.reading() as connection:
            assert connection.scalar(statement) == "later.vcf"


def test_by_force_again_and_again_the_revision_only_grows(filled: Services, file: Path) -> None:
    seen = [revision(filled)]
    for _ in range(3):
        put(filled, f"{len(seen)}.vcf", vcard(f"{len(seen)}", "Some Card"))
        seen.append(revision(filled))
        filled.store.close()
        restore(file, url_of(filled), force=True)
        seen.append(revision(filled))
        assert sorted(listing(filled)) == ["anna.vcf", "bert.vcf"]
    assert seen == sorted(set(seen))


def test_the_incarnation_begins_at_the_revision_of_the_copy(
    filled: Services, file: Path, elsewhere: Elsewhere
) -> None:
    place = elsewhere()
    restore(file, place.url)
    found = place.opened()
    was: dict[object, object] = {row[0]: row[1] for row in rows(filled, REVISIONS)}
    for book in found.directory.policy().books:
        (life,) = book.incarnations
        assert life.revision == was[book.slug]
        assert book.remembers("0", life.revision)
        assert not book.remembers("0", life.revision + 1)
    found.store.close()


def test_a_life_that_was_lost_itself_is_not_remembered(filled: Services, file: Path) -> None:
    """The same file put back twice begins two lives, and what was given out in one is its own."""
    lives = []
    for _ in range(2):
        restore(file, url_of(filled), force=True)
        (book,) = (one for one in filled.directory.policy().books if one.slug == "customers")
        lives.append((book.incarnation, revision(filled)))
        filled.store.close()
    assert book.remembers(*lives[1])
    assert not book.remembers(*lives[0])


def test_a_backup_of_what_was_put_back_remembers_both(
    filled: Services, file: Path, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    first, second = elsewhere(), elsewhere()
    restore(file, first.url)
    found = first.opened()
    make(found, tmp_path / "b.backup")
    found.store.close()
    restore(tmp_path / "b.backup", second.url)
    again = second.opened()
    for book in again.directory.policy().books:
        assert [life.revision for life in book.incarnations] == sorted(
            {life.revision for life in book.incarnations}
        )
        assert len(book.incarnations) == 2
    again.store.close()


def test_a_store_that_somebody_has_open_is_left_alone(filled: Services, file: Path) -> None:
    before = all_but_what_returns_change(filled)
    # That was a connection, which is in the pool now and does nothing.
    for dry_run in (True, False):
        with pytest.raises(BackupError, match=r"in use.*Stop the server"):
            restore(file, url_of(filled), force=True, dry_run=dry_run)
    assert all_but_what_returns_change(filled) == before


def test_a_dry_run_changes_nothing(filled: Services, file: Path, elsewhere: Elsewhere) -> None:
    put(filled, "later.vcf", vcard("later", "Later Card"))
    before = events(filled)
    filled.store.close()
    with pytest.raises(BackupError, match="not empty"):
        restore(file, url_of(filled), dry_run=True)
    planned = restore(file, url_of(filled), dry_run=True, force=True)
    assert "before-restore-" in planned.kept
    then = {book.book: book.cards for book in planned.archive.manifest.contents.books}
    now = {book.book: book.cards for book in planned.replaced}
    assert now == {**then, "customers": then["customers"] + 1}
    assert events(filled) == before
    place = elsewhere()
    assert restore(file, place.url, dry_run=True).kept == ""
    found = place.opened()
    assert schema.current(found.store) == ""
    found.store.close()


def test_a_database_that_was_only_set_up_counts_as_empty(
    filled: Services, file: Path, elsewhere: Elsewhere
) -> None:
    place = elsewhere()
    found = place.opened()
    schema.upgrade(found.store)
    found.store.close()
    assert restore(file, place.url).kept == ""
    found = place.opened()
    assert sorted(listing(found)) == ["anna.vcf", "bert.vcf"]
    found.store.close()


def test_a_copy_goes_into_an_engine_of_its_kind_only(
    filled: Services, file: Path, tmp_path: Path
) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    if filled.store.is_sqlite:
        other = "postgresql+psycopg://nobody@/nothing"
    with pytest.raises(BackupError, match="only be put back into one of its kind"):
        restore(file, other)


def test_a_file_that_is_damaged_beyond_opening_is_set_aside(services: Services) -> None:
    file = services.config.path.with_name("a.backup")
    put(services, "anna.vcf", CARD)
    make(services, file)
    services.store.close()
    database = services.store.file
    whole = database.read_bytes()
    for damage in (b"\0" * 4096 + whole[4096:], b"garbage" * 1000, whole[:5000], whole[:20000]):
        database.write_bytes(damage)
        with pytest.raises(BackupError, match="not empty"):
            restore(file, url_of(services))
        kept = Path(restore(file, url_of(services), force=True).kept)
        assert kept.read_bytes()
        assert get(services, "anna.vcf")[1] == CARD
        services.store.close()
        kept.unlink()


def test_nothing_is_left_beside_the_file(services: Services, tmp_path: Path) -> None:
    make(services, tmp_path / "a.backup")
    services.store.close()
    directory = tmp_path / "new"
    directory.mkdir()
    restore(tmp_path / "a.backup", f"sqlite:///{directory}/new.db")
    assert [path.name for path in directory.iterdir()] == ["new.db"]
    restore(tmp_path / "a.backup", f"sqlite:///{directory}/new.db", force=True)
    kept = sorted(path.name for path in directory.iterdir())
    assert len(kept) == 2
    assert kept[1].startswith("new.db.before-restore-")


def test_what_is_put_back_and_what_is_set_aside_is_for_its_owner_only(
    services: Services, tmp_path: Path
) -> None:
    def readers(file: Path) -> dict[str, int]:
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}

    make(services, tmp_path / "a.backup")
    services.store.close()
    place = tmp_path / "new" / "new.db"
    place.parent.mkdir()
    before = os.umask(0)
    try:
        restore(tmp_path / "a.backup", f"sqlite:///{place}")
        # Of one that others could read, they are not to have a copy, too.
        place.chmod(0o644)
        kept = Path(restore(tmp_path / "a.backup", f"sqlite:///{place}", force=True).kept)
        assert readers(place) == {"new.db": 0o644, kept.name: 0o600}
        place.write_bytes(b"garbage" * 1000)
        damaged = Path(restore(tmp_path / "a.backup", f"sqlite:///{place}", force=True).kept)
        found = readers(place)
    finally:
        os.umask(before)
    assert found == dict.fromkeys(("new.db", kept.name, damaged.name), 0o600)


def test_who_was_erased_since_is_known_and_named(filled: Services, file: Path) -> None:
    # Of cora, who had been deleted before, there is the history only.
    cases = {name: persons.erased(filled, name).case for name in ("Anna Berg", "Cora Wald")}
    filled.store.close()
    found = restore(file, url_of(filled), force=True).erased
    assert {(card.case, card.book, card.href) for card in found.cards} == {
        (cases["Anna Berg"], "customers", "anna.vcf"),
        (cases["Cora Wald"], "customers", "cora.vcf"),
    }
    assert found.is_known
    assert "2 people who were erased are in it" in events(filled)[-1].event.detail
    # The fingerprints are in force.
    with pytest.raises(ErasedPerson):
        put(filled, "again.vcf", CARD, slug="staff")
    filled.store.close()


def test_an_empty_database_knows_of_nobody(
    filled: Services, file: Path, elsewhere: Elsewhere
) -> None:
    restored = restore(file, elsewhere().url)
    assert (restored.erased.cards, restored.erased.is_known) == ((), False)


def test_a_file_of_something_else_is_not_overwritten(services: Services, tmp_path: Path) -> None:
    make(services, tmp_path / "a.backup")
    with sqlite3.connect(tmp_path / "photos.db") as photos:
        photos.execute("CREATE TABLE photo (id)")
    photos.close()
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "a.backup", f"sqlite:///{tmp_path}/photos.db")
