"""Cards with pictures of some megabytes: an answer holds few of them in memory at a time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from dirserver.assembly import Services
from dirserver_radicale.application import Application
from tests.directory.acts import import_all
from tests.organisation import open_organisation, vcard, write_config
from tests.radicale.bodies import multiget, sync
from tests.radicale.dav_client import DAVClient

BOOK = "/alice/customers/"
MEGABYTES = 3
NUMBER = 16
TEXTS = sync().replace(b"<getetag/>", b'<C:address-data xmlns:C="urn:ietf:params:xml:ns:carddav"/>')


@pytest.fixture(scope="module", params=["none", "summary"])
def pictures(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    """A book with 48 MB of pictures, with lookups told of or not."""
    path = write_config(tmp_path_factory.mktemp("pictures"))
    text = path.read_text("utf-8")
    path.write_text(f'{text}\n[audit]\nreads = "{request.param}"\n', "utf-8")
    services = open_organisation(path)
    picture = "PHOTO:data:image/jpeg;base64," + "A" * (MEGABYTES * 1024 * 1024)
    cards = [vcard(f"c{n}", f"Card {n}", picture, version="4.0") for n in range(NUMBER)]
    import_all(services, cards)
    yield services
    services.store.close()


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("REPORT", multiget(*(f"{BOOK}c{n}.vcf" for n in range(NUMBER)))),
        ("REPORT", TEXTS),
        ("GET", b""),
    ],
)
def test_an_answer_of_many_large_cards_is_never_whole_in_memory(
    pictures: Services, method: str, body: bytes
) -> None:
    alice = DAVClient(Application(pictures), "alice")
    environ = alice._environ(method, BOOK, {}, body)
    sent = 0
    tracemalloc.start()
    try:
        told = alice.application(environ, lambda *_: lambda _: None)
        for piece in told:
            sent += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        told.close()  # type: ignore[attr-defined]  # PEP 3333 wants it where it is there.
    assert sent > NUMBER * MEGABYTES * 1024 * 1024
    assert peak < sent * 0.7, f"{peak / 1e6:.0f} MB"
