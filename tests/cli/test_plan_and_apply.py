"""``plan`` shows what ``apply`` then does."""

from __future__ import annotations

from datetime import datetime

from tests.cli.shell import Shell, run_on_terminal
from tests.organisation import password_hash

FIRST = [
    "+ user alice: Alice Example <alice@example.org>",
    "+ user bob: Bob Example <bob@example.org>",
    "+ user carol: Carol Example <carol@example.org>",
    "+ user dave: Dave Example <dave@example.org>",
    "+ user erin: Erin Example <erin@example.org>",
    "+ group sales: Sales, members bob",
    "+ group support: Support, members carol",
    "+ book customers: Customers",
    "+ grant on customers to alice: manage",
    "+ grant on customers to anonymous: search from 10.20.0.0/16",
    "+ grant on customers to dave: search",
    "+ grant on customers to group sales: write",
    "+ grant on customers to group support: read without BDAY, NOTE, ORG",
    "+ book secret: Secret",
    "+ grant on secret to alice: manage",
    "+ book staff: Staff",
    "+ grant on staff to alice: write",
    "+ grant on staff to everyone: read",
]


def _change(shell: Shell, *changes: tuple[str, str]) -> None:
    text = shell.config.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    shell.config.write_text(text)


def test_plan_shows_what_apply_does_on_each_engine(on_each_engine: Shell) -> None:
    planned = on_each_engine("plan")
    assert planned.code == 0
    assert planned.lines() == [
        *FIRST,
        f"nothing is changed yet; to do this: {on_each_engine.proposed('apply')}",
    ]
    applied = on_each_engine("apply")
    assert applied.code == 0
    assert applied.lines() == [*FIRST, "done: dirserver.toml is applied"]
    for words in (["plan"], ["apply"]):
        done = on_each_engine(*words)
        assert done.code == 0
        assert done.lines() == ["nothing to do: the database agrees with dirserver.toml"]


def test_a_look_leaves_no_database_behind(unapplied: Shell) -> None:
    assert unapplied("plan").code == 0
    assert not (unapplied.config.parent / "test.db").exists()


def test_changes_are_signed_like_a_diff(shell: Shell) -> None:
    _change(
        shell,
        ('name = "Bob Example"', 'name = "Bob Builder"'),
        ('members = ["carol"]', 'members = ["dave"]'),
        ('[books.secret]\nname = "Secret"', '[books.public]\nname = "Public"'),
    )
    assert shell("plan").lines() == [
        '~ user bob: name "Bob Example" -> "Bob Builder"',
        "~ group support: dave joins, carol leaves",
        "+ book public: Public",
        "+ grant on public to alice: manage",
        "- book secret: archived (invisible, but kept)",
        f"nothing is changed yet; to do this: {shell.proposed('apply')}",
    ]


def test_a_changed_password_is_told_of_but_not_its_hash(shell: Shell) -> None:
    _change(shell, ('mail = "bob@example.org"\npassword_hash', 'mail = "b@example.org"\n#'))
    done = shell("apply")
    assert done.lines()[0] == (
        '~ user bob: mail "bob@example.org" -> "b@example.org", another password'
    )
    everything = done.out + shell("audit").out + shell("audit", "--json").out
    assert password_hash() not in everything


def test_scripts_can_ask_whether_there_are_changes(shell: Shell) -> None:
    assert shell("plan", "--exit-code").code == 0
    _change(shell, ('name = "Bob Example"', 'name = "Bob Builder"'))
    assert shell("plan").code == 0
    assert shell("plan", "--exit-code").code == 2
    assert shell("plan", "--exit-code", "--json").code == 2


def test_programs_are_told_what_changes(shell: Shell) -> None:
    assert shell("plan", "--json").json() == {
        "file": "dirserver.toml",
        "applied": False,
        "changes": [],
        "kept": [],
        "reindexed": 0,
    }
    _change(shell, ('to = "dave",', 'to = "erin",'))
    changes = [
        {
            "sign": "-",
            "action": "grant:remove",
            "book": "customers",
            "text": "grant on customers to dave: search",
        },
        {
            "sign": "+",
            "action": "grant:add",
            "book": "customers",
            "text": "grant on customers to erin: search",
        },
    ]
    assert shell("plan", "--json").json()["changes"] == changes
    applied = shell("apply", "--json").json()
    assert applied == {
        "file": "dirserver.toml",
        "applied": True,
        "changes": changes,
        "kept": [],
        "reindexed": 0,
    }


def test_a_file_with_faults_changes_nothing(shell: Shell) -> None:
    _change(shell, ('to = "dave",', 'to = "frank",'), ('name = "Bob Example"', 'name = "B"'))
    for words in (["plan"], ["apply"], ["apply", "--json"]):
        done = shell(*words)
        assert done.code == 1
        assert 'there is no user "frank"' in done.err
        assert done.out == ""
    _change(shell, ('to = "frank",', 'to = "dave",'))
    assert shell("plan").lines()[0].startswith("~ user bob")


def test_another_country_has_the_cards_indexed_anew(filled: Shell) -> None:
    assert "  Ben Østergaard  " in filled("search", "0049171392").lines()[1]
    _change(filled, ('country = "DE"', 'country = "AT"'))
    assert filled("plan").lines()[0] == "~ 3 cards are indexed anew"
    done = filled("apply")
    assert done.lines() == ["~ 3 cards are indexed anew", "done: dirserver.toml is applied"]
    assert "  Ben Østergaard  " in filled("search", "0043171392").lines()[1]


def test_indexing_anew_shows_a_bar_on_a_terminal(filled: Shell) -> None:
    _change(filled, ('country = "DE"', 'country = "AT"'))
    code, shown = run_on_terminal("-c", filled.config, "apply")
    assert code == 0
    assert "indexing cards anew" in shown
    assert "3/3" in shown
    assert "done: dirserver.toml is applied" in shown


def test_colours_are_for_terminals(unapplied: Shell) -> None:
    code, shown = run_on_terminal("-c", unapplied.config, "plan")
    assert code == 0
    assert "\x1b[32m+ user alice" in shown
    code, shown = run_on_terminal("-c", unapplied.config, "plan", env={"NO_COLOR": "1"})
    assert code == 0
    assert "+ user alice" in shown
    assert "\x1b[" not in shown
    assert "\x1b[" not in unapplied("plan").out


def test_who_applied_what_is_in_the_audit_trail(shell: Shell) -> None:
    _change(shell, ('name = "Bob Example"', 'name = "Bob Builder"'))
    began = datetime.now().astimezone()
    assert shell("apply").code == 0
    change, config = shell("audit", "--limit", "2", "--json").json()
    assert (change["action"], config["action"]) == ("user:change", "config:apply")
    assert change["detail"] == 'user bob: name "Bob Example" -> "Bob Builder"'
    assert change["protocol"] == "cli"
    assert abs(datetime.fromisoformat(change["at"]) - began).total_seconds() < 30
