"""``dirserver history prune``: old versions go."""

from __future__ import annotations

import sqlite3

from tests.cli.shell import Shell


def keep(shell: Shell, span: str) -> None:
    text = shell.config.read_text("utf-8")
    shell.config.write_text(f'{text}\n[history]\nkeep = "{span}"\n', "utf-8")


def test_without_a_span_everything_is_kept(filled: Shell) -> None:
    done = filled("history", "prune")
    assert (done.code, done.err) == (0, "")
    assert done.out == "nothing to do: without keep in [history], all versions are kept for ever\n"
    assert filled("history", "prune", "--json").json()["keep_days"] == 0


def test_old_versions_go_after_a_look(filled: Shell) -> None:
    keep(filled, "2y")
    with sqlite3.connect(filled.config.parent / "test.db") as database:
        database.execute("UPDATE card_version SET at = '2001-01-01 00:00:00'")
        database.execute(
            "INSERT INTO card_version SELECT NULL, addressbook_id, href, key, 0, operation, body, "
            "etag, at, actor, protocol, address, agent, device, batch FROM card_version"
        )
        database.execute(
            "UPDATE card SET version_id = "
            "(SELECT max(id) FROM card_version v WHERE v.key = card.key)"
        )
    done = filled("history", "prune", "--dry-run")
    assert done.lines() == [
        "customers: 3 versions",
        "this was a dry run: 3 versions would be deleted",
    ]
    assert filled("history", "prune").lines() == [
        "customers: 3 versions",
        "done: 3 versions deleted",
    ]
    told = filled("history", "prune", "--json").json()
    assert told == {"dry_run": False, "keep_days": 730, "versions": 0, "books": []}
    (event,) = filled("audit", "--action", "history:prune", "--json").json()
    assert event["detail"].startswith("3 versions from before ")
    assert len(filled("search", "müller", "--json").json()) == 2
