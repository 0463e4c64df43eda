"""A web server over TLS, with an answer for each path: good ones, and such as are none."""

from __future__ import annotations

import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

LOGIN, PASSWORD = "ann", "gehe im\u00df"
BODY = b"BEGIN:VCARD\r\n" * 20_000
TABLE = b"No.,First Name,Last Name\n1,Ada,Byron\n2,Bob,Ives\n"
_KNOWN = "Basic " + b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()


class _Answers(BaseHTTPRequestHandler):
    """One answer for each path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        match path:
            case "/people.vcf" | "/short.vcf" | "/zipped.vcf":
                more = 1 if path == "/short.vcf" else 0
                coding = {"Content-Encoding": "gzip"} if path == "/zipped.vcf" else {}
                self.answer(200, {"Content-Length": str(len(BODY) + more), **coding})
                self.wfile.write(BODY)
                self.close_connection = True
            case "/endless.vcf":
                self.answer(200, {})
                self.wfile.write(BODY)
                self.close_connection = True
            case "/chunked.vcf" | "/broken.vcf":
                self.answer(200, {"Transfer-Encoding": "chunked"})
                self.wfile.write(b"%x\r\n%b\r\n" % (len(BODY), BODY))
                self.wfile.write(b"0\r\n\r\n" if path == "/chunked.vcf" else b"5\r\nBEG")
                self.close_connection = True
            case "/secret.csv" if self.headers["Authorization"] == _KNOWN:
                self.answer(200, {"Content-Length": str(len(TABLE))})
                self.wfile.write(TABLE)
            case "/secret.csv":
                self.answer(401, {"Content-Length": "0"})
            case "/moved" | "/plain" | "/away" | "/round":
                port = self.headers["Host"].partition(":")[2]
                to = {
                    "/moved": "people.vcf?x=1",
                    "/plain": f"http://127.0.0.1:{port}/people.vcf",
                    "/away": f"https://localhost:{port}/secret.csv",
                    "/round": "/round",
                }[path]
                self.answer(302, {"Location": to, "Content-Length": "0"})
            case "/mute":
                self.connection.recv(1)
            case _:
                self.answer(404, {"Content-Length": "0"})

    def answer(self, status: int, head: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in head.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


@dataclass(frozen=True)
class WebServer:
    """A server that runs, and the file with whom to trust."""

    port: int
    ca_file: Path

    def url(self, path: str) -> str:
        """Return the address of ``path``."""
        return f"https://127.0.0.1:{self.port}{path}"


@contextmanager
def running_webserver(folder: Path) -> Iterator[WebServer]:
    """Serve for a block; ``folder`` takes the certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that go
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield WebServer(server.server_address[1], folder / "ca.pem")
    finally:
        server.shutdown()
        server.server_close()
