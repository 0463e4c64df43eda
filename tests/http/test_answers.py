"""What reaches the client of what the application answers."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from email.utils import parsedate_to_datetime
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest

from dirserver.http import AccessRecord, BridgeOptions
from tests.http.conftest import Serve
from tests.http.serving import ANYWHERE, Echo, answering, eventually

GET = "GET /a HTTP/1.1\nHost: x\n\n"
HEAD = "HEAD /a HTTP/1.1\nHost: x\n\n"
OLD = "GET /a HTTP/1.0\n\n"


class Body:
    """An iterable that yields ``chunks``, knows no length and counts how often it is closed."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks

    def close(self) -> None:
        self.closed += 1


def test_status_fields_and_body_are_sent(serve: Serve) -> None:
    headers = [("Content-Type", "text/xml"), ("ETag", '"a"'), ("X-Latin", "\xe4")]
    answer = serve(answering("207 Multi-Status", headers, [b"<a/>"])).ask(GET)
    assert (answer.status, answer.reason, answer.body) == (207, "Multi-Status", b"<a/>")
    date = parsedate_to_datetime(answer.fields.pop("date"))
    assert abs(date.timestamp() - time.time()) < 5
    assert answer.fields == {
        "server": "dirserver",
        "content-type": "text/xml",
        "etag": '"a"',
        "x-latin": "\xe4",
        "content-length": "4",
    }


def test_fields_between_us_and_the_client_are_not_the_applications(serve: Serve) -> None:
    theirs = [
        ("Connection", "close"),
        ("Keep-Alive", "timeout=1"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "h2c"),
        ("Trailer", "X"),
        ("Server", "Radicale"),
        ("Date", "yesterday"),
    ]
    wire = serve(answering(headers=theirs, body=[b"abc"])).connect()
    answer = wire.ask(GET)
    assert set(answer.fields) == {"date", "server", "content-length"}
    assert answer.fields["server"] == "dirserver"
    assert wire.ask(GET).status == 200


def test_a_short_answer_has_its_length(serve: Serve) -> None:
    body = Body(b"ab", b"", b"c")
    answer = serve(answering(body=body)).ask(GET)
    assert (answer.body, answer.fields["content-length"]) == (b"abc", "3")
    assert body.closed == 1


def test_a_long_answer_comes_in_chunks(serve: Serve) -> None:
    body = Body(*[b"x" * 1000] * 200)
    wire = serve(answering(body=body)).connect()
    answer = wire.ask(GET)
    assert answer.fields["transfer-encoding"] == "chunked"
    assert "content-length" not in answer.fields
    assert answer.body == b"x" * 200_000
    assert eventually(lambda: body.closed == 1)
    assert wire.ask(GET).status == 200


def test_a_long_answer_to_an_old_client_ends_with_the_connection(serve: Serve) -> None:
    wire = serve(answering(body=Body(*[b"x" * 1000] * 200))).connect()
    answer = wire.ask(OLD)
    assert "transfer-encoding" not in answer.fields
    assert answer.fields["connection"] == "close"
    assert answer.body == b"x" * 200_000


def test_a_long_answer_of_known_length_is_not_chunked(serve: Serve) -> None:
    headers = [("Content-Length", "200000")]
    answer = serve(answering(headers=headers, body=Body(*[b"x" * 1000] * 200))).ask(GET)
    assert answer.fields["content-length"] == "200000"
    assert "transfer-encoding" not in answer.fields
    assert answer.body == b"x" * 200_000


@pytest.mark.parametrize("size", [65_536, 65_537, 1_000_000])
def test_a_list_has_its_length_however_long_it_is(serve: Serve, size: int) -> None:
    wire = serve(answering(body=[b"x" * (size - 1), b"y"])).connect()
    answer = wire.ask(GET)
    assert answer.fields["content-length"] == str(size)
    assert answer.body == b"x" * (size - 1) + b"y"
    assert wire.ask(GET).status == 200


def test_head_has_the_length_but_no_body(serve: Serve) -> None:
    wire = serve(answering(body=[b"abc"])).connect()
    assert wire.ask(HEAD, "HEAD").fields["content-length"] == "3"
    assert wire.ask(GET).body == b"abc"


def test_head_says_no_length_that_nobody_knows(serve: Serve) -> None:
    wire = serve(answering(body=[])).connect()
    answer = wire.ask(HEAD, "HEAD")
    assert "content-length" not in answer.fields
    assert "transfer-encoding" not in answer.fields
    assert wire.ask(GET).fields["content-length"] == "0"


