"""One face for all tests of a module, with two cards in customers that stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dirserver_radicale.application import Application
from tests.radicale.bodies import FILES
from tests.radicale.dav_client import DAVClient

BOOK = "/alice/customers/"


@pytest.fixture
def application(standing: Application) -> Application:
    """One for all tests of a module; they take away what they store."""
    return standing


@pytest.fixture
def cards(alice: DAVClient) -> Iterator[dict[str, str]]:
    """Anna and Bert are in customers; these are their etags, in quotes."""
    yield {
        name: alice.send("PUT", f"{BOOK}{name}.vcf", {}, FILES[f"{name}.vcf"]).headers["ETag"]
        for name in ("anna", "bert")
    }
    for name in ("anna", "bert", "new"):
        alice.send("DELETE", f"{BOOK}{name}.vcf", {})
