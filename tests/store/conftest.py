"""Fixtures of the store's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from dirserver.store import policies
from tests.organisation import open_organisation, write_config
from tests.postgresql import fresh_database
from tests.store.library import Library, generated_cards, keep


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    with ExitStack() as stack:
        url = "sqlite:///test.db"
        if request.param == "postgresql":
            server = request.getfixturevalue("postgresql_server")
            url = stack.enter_context(fresh_database(server))
        services = open_organisation(write_config(tmp_path_factory.mktemp("library"), url))
        with services.store.writing() as connection:
            ids = {book.slug: book.id for book in policies.load_books(connection)}
            first, second = ids["customers"], ids["staff"]
            cards = generated_cards(first, second)
            keep(connection, cards)
        yield Library(services.store, first, second, ids["secret"], cards)
        services.store.close()
