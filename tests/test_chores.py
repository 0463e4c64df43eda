"""What is done by the clock: which tasks a night has, and that they do their work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.chores import nightly_tasks
from dirserver.directory import AuditFilter
from dirserver.metrics import Metrics
from dirserver.store.tables import card_version, quality
from tests.directory.acts import put
from tests.directory.standards import with_standards
from tests.organisation import ADMIN, HERE, vcard


def versions(services: Services) -> int:
    """How many versions of cards there are."""
    with services.store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(card_version)) or 0


def with_more(services: Services, text: str) -> Services:
    """The same store with a longer config."""
    path = services.config.path
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return open_services(config.load(path), services.store)


def test_by_default_a_night_has_nothing_to_do_but_to_make_up_for_erasures(
    services: Services,
) -> None:
    assert [task.name for task in nightly_tasks(services)] == ["tidy", "scrub"]


def test_a_night_counts_what_breaks_the_standards_of_books(services: Services) -> None:
    put(services, "anna.vcf", vcard("anna", "Anna"))
    judged = with_standards(services, 'required = ["EMAIL"]')
    first, *_ = nightly_tasks(judged)
    assert (first.name, first.run(lambda: None)) == (
        "quality",
        "1 book with standards looked through",
    )
    with judged.store.reading() as connection:
        counts = connection.execute(select(quality.c.rule, quality.c.cards)).all()
    assert {one.rule: one.cards for one in counts} == {"cards": 1, "breaking": 1, "required": 1}


def test_a_night_makes_a_backup_first_and_prunes_then(
    each_engine: Services, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    for name in ("Anna", "Anna B", "Anna C"):
        put(each_engine, "anna.vcf", vcard("anna", name))
    with each_engine.store.writing() as connection:
        old = datetime.now(UTC) - timedelta(days=100)
        connection.execute(update(card_version).values(at=old))
    more = f'\n[backup]\ndirectory = "{backups}"\n[history]\nkeep = "90d"\n'
    tasks = nightly_tasks(with_more(each_engine, more))
    assert [task.name for task in tasks] == ["backup", "prune", "tidy", "scrub"]
    said = [task.run(lambda: None) for task in tasks]
    assert len(list(backups.iterdir())) == 1
    assert said[1] == "2 old versions deleted"
    assert versions(each_engine) == 1
    with each_engine.directory.reading(ADMIN, HERE) as reading:
        pruned = list(reading.audit(AuditFilter(action="history:prune")))
    assert [one.event.book for one in pruned] == ["customers"]


def test_sources_are_followed_when_they_say_and_a_failure_changes_nothing(
    services: Services, tmp_path: Path
) -> None:
    file = tmp_path / "people.vcf"
    table = f'type = "vcard"\nfile = "{file}"\n'
    text = f'\n[sources.a]\nbook = "customers"\n{table}[sources.b]\nbook = "staff"\n{table}'
    text += f'schedule = "every 4h"\n[sources.c]\nbook = "secret"\n{table}schedule = "never"\n'
    metrics = Metrics()
    followed = with_more(services, text)
    followed.directory.tell = metrics.tell
    first, second = nightly_tasks(followed)[:2]
    assert [(one.name, one.every) for one in (first, second)] == [
        ("source a", None),
        ("source b", timedelta(hours=4)),
    ]
    file.write_bytes(vcard("anna", "Anna"))
    assert second.run(lambda: None) == "1 new, 0 changed, 0 gone, 0 as before"
    file.unlink()
    assert first.run(lambda: None) == f"nothing was changed: {file}: there is no such file"
    failures = metrics.registry.get_sample_value
    assert failures("dirserver_source_failures_total", {"book": "customers"}) == 1
    assert failures("dirserver_source_failures_total", {"book": "staff"}) is None
    with followed.directory.reading(ADMIN, HERE) as reading:
        (told,) = reading.audit(AuditFilter(action="source:fail"))
    assert (told.event.actor, told.event.protocol) == ("dirserver", "nightly")
