"""A user or a grant may go while a request is under way: the config is applied at any time."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from dirserver.assembly import Services
from tests.radicale.bodies import FILES, multiget, propfind
from tests.radicale.conftest import reconfigured
from tests.radicale.dav_client import WSGI, DAVClient


class SlowBody(io.BytesIO):
    """A body during whose arrival something happens."""

    def __init__(self, body: bytes, happens: Callable[[], object]) -> None:
        super().__init__(body)
        self._happens = happens

    def read(self, size: int | None = -1, /) -> bytes:
        """Let it happen, and return the body."""
        self._happens()
        return super().read(size)


def while_sent(application: WSGI, happens: Callable[[], object]) -> WSGI:
    """Return the application, to which bodies come slowly."""

    def slow(environ: dict[str, object], start_response: Callable[..., object]) -> object:
        source = environ["wsgi.input"]
        assert isinstance(source, io.BytesIO)
        environ["wsgi.input"] = SlowBody(source.getvalue(), happens)
        return application(environ, start_response)

    return slow  # type: ignore[return-value]  # as loose as WSGI is


REQUESTS = [
    ("PUT", "/bob/customers/x.vcf", FILES["bert.vcf"]),
    ("PROPFIND", "/bob/", FILES["books.xml"]),
    ("PROPFIND", "/bob/customers/", propfind("getetag", "current-user-privilege-set")),
    ("PROPFIND", "/bob/customers/anna.vcf", FILES["etag.xml"]),
    ("REPORT", "/bob/customers/", FILES["sync.xml"]),
    ("REPORT", "/bob/customers/", multiget("/bob/customers/anna.vcf")),
]


@pytest.fixture
def there(alice: DAVClient, bob: DAVClient) -> DAVClient:
    """Bob, when there is a card to be seen."""
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    assert bob.say(["GET /bob/customers/anna.vcf"])[0] == "200"
    return bob


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_a_grant_that_goes_meanwhile_gives_nothing_more(
    there: DAVClient, services: Services, method: str, path: str, body: bytes
) -> None:
    old = '{ to = "group:sales", access = "write" },'
    there.application = while_sent(there.application, lambda: gone(services, old, ""))
    answer = there.send(method, path, {"Depth": "1"}, body)
    if path == "/bob/":
        assert answer.status == 207
        assert b"/bob/staff/" in answer.body
    else:
        assert answer.status in (403, 404)
    assert b"anna" not in answer.body.replace(path.encode(), b"")
    assert b"customers" not in answer.body.replace(path.encode(), b"").replace(
        b"/bob/customers/", b""
    )


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_a_user_who_goes_meanwhile_gets_nothing_more(
    there: DAVClient, services: Services, method: str, path: str, body: bytes
) -> None:
    there.application = while_sent(there.application, lambda: gone_bob(services))
    answer = there.send(method, path, {"Depth": "1"}, body)
    assert answer.status in (401, 403, 404)
    assert b"/anna.vcf</href><propstat>" not in answer.body


def gone(services: Services, old: str, new: str) -> None:
    """Put ``new`` for ``old`` into the config, once."""
    if old in services.config.path.read_text(encoding="utf-8"):
        reconfigured(services, old, new)


def gone_bob(services: Services) -> None:
    """Take Bob out of the config, once."""
    path = services.config.path
    text = path.read_text(encoding="utf-8")
    if "[users.bob]" in text:
        text = text.replace('members = ["bob"]', "members = []")
        start, end = text.index("[users.bob]"), text.index("[users.carol]")
        path.write_text(text[:start] + text[end:], encoding="utf-8")
        gone(services, 'name = "Dave Example"', 'name = "Dave"')


def test_a_card_that_goes_meanwhile_is_gone(alice: DAVClient, bob: DAVClient) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    bob.application = while_sent(
        bob.application, lambda: alice.say(["DELETE /alice/customers/anna.vcf"])
    )
    answer = bob.send("REPORT", "/bob/customers/", {}, multiget("/bob/customers/anna.vcf"))
    assert list(bob.render(answer)) == ["207", "/bob/customers/anna.vcf 404"]
    answer = bob.send("PROPFIND", "/bob/customers/anna.vcf", {"Depth": "0"}, FILES["etag.xml"])
    assert answer.status == 404