def test_head_keeps_the_length_that_the_application_knows(serve: Serve) -> None:
    application = answering(headers=[("Content-Length", "1234")], body=[])
    assert serve(application).ask(HEAD, "HEAD").fields["content-length"] == "1234"


def test_an_answer_to_head_is_closed_without_being_made(serve: Serve) -> None:
    made: list[int] = []

    class Long(Body):
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(1000):
                made.append(1)
                yield b"x" * 1000

    body = Long()
    wire = serve(answering(body=body)).connect()
    assert wire.ask(HEAD, "HEAD").status == 200
    assert (made, body.closed) == ([], 1)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("body", [[], [b"surplus"], Body(b"surplus")])
def test_some_answers_never_have_a_body(serve: Serve, status: str, body: Iterable[bytes]) -> None:
    wire = serve(answering(status, [("ETag", '"a"')], body)).connect()
    for _ in range(2):
        answer = wire.ask(GET)
        assert answer.status == int(status[:3])
        assert "content-length" not in answer.fields
        assert "transfer-encoding" not in answer.fields


def test_204_has_no_length_even_if_the_application_says_one(serve: Serve) -> None:
    answer = serve(answering("204 No Content", [("Content-Length", "0")], [])).ask(GET)
    assert "content-length" not in answer.fields


