"""A server that cannot serve says why and ends; one that can goes on where it was."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ldap import wire
from tests.system.dav import dav_client
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import made_up
from tests.system.running import (
    NotServing,
    RunningServer,
    run_command,
    running,
    start,
    start_cold,
    wait_until,
)
from tests.system.secrecy import assert_nothing_secret
from tests.system.serving import CUSTOMERS, Authority, write_served


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[RunningServer]:
    """A server of each test's own."""
    with running(write_served(tmp_path, authority)) as found:
        yield found


def test_a_second_server_on_the_same_port_says_so_and_ends(
    authority: Authority, tmp_path: Path, server: RunningServer
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    path = write_served(second, authority)
    taken = f"127.0.0.1:{server.address('ldap').port}"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("127.0.0.1:0", taken, 1), encoding="utf-8")
    with pytest.raises(NotServing) as ended:
        start(path)
    said = str(ended.value)
    assert taken in said
    assert "in use" in said
    assert "exit code 1" in said
    assert "Traceback" not in said
    with dav_client(server.address("http"), "alice") as alice:
        assert alice.get("/alice/staff/nothere.vcf").status == 404


def test_a_reload_while_the_server_is_starting_does_not_end_it(
    authority: Authority, tmp_path: Path
) -> None:
    def reload_early(process: subprocess.Popen[bytes]) -> None:
        status = Path(f"/proc/{process.pid}/status")

        def ignores_hangups() -> bool:
            ignored = re.search(r"SigIgn:\s+([0-9a-f]+)", status.read_text())
            return bool(ignored and int(ignored[1], 16) & 1 << signal.SIGHUP - 1)

        wait_until(ignores_hangups, "the server to take no notice of SIGHUP")
        for _ in range(5):
            process.send_signal(signal.SIGHUP)
            time.sleep(0.02)

    started = start_cold(write_served(tmp_path, authority), starting=reload_early)
    started.reload()
    started.stop()


def test_a_restarted_server_goes_on_where_it_was(
    server: RunningServer,
) -> None:
    def ports(found: RunningServer) -> list[int]:
        return [address.port for address in found.addresses]

    with dav_client(server.address("http"), "alice") as alice:
        etag = alice.put("/alice/staff/a.vcf", made_up("a", "Anna Berg")).etag
        token = alice.sync("/alice/staff/").token()
    text = server.config.read_text(encoding="utf-8")
    for port in ports(server):
        text = text.replace("127.0.0.1:0", f"127.0.0.1:{port}", 1)
    # The order of the listeners in the file is LDAP first, that of the ready line is not.
    server.terminate()
    assert server.wait() == 0
    server.config.write_text(text, encoding="utf-8")
    with running(server.config) as again:
        assert sorted(ports(again)) == sorted(ports(server))
        with dav_client(again.address("http"), "alice") as alice:
            assert alice.get("/alice/staff/a.vcf").etag == etag
            assert alice.sync("/alice/staff/", token).responses() == {}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('members = ["bob"]', 'members = ["bob"', "TOML"),
        ('members = ["bob"]', 'members = ["bob", "nobody"]', "nobody"),
        ("max_hits = 5", 'max_hits = "five"', "max_hits"),
        ("sqlite:///test.db", "sqlite:////nowhere/at/all/test.db", "/nowhere/at/all"),
        ("cert.pem", "nothere.pem", "nothere.pem"),
        ("key.pem", "ca.pem", "ca.pem"),
    ],
)
def test_what_keeps_it_from_serving_is_told_in_words(
    authority: Authority, tmp_path: Path, old: str, new: str, told: str
) -> None:
    path = write_served(tmp_path, authority)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(NotServing) as ended:
        start(path)
    said = str(ended.value)
    assert told in said
    assert "exit code 1" in said
    assert "Traceback" not in said
    assert "bug" not in said
    assert_nothing_secret(said)


def test_a_file_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotServing, match=r"nothere\.toml") as ended:
        start(tmp_path / "nothere.toml")
    assert "Traceback" not in str(ended.value)


def test_what_another_process_imports_is_there_at_once(
    server: RunningServer, tmp_path: Path
) -> None:
    file = tmp_path / "people.vcf"
    file.write_bytes(b"".join(made_up(f"p{at}", f"Person{at} Imported") for at in range(50)))
    with (
        dav_client(server.address("http"), "bob") as bob,
        LDAPConnection(server.address("ldap")) as phone,
    ):
        token = bob.sync("/bob/customers/").token()
        assert phone.bind("bob") == "success"
        done = run_command(server.config, "import", "--book", "customers", str(file))
        assert done.returncode == 0, done.stderr
        assert len(bob.sync("/bob/customers/", token).responses()) == 50
        found, code = phone.ask(wire.search(CUSTOMERS, "(sn=imported)"))
        assert (len(found), code) == (50, "success")
