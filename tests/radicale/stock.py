"""The stock ``radicale`` command as a process, and a way to speak to it as to any application."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "config" / "radicale.example.conf"
_START_SECONDS = 40.0
_ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class OverHTTP:
    """A WSGI application that is a server elsewhere."""

    port: int

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Send the request to the server and give back what it answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_SECONDS)
        body = environ["wsgi.input"].read()
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        }
        path = quote(environ["PATH_INFO"].encode("latin-1"))
        connection.request(environ["REQUEST_METHOD"], path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        start_response(f"{answer.status} {answer.reason}", answer.getheaders())
        return [content]


@contextmanager
def running_radicale(config: Path) -> Iterator[OverHTTP]:
    """Run Radicale with the options of the example, for the directory of ``config``."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    text = EXAMPLE.read_text(encoding="utf-8")
    for old, new in (
        ("hosts = localhost:5232", f"hosts = 127.0.0.1:{port}"),
        ("config = /etc/dirserver/dirserver.toml", f"config = {config}"),
    ):
        assert old in text
        text = text.replace(old, new)
    if "delay =" not in text:
        # Each refusal would take a second.
        text = text.replace("[auth]\n", "[auth]\ndelay = 0\n")
    path = config.with_name("radicale.conf")
    path.write_text(text, encoding="utf-8")
    log = config.with_name("radicale.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "radicale", "--config", str(path)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins'}"},
        )
    try:
        _wait(process, port, log)
        yield OverHTTP(port)
    finally:
        process.terminate()
        process.wait(_ANSWER_SECONDS)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text(encoding="utf-8"))
