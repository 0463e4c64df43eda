"""``dirserver doctor``: is the server in good health?"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from dirserver import config
from dirserver.assembly import open_services
from dirserver.cli.upkeep.remedies import REMEDIES
from dirserver.ldap.diagnosis.reasons import Cause
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.store.trail import audit
from tests.cli.shell import Shell


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def set_up(shell: Shell, port: int, certificate: Path | None = None, more: str = "") -> None:
    """Have the config listen on ``port`` only, with LDAP on none."""
    text = shell.config.read_text(encoding="utf-8")
    text = text.replace("max_hits = 5\n", "max_hits = 5\nlisten = []\n")
    text += f'\n[carddav]\nlisten = ["127.0.0.1:{port}"]\n{more}'
    if certificate is not None:
        text += f'\n[tls]\ncertificate = "{certificate}"\nkey = "{certificate}"\n'
    shell.config.write_text(text, encoding="utf-8")


def certificate(folder: Path, days: int) -> Path:
    """Make a certificate that is good for so long."""
    path = folder / "cert.pem"
    end = datetime.now(UTC) + timedelta(days=days)
    issued = trustme.CA().issue_cert("example.org", not_after=end)
    path.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    path.chmod(0o600)
    return path


def test_a_server_in_good_health_has_nothing_wrong(shell: Shell, port: int, tmp_path: Path) -> None:
    set_up(shell, port, certificate(tmp_path, 60))
    done = shell("doctor")
    assert (done.code, done.err) == (0, "")
    names = [line.split(": ")[0].split() for line in done.lines()]
    assert names == [["ok", one] for one in ("config", "database", "clock", "certificate", "port")]


def test_what_is_wrong_is_said_with_what_to_do(shell: Shell, port: int, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    old = backups / "dirserver-2020-01-01T0230.backup"
    old.touch()
    long_ago = time.time() - 3 * 86400
    os.utime(old, (long_ago, long_ago))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = int(closed.getsockname()[1])
        backup = f'\n[backup]\ndirectory = "{backups}"\n'
        set_up(shell, dead, certificate(tmp_path, 10), backup)
        done = shell("doctor", "--json")
    assert done.code == 1
    wrong = {one["name"]: one for one in done.json() if not one["ok"]}
    assert list(wrong) == ["certificate", "port", "backup"]
    assert wrong["port"]["said"] == f"http://127.0.0.1:{dead}: Connection refused"
    assert "send the server SIGHUP" in done.err
    assert f"make one: {shell.proposed('backup')} FILE" in done.err


def test_a_clock_that_went_back_is_noticed(shell: Shell, port: int) -> None:
    set_up(shell, port)
    services = open_services(config.load(shell.config))
    event = AuditEvent(AuditAction.LOGIN, "alice")
    with services.store.writing() as connection:
        audit.append(connection, [event], datetime.now(UTC) + timedelta(days=1))
    services.close()
    done = shell("doctor")
    assert done.code == 1
    assert "WRONG clock: it is 2" in done.out


def test_a_config_with_faults_is_all_there_is_to_say(shell: Shell) -> None:
    shell.config.write_text("nonsense = 1\n", encoding="utf-8")
    done = shell("doctor", "--json")
    assert done.code == 1
    assert [one["name"] for one in done.json()] == ["config"]


def test_a_database_that_is_not_set_up_is_told_of(unapplied: Shell, port: int) -> None:
    set_up(unapplied, port)
    done = unapplied("doctor")
    assert done.code == 1
    assert "WRONG database" in done.out
    assert unapplied.proposed("apply") in done.err


def test_an_address_that_is_none_is_said(shell: Shell) -> None:
    done = shell("doctor", "ldap", "--client", "reception")
    assert (done.code, done.err) == (
        1,
        "--client reception: that is no address; write it like 10.20.0.31\n",
    )


@pytest.mark.parametrize("cause", list(Cause))
def test_each_cause_is_explained_and_has_a_remedy(cause: Cause) -> None:
    reason, advice = REMEDIES[cause]
    assert reason[0].islower()
    assert reason[-1] != "."
    assert advice[0].isupper()
