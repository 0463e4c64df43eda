"""Lines of the access log are like all other lines of the log."""

from __future__ import annotations

import re

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from dirserver.accesslog import AccessLog
from dirserver.http import AccessRecord
from dirserver.ldap.diagnosis.recent import Heard

_render = structlog.processors.LogfmtRenderer(bool_as_flag=False)
_texts = st.text(st.sampled_from(' ="\\\naä0'), max_size=6)


@given(_texts, _texts, st.booleans())
def test_a_line_is_what_the_log_would_have_made_of_it(path: str, agent: str, whole: bool) -> None:
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr.write", lines.append)
        AccessLog(lambda _seconds, _call: None).http_request(
            AccessRecord("GET", path, 200, 3, 0.0042, "2001:db8::1", agent, whole)
        )
    said = {
        "level": "info",
        "logger": "dirserver.access",
        "event": "http",
        "address": "2001:db8::1",
        "method": "GET",
        "path": path,
        "status": 200,
        "bytes": 3,
        "ms": 4.2,
        "agent": agent,
        "complete": whole,
    }
    (line,) = lines
    stamp, _, rest = line.partition(" ")
    assert re.fullmatch(r"timestamp=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", stamp)
    assert rest == f"{_render(None, 'info', said)}\n"


def test_lookups_are_told_of_together_before_long_and_in_their_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    due: list[object] = []
    log = AccessLog(lambda _seconds, call: due.append(call), worker=2)
    for number in range(3):
        log.ldap_request(Heard(1000.5, "10.0.0.1", False, "search", "success", hits=number), 0.002)
    assert not capsys.readouterr().err
    assert due == [log.flush]
    log.http_request(AccessRecord("GET", "/", 200, 3, 0.004, "10.0.0.2", "x", True))
    search, *_, request = lines = capsys.readouterr().err.splitlines()
    assert search == (
        "timestamp=1970-01-01T00:16:40.500000Z level=info logger=dirserver.access event=ldap "
        "address=10.0.0.1 login= device= operation=search result=success hits=0 ms=2.0 tls=false "
        "worker=2"
    )
    assert [line.partition("hits=")[2][0] for line in lines[:3]] == ["0", "1", "2"]
    assert " event=http " in request
    log.flush()
    assert not capsys.readouterr().err


def test_not_many_lookups_wait_to_be_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    log = AccessLog(lambda _seconds, _call: None)
    for _ in range(1001):
        log.ldap_request(Heard(0.0, "10.0.0.1", False, "search"), 0.0)
    assert capsys.readouterr().err.count("\n") == 1000
