"""Lines of the access log are like all other lines of the log."""

from __future__ import annotations

import re

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from dirserver import accesslog
from dirserver.http import AccessRecord

_render = structlog.processors.LogfmtRenderer(bool_as_flag=False)
_texts = st.text(st.sampled_from(' ="\\\naä0'), max_size=6)


@given(_texts, _texts, st.booleans())
def test_a_line_is_what_the_log_would_have_made_of_it(path: str, agent: str, whole: bool) -> None:
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr.write", lines.append)
        accesslog.http_request(
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
