"""Files that are fetched from a real server over TLS: whole and as they are, or not at all."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from dirserver.exchange.sources import web
from dirserver.exchange.sources.client import tls_context
from dirserver.exchange.sources.unavailable import SourceUnavailable
from dirserver.exchange.sources.web import Page, downloaded
from tests.webserver import BODY, LOGIN, PASSWORD, TABLE, WebServer, running_webserver


@dataclass(frozen=True)
class There:
    """A server, and what trusts it."""

    server: WebServer
    context: ssl.SSLContext

    def page(self, path: str, *, named: bool = False) -> Page:
        page = Page(self.server.url(path), self.context)
        return replace(page, login=LOGIN, password=PASSWORD) if named else page


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    with running_webserver(tmp_path_factory.mktemp("web")) as server:
        yield There(server, tls_context(str(server.ca_file), verified=True))


def fetched(page: Page) -> bytes:
    with downloaded(page) as file:
        return file.read()


def why_not(page: Page) -> str:
    with pytest.raises(SourceUnavailable) as caught, downloaded(page):
        pass
    where, _, why = str(caught.value).partition(page.url.partition("?")[0])
    assert (where, "gehe" in why, "?" in why) == ("", False, False)
    return why.removeprefix(": ")


@pytest.mark.parametrize("path", ["/people.vcf?token=1", "/chunked.vcf", "/moved"])
def test_a_file_comes_as_it_is(there: There, path: str) -> None:
    assert fetched(there.page(path)) == BODY


def test_a_login_goes_to_the_server_that_it_is_for_and_to_no_other(there: There) -> None:
    assert fetched(there.page("/secret.csv", named=True)) == TABLE
    refused = "the login or its password is wrong, or it wants one"
    assert why_not(there.page("/secret.csv?token=1")) == refused
    assert why_not(there.page("/away", named=True)) == refused
    assert "gehe" not in repr(there.page("/x", named=True))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/short.vcf", f"it broke off after {len(BODY)} of {len(BODY) + 1} octets"),
        ("/broken.vcf", "what it answers is no HTTP, or cut off"),
        ("/endless.vcf", "the server does not say how large it is"),
        ("/zipped.vcf", "it is compressed, though that was not asked for"),
        ("/plain", "it refers to something that is not https://"),
        ("/round", "it refers from one address to the next without end"),
        ("/nothing?token=1", "there is nothing at this address"),
    ],
)
def test_what_is_not_whole_or_not_safe_is_not_taken(there: There, path: str, why: str) -> None:
    assert why_not(there.page(path)) == why


def test_a_certificate_must_be_good(there: There) -> None:
    stranger = replace(there.page("/people.vcf"), context=ssl.create_default_context())
    why = why_not(stranger)
    assert why.startswith("its certificate is not trusted: ")
    assert why.endswith("ca_file names the authorities that are")
    other = replace(there.page("/x"), url=f"https://127.0.0.2:{there.server.port}/x")
    assert "is not valid for '127.0.0.2'" in why_not(other) or "reached" in why_not(other)


def test_nobody_waits_for_ever_nor_for_more_than_there_is_room(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "MAX_BYTES", 1 << 16)
    assert why_not(there.page("/people.vcf")) == "it has more than 0 MiB"
    monkeypatch.setattr(web, "_MOST_SECONDS", -1.0)
    assert why_not(there.page("/people.vcf")) == "it does not answer in time"
    monkeypatch.setattr(web, "_SECONDS", 0.2)
    assert why_not(there.page("/mute")) == "it does not answer in time"


def test_a_server_that_is_not_there_is_told_of(there: There) -> None:
    gone = replace(there.page("/x"), url="https://127.0.0.1:1/x")
    assert why_not(gone) == "it cannot be reached: connection refused"
