"""[server] workers: several processes serve as if they were one, and none of them is missed."""

from __future__ import annotations

import os
import re
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.ldap import wire
from tests.organisation import PASSWORD
from tests.system.dav import dav_client
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import made_up
from tests.system.running import Address, RunningServer, run_command, running, wait_until
from tests.system.secrecy import WRONG_PASSWORD
from tests.system.serving import SUFFIX, Authority, write_served

WORKERS = 2


@pytest.fixture(scope="module")
def server(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """Two workers, and what Prometheus reads."""
    path = write_served(tmp_path_factory.mktemp("workers"), authority)
    more = f'\n[server]\nworkers = {WORKERS}\n\n[metrics]\nlisten = ["127.0.0.1:0"]\n'
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    with running(path) as found:
        yield found


def workers_of(server: RunningServer) -> set[int]:
    """Return the pids of the workers that are there now."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return set(map(int, children.read_text(encoding="ascii").split()))


def is_there(pid: int) -> bool:
    """Say whether a process is still running."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def answered_by(server: RunningServer, what: str) -> set[str]:
    """Return the workers whose access log has a line of the kind ``what``."""
    lines = [line for line in server.log.splitlines() if f"event={what} " in line]
    return {found[1] for line in lines if (found := re.search(r"\bworker=(\d+)", line))}


def figures(server: RunningServer) -> str:
    """Return what Prometheus is given."""
    url = next(one for one in server.addresses[::-1] if one.scheme == "http").url
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        return str(answer.read(), "utf-8")


def bind(address: Address, password: str = PASSWORD, login: str = "alice") -> str:
    """Return how a login over a new connection is answered."""
    with LDAPConnection(address) as connection:
        return connection.bind(login, password)


def test_both_faces_are_served_by_every_worker(server: RunningServer) -> None:
    def all_have_answered() -> bool:
        assert bind(server.address("ldap")) == "success"
        with dav_client(server.address("http"), "alice") as alice:
            assert alice.request("OPTIONS", "/alice/").status == 200
        return all(len(answered_by(server, what)) == WORKERS for what in ("ldap", "http"))

    wait_until(all_have_answered, "every worker to answer over both faces")


def test_the_doctor_has_heard_what_every_worker_was_asked(
    server: RunningServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_have_answered() -> bool:
        assert bind(server.address("ldap")) == "success"
        return len(answered_by(server, "ldap")) == WORKERS

    wait_until(all_have_answered, "each worker to have had a login")
    shell = Shell(server.config, capsys, monkeypatch)
    told = shell("doctor", "ldap", "--client", "127.0.0.1", "--limit", "1000", "--json").json()
    binds = [one["operation"] for one in told].count("bind")
    # The log is told of lookups a moment later.
    server.wait_for("operation=bind", times=binds)
    asked = re.findall(r"event=ldap address=127.0.0.1 .*operation=bind", server.log)
    assert binds == len(asked) > 0


def test_what_one_stores_is_found_by_those_of_every_worker(server: RunningServer) -> None:
    asked = wire.search(SUFFIX, "(cn=everywhere*)", size_limit=9, attributes=["cn"])
    with ExitStack() as stack:
        # So many that each worker has some of them.
        phones = [stack.enter_context(LDAPConnection(server.address("ldap"))) for _ in range(16)]
        for phone in phones:
            assert phone.bind("alice") == "success"
        alice = stack.enter_context(dav_client(server.address("http"), "alice"))
        for number in range(4):
            # Asked twice, since the second may be told what was kept of the first.
            for _ in range(2):
                assert {len(phone.ask(asked)[0]) for phone in phones} == {number}
            path = f"/alice/customers/everywhere{number}.vcf"
            card = made_up(f"everywhere{number}", f"Everywhere {number}")
            assert alice.put(path, card).status == 201
    assert len(answered_by(server, "ldap")) == WORKERS


def test_what_one_worker_stores_is_in_the_answers_of_all(server: RunningServer) -> None:
    with dav_client(server.address("http"), "alice") as alice:
        assert alice.put("/alice/customers/w.vcf", made_up("w", "Walter Worker")).status == 201
    for _ in range(10):
        with LDAPConnection(server.address("ldap")) as connection:
            assert connection.bind("alice") == "success"
            found, _ = connection.ask(wire.search(SUFFIX, "(cn=Walter Worker)"))
        assert len(found) == 1


def test_figures_are_of_all_workers_whoever_is_asked(server: RunningServer) -> None:
    def binds() -> float:
        line = r'dirserver_requests_total\{code="success",face="ldap"\} (\S+)'
        found = re.search(line, figures(server))
        return 0.0 if found is None else float(found[1])

    before = binds()
    for _ in range(10):
        assert bind(server.address("ldap")) == "success"
    wait_until(lambda: binds() == before + 10, "all logins to be counted")
    assert {binds() for _ in range(10)} == {before + 10}


def test_a_password_is_guessed_no_oftener_than_from_one_process(server: RunningServer) -> None:
    address = server.address("ldap")
    # So many are free, and no worker alone has seen them all.
    for _ in range(5):
        assert bind(address, WRONG_PASSWORD, "carol") == "invalidCredentials"
    # Whichever worker is asked, there is a wait now.
    assert {bind(address, PASSWORD, "carol") for _ in range(10)} == {"invalidCredentials"}


def test_a_worker_that_is_killed_is_replaced_and_nobody_is_turned_away(
    server: RunningServer,
) -> None:
    victim, *_ = before = sorted(workers_of(server))
    os.kill(victim, signal.SIGKILL)
    for _ in range(20):
        # The socket is the supervisor's: a connection that the dead one took is lost, no other.
        with suppress(ConnectionError, EOFError, AssertionError):
            bind(server.address("ldap"))
    server.wait_for("worker ready")
    after = workers_of(server)
    assert len(after) == WORKERS
    assert set(before) & after == set(before) - {victim}
    assert bind(server.address("ldap")) == "success"


def test_a_new_config_reaches_all(server: RunningServer) -> None:
    text = server.config.read_text(encoding="utf-8")
    changed = text.replace('name = "Customers"', 'name = "Clients"')
    server.config.write_text(changed, encoding="utf-8")
    applied = server.log.count("config applied")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("config applied", times=applied + WORKERS)
    for _ in range(10):
        with LDAPConnection(server.address("ldap")) as connection:
            assert connection.bind("alice") == "success"
            found, _ = connection.ask(wire.search(f"ou=customers,{SUFFIX}", "(ou=Clients)"))
        assert found == [f"ou=customers,{SUFFIX}"]


def test_no_worker_outlives_the_server(authority: Authority, tmp_path: Path) -> None:
    path = write_served(tmp_path, authority)
    more = f"\n[server]\nworkers = {WORKERS}\n"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    with running(path) as found:
        stopped = workers_of(found)
        found.terminate()
        assert found.wait() == 0
        assert not any(map(is_there, stopped))
    with running(path) as found:
        orphans = workers_of(found)
        assert len(orphans) == WORKERS
        found.process.send_signal(signal.SIGKILL)
        wait_until(lambda: not any(map(is_there, orphans)), "the workers to end")
        found.process.wait(10)


def test_what_keeps_the_server_from_serving_is_told_once(
    authority: Authority, tmp_path: Path
) -> None:
    path = write_served(tmp_path, authority)
    text = path.read_text(encoding="utf-8").replace("cert.pem", "key.pem")
    path.write_text(f"{text}\n[server]\nworkers = {WORKERS}\n", encoding="utf-8")
    done = run_command(path, "serve")
    assert done.returncode == 1
    assert done.stderr.decode().count("[tls]") == 1