def test_a_head_may_come_late(serve: Serve) -> None:
    def generator(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("202 Accepted", [])
        yield b"late"

    answer = serve(generator).ask(GET)
    assert (answer.status, answer.body) == (202, b"late")


def test_what_is_written_comes_before_what_is_returned(serve: Serve) -> None:
    def writing(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", [])
        write(b"one ")

        def rest() -> Iterator[bytes]:
            write(b"two ")
            yield b"three "
            write(b"four")

        return rest()

    assert serve(writing).ask(GET).body == b"one two three four"


def test_an_error_may_replace_the_head_until_it_is_sent(serve: Serve) -> None:
    def changing(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        try:
            raise ValueError
        except ValueError:
            start_response("409 Conflict", [], sys.exc_info())
        return [b"conflict"]

    answer = serve(changing).ask(GET)
    assert (answer.status, answer.body) == (409, b"conflict")


def raising(_environ: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
    raise ValueError("a secret")


def raising_late(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    yield b"some"
    raise ValueError("a secret")


def exiting(_environ: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
    raise SystemExit(1)


def starting_twice(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    start_response("200 OK", [])
    return []


def not_starting(_environ: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
    return [b"a secret"]


def yielding_text(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    return ["a secret"]  # type: ignore[list-item]  # that is the mistake


MISTAKES: dict[str, WSGIApplication] = {
    "raises": raising,
    "raises amid a short body": raising_late,
    "exits": exiting,
    "starts twice": starting_twice,
    "does not start": not_starting,
    "yields text": yielding_text,
    "returns nothing": answering(body=None),  # type: ignore[arg-type]
    "status without number": answering("OK"),
    "status of an interim answer": answering("100 Continue"),
    "status with a line break": answering("200 OK\r\nX: y"),
    "field name with a space": answering(headers=[("a b", "c")]),
    "field value with a line break": answering(headers=[("a", "b\r\nc: d")]),
    "field value beyond Latin-1": answering(headers=[("a", "\u20ac")]),
    "field value that is no text": answering(headers=[("a", b"b")]),  # type: ignore[list-item]
    "length that is no number": answering(headers=[("Content-Length", "many")]),
    "two lengths": answering(headers=[("Content-Length", "0"), ("Content-Length", "0")]),
    "length too large": answering(headers=[("Content-Length", "9")], body=[b"abc"]),
    "length too small": answering(headers=[("Content-Length", "1")], body=[b"abc"]),
    "length too small for a long body": answering(
        headers=[("Content-Length", "9")], body=Body(*[b"x" * 1000] * 200)
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_application_is_logged_and_not_shown(
    serve: Serve, caplog: pytest.LogCaptureFixture, mistake: str
) -> None:
    wire = serve(MISTAKES[mistake]).connect()
    answer = wire.ask(GET)
    assert (answer.status, answer.reason) == (500, "Internal Server Error")
    assert answer.fields["content-type"] == "text/plain; charset=utf-8"
    match = re.fullmatch(
        rb"Something went wrong on the server\. \(request ([0-9a-f]{8})\)\n", answer.body
    )
    assert match is not None
    (logged,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert match[1].decode() in logged.getMessage()
    assert logged.exc_info is not None
    # The connection is as good as before.
    assert wire.ask(GET).status == 500


def test_what_a_failing_application_holds_is_closed(serve: Serve) -> None:
    class Failing(Body):
        def __iter__(self) -> Iterator[bytes]:
            yield b"some"
            raise ValueError

    body = Failing()
    assert serve(answering(body=body)).ask(GET).status == 500
    assert body.closed == 1


def test_a_failure_to_close_does_not_spoil_the_answer(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    class Unclosable(Body):
        def close(self) -> None:
            raise ValueError

    assert serve(answering(body=Unclosable(b"abc"))).ask(GET).body == b"abc"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def broken_off(make: Callable[[], Iterator[bytes]]) -> WSGIApplication:
    class Broken(Body):
        def __iter__(self) -> Iterator[bytes]:
            return make()

    return answering(body=Broken())


def test_an_answer_that_fails_amid_its_body_is_seen_to_be_incomplete(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    def make() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000
        raise ValueError("a secret")

    serving = serve(broken_off(make))
    with pytest.raises((EOFError, ConnectionError)):
        serving.ask(GET)
    assert eventually(lambda: len(serving.records) == 1)
    (record,) = serving.records
    assert (record.status, record.complete) == (200, False)
    assert [logged.exc_info is not None for logged in caplog.records] == [True]


def test_an_error_that_comes_too_late_for_its_head_ends_the_answer(serve: Serve) -> None:
    def changing(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield b"x" * 200_000
        try:
            raise ValueError
        except ValueError:
            start_response("500 Oops", [], sys.exc_info())
        yield b"never"

    with pytest.raises((EOFError, ConnectionError)):
        serve(changing).ask(GET)


@pytest.mark.parametrize("promised", [150_000, 250_000])
def test_a_long_answer_that_breaks_its_promise_is_seen_to_be_incomplete(
    serve: Serve, promised: int
) -> None:
    headers = [("Content-Length", str(promised))]
    body = Body(*[b"x" * 1000] * 200)
    serving = serve(answering(headers=headers, body=body))
    with pytest.raises((EOFError, ConnectionError)):
        serving.ask(GET)
    assert eventually(lambda: body.closed == 1)


def test_every_request_is_told_to_the_access_log(serve: Serve, echo: Echo) -> None:
    serving = serve(echo)
    wire = serving.connect()
    wire.ask(
        "PUT /a%20b?secret=1 HTTP/1.1\nHost: x\nUser-Agent: Phone/1.0 \xe4\x85\x0b\n"
        "Content-Length: 3\n\nabc"
    )
    wire.ask("GET /c HTTP/1.1\nHost: x\n\n")
    first, second = serving.records
    assert (first.method, first.path, first.status, first.bytes) == ("PUT", "/a%20b", 200, 3)
    assert (first.address, first.complete) == ("127.0.0.1", True)
    assert first.user_agent == "Phone/1.0 \\xe4\\x85?"
    assert 0 <= first.seconds < 10
    assert (second.method, second.path, second.user_agent) == ("GET", "/c", "")


def test_a_failing_access_log_spoils_no_answer(
    serve: Serve, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(_record: AccessRecord) -> None:
        raise OSError

    serving = serve(echo)
    serving.factory.options = BridgeOptions(plaintext=ANYWHERE, access_log=failing)
    assert serving.ask(GET).status == 200
    assert caplog.messages == ["the access log failed"]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("http://alice:secret@x/alice/", "http://x/alice/"),
        ("http://alice:secret@x?password=secret", "http://x"),
        ("HTTPS://secret@x:443/a@b/", "HTTPS://x:443/a@b/"),
        ("http://a:secret@secret@x/", "http://x/"),
        ("//alice:secret@x/", "//x/"),
        ("ftp://alice:secret@x/", "ftp://x/"),
        ("alice:secret@x:443", "x:443"),
        ("/alice@example.org/a@b.vcf", "/alice@example.org/a@b.vcf"),
        ("/redirect/http://secret@x/", "/redirect/http://x/"),
        ("/a?x=http://alice:secret@x/", "/a"),
    ],
)
def test_the_access_log_has_no_password_from_a_target(serve: Serve, target: str, path: str) -> None:
    serving = serve(answering())
    serving.ask(f"GET {target} HTTP/1.1\nHost: x\n\n")
    assert [record.path for record in serving.records] == [path]
