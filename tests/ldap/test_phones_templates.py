"""A phone that is set up as its template says finds people, by what is typed and by who calls."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from dirserver import phones
from dirserver.assembly import Services
from dirserver.ldap.session import Context, LDAPSession
from tests.ldap.client import Client, SessionClient
from tests.organisation import ALICE, HERE, PASSWORD, vcard

Connect = Callable[..., Client]

SUFFIX = "dc=example,dc=org"
USER_DN = f"uid=alice,ou=users,{SUFFIX}"
CALLS = ("+49305550017", "0305550017", "0049305550017", "00305550017", "01715550017")
# In a filter: what stands for what was typed. Some phones put the wildcards around it themselves.
_TYPED = re.compile(r"\$VALUE|%s|%")
# A filter that has what was typed in it, up to the last bracket.
_FILTER = re.compile(r"\([^\s:]*(?:%|\$VALUE)[^\s:]*\)")
# They have none that could be written down: the phone puts it together from the attributes.
WITHOUT_FILTERS = {
    "poly": (
        "(&(objectclass=person)(sn=%*))",
        "(&(objectclass=person)(|(telephoneNumber=%)(mobile=%)))",
    ),
    "unify": ("(sn=%*)", "(|(telephoneNumber=%)(mobile=%)(homePhone=%))"),
}
# The number of a caller is none of what this phone looks up in a directory.
WITHOUT_CALLS = frozenset({"mitel"})


def template(family: str) -> str:
    access = phones.Access(
        "Example GmbH", "127.0.0.1", 1389, "none", SUFFIX, "alice", USER_DN, PASSWORD
    )
    return html.unescape(phones.filled(family, access))


def filters(family: str) -> tuple[list[str], list[str]]:
    """Return the filters for what is typed, and those for who calls."""
    text = template(family)
    found = list(WITHOUT_FILTERS.get(family, ())) or [
        one.rstrip(",.") for one in _FILTER.findall(text)
    ]
    by_number = [one for one in found if "telephoneNumber=" in one]
    return [one for one in found if re.search(r"\((?:cn|sn)=", one)], by_number


def found(client: Client, filter_: str, typed: str, attributes: str = "cn") -> list[str]:
    filled = _TYPED.sub(lambda _match: typed, filter_)
    said = client.say(
        [f'search base={SUFFIX} size_limit=50 filter="{filled}" attributes={attributes}']
    )
    assert said[-1] == "SearchResultDone success", said
    return [line.removeprefix("  cn: ") for line in said if line.startswith("  cn: ")]


@pytest.mark.parametrize("family", phones.families())
def test_the_filters_of_a_template_find_people(ldap: Connect, family: str) -> None:
    client = ldap()
    # What the template has for the name: some phones take a DN, some only a login.
    name = USER_DN if USER_DN in template(family) else "alice"
    assert client.say([f'bind dn={name} password="{PASSWORD}"']) == ["BindResponse success"]
    by_name, by_number = filters(family)
    assert by_name
    for filter_ in by_name:
        # Yealink, Grandstream and Mitel put wildcards where the filter has none.
        typed = "bei" if "*" in filter_ else "bei*"
        assert found(client, filter_, typed) == ["Anna Beispiel"], filter_
    assert bool(by_number) is (family not in WITHOUT_CALLS)
    for filter_ in by_number:
        for number in CALLS:
            assert found(client, filter_, number) == ["Anna Beispiel"], (filter_, number)


@pytest.mark.parametrize("family", ["auerswald", "linphone", "snom", "yealink"])
def test_a_number_of_no_known_kind_is_looked_up_where_a_phone_takes_so_many(
    services: Services, context: Context, family: str
) -> None:
    lines = ("TEL;TYPE=cell:+49 171 5550091", "TEL;TYPE=other:+49 40 5550092")
    with services.directory.writing(ALICE, HERE) as writing:
        writing.put_card("customers", "ola.vcf", vcard("ola", "Ola Nordmann", *lines))
    face = Context(services.directory, services.authenticator, context.settings)
    client = SessionClient(LDAPSession(lambda: face, "192.0.2.9"))
    client.say([f'bind dn=alice password="{PASSWORD}"'])
    _, by_number = filters(family)
    for filter_ in by_number:
        for number in ("01715550091", "+49405550092", "0405550092"):
            assert found(client, filter_, number) == ["Ola Nordmann"], filter_
    assert re.search(r"mobile.homePhone.ipPhone", template(family))


def test_gigaset_reads_one_entry_again_without_a_limit(ldap: Connect) -> None:
    client = ldap("alice")
    said = client.say([f'search base={SUFFIX} filter="(cn=bei*)" attributes=cn'])
    name = said[0].removeprefix("SearchResultEntry ")
    again = client.say([f'search base={name} scope=base size_limit=0 filter="(objectClass=*)"'])
    assert again[0] == said[0]
    assert "  mobile: 0171/5550017" in again
    assert again[-1] == "SearchResultDone success"


@pytest.mark.parametrize("typed", ["2347", "2662", "26622347"])
def test_a_name_is_typed_on_the_keys_of_a_phone_that_has_no_letters(
    ldap: Connect, typed: str
) -> None:
    # Alcatel's Halo searches numbers and names when the first character is a digit.
    client = ldap("alice")
    halo = "(|(cn=%*)(sn=%*)(telephoneNumber=%*)(mobile=%*))"
    assert found(client, halo, typed) == ["Anna Beispiel"]
