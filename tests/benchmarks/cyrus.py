"""Cyrus httpd, as Debian has it, to be measured beside dirserver.

It is started for the measurement alone: on loopback, with a config and a spool of its own, by
the user that its package has made, and it ends with it.
"""

from __future__ import annotations

import imaplib
import math
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks import carddav
from tests.benchmarks.cards import LOGIN, people
from tests.benchmarks.measuring import Task, ask, measure
from tests.benchmarks.process import Subject
from tests.benchmarks.radicale import answers, free_port
from tests.benchmarks.wire import HTTPReader
from tests.organisation import PASSWORD
from tests.system.running import wait_until

_PROGRAMS = Path("/usr/lib/cyrus/bin")
_NEEDED = (str(_PROGRAMS / "master"), str(_PROGRAMS / "httpd"), "saslpasswd2", "setpriv")
_USER = "cyrus"
_ADMIN = "cyrus"
_HOME = f"/dav/addressbooks/user/{LOGIN}/"
_BOOK = f"{_HOME}Default/"
_LOOK = carddav.request("PROPFIND", _HOME, depth="1")
_AT_ONCE = 4

_SETTINGS = """
configdirectory: {directory}/config
proc_path: {directory}/proc
mboxname_lockpath: {directory}/lock
defaultpartition: default
partition-default: {directory}/spool
unixhierarchysep: yes
admins: {admin}
httpmodules: carddav
allowplaintext: yes
servername: localhost
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {directory}/sasldb
sasl_mech_list: PLAIN
"""
_SERVICES = """
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {settings} -r"
}}
SERVICES {{
  imap cmd="imapd -C {settings}" listen="127.0.0.1:{imap}" prefork=0 maxchild=2
  http cmd="httpd -C {settings}" listen="127.0.0.1:{http}" prefork=1 maxchild=100
}}
EVENTS {{
}}
"""


def missing() -> str:
    """Return what to do before it can be measured, or nothing."""
    if not all(map(shutil.which, _NEEDED)):
        return "apt-get install cyrus-caldav cyrus-imapd sasl2-bin"
    if os.geteuid() != 0:
        return "run this as root, who can start it as the user cyrus"
    return ""


@contextmanager
def serve(cards: int, directory: Path) -> Iterator[Subject]:
    """Serve ``cards`` people from ``directory``, which it gets as its own."""
    imap, http = free_port(), free_port()
    settings, services = directory / "imapd.conf", directory / "cyrus.conf"
    settings.write_text(_SETTINGS.format(directory=directory, admin=_ADMIN), encoding="ascii")
    services.write_text(
        _SERVICES.format(programs=_PROGRAMS, settings=settings, imap=imap, http=http),
        encoding="ascii",
    )
    for name in ("config", "proc", "lock", "spool"):
        (directory / name).mkdir()
    _write_passwords(directory / "sasldb")
    for path in (directory, *directory.iterdir()):
        shutil.chown(path, _USER, "mail")
    process = subprocess.Popen(
        [
            *("setpriv", f"--reuid={_USER}", "--regid=mail", "--init-groups"),
            *(str(_PROGRAMS / "master"), "-C", str(settings), "-M", str(services)),
            *("-p", str(directory / "master.pid")),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: answers(http) and answers(imap), "Cyrus to listen")
        subject = Subject("Cyrus", process, ("127.0.0.1", http), None, _version(), _HOME, _BOOK)
        _fill(subject, imap, cards)
        yield subject
    finally:
        process.terminate()
        process.wait(30)


def _write_passwords(file: Path) -> None:
    for login in (_ADMIN, LOGIN):
        subprocess.run(
            ["saslpasswd2", "-p", "-c", "-f", str(file), "-u", "localhost", login],
            input=PASSWORD.encode(),
            check=True,
        )


def _fill(subject: Subject, imap: int, cards: int) -> None:
    """Store the cards as a client does: there is no other way in."""
    with imaplib.IMAP4("127.0.0.1", imap) as mail:
        mail.login(_ADMIN, PASSWORD)
        mail.create(f"user/{LOGIN}")

    # The book is made when its home is first looked at.
    ask(Task(subject.http, lambda: HTTPReader(207), carddav.always(_LOOK)))
    puts = [carddav.put(_BOOK, one) for one in people(cards)]
    task = Task(
        subject.http,
        lambda: HTTPReader(201),
        lambda number: [puts[number]],
        connections=_AT_ONCE,
        most=cards,
    )
    measure(task, subject, math.inf)


def _version() -> str:
    asked = ["dpkg-query", "--show", "--showformat=${Version}", "cyrus-caldav"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return f"Cyrus httpd {told or 'of an unknown version'}"
