"""A search that has to look at everybody lets others be answered meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from string import ascii_lowercase

import pytest
from sqlalchemy import insert, select

from dirserver.assembly import Services
from dirserver.ldap.session import Context
from dirserver.store.tables import card, card_value
from tests.ldap import crowd
from tests.ldap.serving import Serving
from tests.organisation import ALICE, HERE, open_organisation, vcard, write_config

BASE = "ou=customers,dc=example,dc=org"
BIND = 'bind dn=alice password="correct horse"'
NUMBER = [f'search base={BASE} filter="(|(telephoneNumber=01710001)(mobile=01710001))"']
# Two letters are too few for the index of what names contain, and nobody has any of these.
PAIRS = [f"(cn=*{one}{other}*)" for one in "qxzjkw" for other in ascii_lowercase]
SCAN = [f'search base={BASE} filter="(|{"".join(PAIRS)})"']


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A book of many, of whom one has a number."""
    services = open_organisation(write_config(tmp_path_factory.mktemp("many")))
    crowd.fill(services, 10_000)
    with services.store.writing() as connection:
        ids = connection.scalars(select(card.c.id))
        name = {"field": "full_name", "ordered": True}
        rows = [{"card_id": one, "value": f"{one} {one}", **name} for one in ids]
        connection.execute(insert(card_value), rows)
    with services.directory.writing(ALICE, HERE) as writing:
        writing.put_card("customers", "n.vcf", vcard("n", "Nina Nummer", "TEL:+49 171 0001"))
    yield services
    services.close()


def test_a_number_is_found_while_a_search_looks_at_everybody(
    serve: Callable[..., Serving], context: Context, many: Services
) -> None:
    changed = replace(context, directory=many.directory, authenticator=many.authenticator)
    serving = serve(changed)
    scanning, looking = serving.connect(), serving.connect()
    for line in (scanning, looking):
        assert line.say([BIND]) == ["BindResponse success"]
    assert looking.say(NUMBER)[0].startswith("SearchResultEntry")
    scanned: list[str] = []
    took: list[float] = []
    scan = threading.Thread(target=lambda: scanned.extend(scanning.say(SCAN)))
    began = time.monotonic()
    scan.start()
    while scan.is_alive():
        asked = time.monotonic()
        assert looking.say(NUMBER)[0].startswith("SearchResultEntry")
        took.append(time.monotonic() - asked)
    scan.join()
    assert scanned == ["SearchResultDone success"]
    whole = time.monotonic() - began
    # One after the other there would be one answer, when the scan is done.
    assert len(took) > 10
    assert sorted(took)[len(took) // 2] < whole / 10
