"""``dirserver serve``: when it is ready, what a signal does, why it does not start."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import run
from tests.organisation import PASSWORD, password_hash, write_config
from tests.system.ldapsocket import LDAPConnection
from tests.system.running import RunningServer, running
from tests.system.secrecy import basic

FRANK = f'[users.frank]\nname = "Frank"\npassword_hash = "{password_hash()}"\n'


def on_free_ports(directory: Path) -> Path:
    """Write the organisation's config, which listens wherever there is room."""
    path = write_config(directory, ldap='listen = ["127.0.0.1:0"]')
    with path.open("a") as file:
        file.write('\n[carddav]\nlisten = ["127.0.0.1:0"]\n')
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server process, stopped in the end."""
    with running(on_free_ports(tmp_path)) as found:
        yield found


def may_log_in(server: RunningServer, login: str) -> bool:
    """Whether a user gets in, which both faces must agree on."""
    http_address = server.address("http")
    connection = http.client.HTTPConnection(http_address.host, http_address.port, timeout=30)
    headers = {"Authorization": basic(login, PASSWORD), "Depth": "0"}
    connection.request("PROPFIND", f"/{login}/", headers=headers)
    status = connection.getresponse().status
    connection.close()
    assert status in (207, 401)
    with LDAPConnection(server.address("ldap")) as phone:
        bound = phone.bind(login) == "success"
    assert bound == (status == 207)
    return bound


def test_one_line_says_where_it_listens_and_a_signal_ends_it(server: RunningServer) -> None:
    assert {address.scheme for address in server.addresses} == {"http", "ldap"}
    assert may_log_in(server, "alice")
    server.terminate()
    assert server.wait() == 0


def test_the_line_is_the_only_one(tmp_path: Path) -> None:
    file = on_free_ports(tmp_path)
    text = file.read_text()
    with running(file) as server:
        port = server.address("http").port
        # A second one, on the port of the first, says all that it has to say.
        file.write_text(
            text.replace('[carddav]\nlisten = ["127.0.0.1:0"]',
                         f'[carddav]\nlisten = ["127.0.0.1:{port}"]')
        )  # fmt: skip
        done = run("-c", file, "serve")
    assert done.code == 1
    assert done.out == ""
    assert (
        f"Dirserver does not serve: it cannot listen on 127.0.0.1:{port}: address already in use. "
        "Stop what listens there (ss -ltnp shows it), or change listen in the config."
    ) in done.err.splitlines()


def test_a_good_file_lets_a_new_user_in_and_a_broken_one_changes_nothing(
    server: RunningServer,
) -> None:
    good = server.config.read_text()
    assert not may_log_in(server, "frank")
    server.config.write_text(good + FRANK + "[users.grete\n")
    server.reload("the old config stays in force")
    assert re.search(r"level=error .*config refused.*this is not TOML", server.log)
    assert not may_log_in(server, "frank")
    assert may_log_in(server, "alice")
    server.config.write_text(good + FRANK)
    server.reload("config applied")
    assert may_log_in(server, "frank")


def test_faults_of_the_file_are_told_one_a_line(tmp_path: Path) -> None:
    file = on_free_ports(tmp_path)
    text = file.read_text()
    file.write_text(text.replace('"DE"', '"Germany"').replace('["bob"]', '["bbo"]'))
    done = run("-c", file, "serve")
    assert done.code == 1
    assert done.out == ""
    country, member = done.err.splitlines()
    assert country.startswith(f"{file}: [organisation] country")
    assert member.startswith(f"{file}: [groups.sales] members")


def test_a_certificate_that_cannot_be_used_is_told_of(tmp_path: Path) -> None:
    file = on_free_ports(tmp_path)
    (tmp_path / "cert.pem").write_text("nothing")
    with file.open("a") as config:
        config.write('[tls]\ncertificate = "cert.pem"\nkey = "cert.pem"\n')
    done = run("-c", file, "serve")
    assert done.code == 1
    cert = tmp_path / "cert.pem"
    assert done.err == f"{file}: [tls]: {cert} holds no certificate in PEM form\n"
