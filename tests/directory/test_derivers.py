"""What other processes derive is what this one would, and they end when it does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dirserver.assembly import Services
from dirserver.directory.derivers import derived
from tests.organisation import vcard
from tests.system.running import wait_until

ROOT = Path(__file__).resolve().parents[2]
# So many that it is worth it.
MANY = 100_000
_FOREVER = """
import itertools
from dirserver import config
from dirserver.assembly import open_services
from dirserver.directory.derivers import derived

if __name__ == "__main__":
    services = open_services(config.load(__import__("pathlib").Path(%r)))
    batches = ((None, [(%r, "key")]) for _ in itertools.count())
    import multiprocessing
    for number, _ in enumerate(derived(services.deriver, batches, 100_000)):
        if not number:
            print(*(one.pid for one in multiprocessing.active_children()), flush=True)
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core has no others")
def test_other_processes_derive_the_same_in_the_same_order(services: Services) -> None:
    jobs = [(vcard(f"{one}", f"Zoë {one}", "TEL:030 9018-20"), f"key{one}") for one in range(40)]
    batches = [(at, jobs[at : at + 8]) for at in range(0, 40, 8)]
    there = list(derived(services.deriver, batches, MANY))
    assert there == list(derived(services.deriver, batches, 1))
    assert [at for at, _ in there] == [0, 8, 16, 24, 32]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core has no others")
def test_they_end_when_the_process_that_began_them_is_killed(
    services: Services, tmp_path: Path
) -> None:
    script = tmp_path / "forever.py"
    script.write_text(_FOREVER % (str(services.config.path), vcard("1", "Zoë")), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        began = process.stdout.readline().split()
        process.kill()
        pids = list(map(int, began))
        assert pids
        wait_until(lambda: not any(map(_runs, pids)), "the other processes to end")


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
