"""An organisation with something to lose, once on each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dirserver.assembly import Services
from tests.backup.acts import Place
from tests.directory.acts import delete, put
from tests.organisation import vcard, write_config
from tests.postgresql import empty_database

CARD = vcard("anna", "Anna Berg", "NOTE:tab\there, back\\\\slash, \\N and \\. and ünïcødé")


@pytest.fixture
def filled(each_engine: Services) -> Services:
    """The organisation, with cards that were changed, deleted and moved."""
    put(each_engine, "anna.vcf", CARD)
    put(each_engine, "bert.vcf", vcard("bert", "Bert Tal", "NOTE:" + "x" * 5000))
    put(each_engine, "bert.vcf", vcard("bert", "Bert Berg"))
    put(each_engine, "cora.vcf", vcard("cora", "Cora Wald"))
    delete(each_engine, "cora.vcf")
    put(each_engine, "dora.vcf", vcard("dora", "Dora See"), slug="staff")
    return each_engine


@pytest.fixture
def elsewhere(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], Place]]:
    """Make further databases of the same engine, in which there is nothing at all."""
    with ExitStack() as stack:
        count = 0

        def make() -> Place:
            nonlocal count
            count += 1
            directory = tmp_path / f"elsewhere-{count}"
            directory.mkdir()
            url = f"sqlite:///{directory}/test.db"
            if not database_url.startswith("sqlite"):
                server = request.getfixturevalue("postgresql_server")
                url = stack.enter_context(empty_database(server))
            return Place(write_config(directory, url), url)

        yield make
