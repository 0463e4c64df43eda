"""Whatever stands in a file, the answer is a configuration or a list of faults."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.config import Config
from dirserver.config.grants import Grant
from dirserver.config.keys import keys_of
from dirserver.config.loading import interpret
from dirserver.config.schema import (
    LDAP,
    TLS,
    Book,
    CardDAV,
    Database,
    Draft,
    Group,
    Organisation,
    Profile,
    User,
)
from dirserver.errors import ConfigError

SECTIONS = (Draft, Organisation, Database, CardDAV, LDAP, Profile, TLS, User, Group, Book, Grant)

names = st.sampled_from(sorted({name for section in SECTIONS for name in keys_of(section)}))
WORDS = """
    alice bob sales group:sales group:group: everyone anonymous search write DE example.org NOTE FN
    127.0.0.1:1389 [::]:636 0.0.0.0:0 10.0.0.0/8 ::1 a@b.c sqlite:///x postgresql://u:p@h/d / .
    https://h never e164 $argon2id$ {SSHA}
"""
words = st.sampled_from(WORDS.split())
scalars = (
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | words
    | st.dates()
    | st.datetimes()
    | st.times()
)
keys = names | words | st.text(max_size=10)


def tables(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Return lists and tables of ``values``."""
    return st.lists(values, max_size=4) | st.dictionaries(keys, values, max_size=6)


values = st.recursive(scalars, tables, max_leaves=30)
grant = st.fixed_dictionaries({}, optional=dict.fromkeys(keys_of(Grant), values))
document = st.dictionaries(keys, values, max_size=8) | st.fixed_dictionaries(
    {},
    optional={
        "organisation": st.fixed_dictionaries({"name": values, "domain": words, "country": words}),
        "carddav": st.dictionaries(st.sampled_from(sorted(keys_of(CardDAV))), values),
        "ldap": st.dictionaries(st.sampled_from(sorted(keys_of(LDAP))), values),
        "users": st.dictionaries(words, st.fixed_dictionaries({"name": words, "mail": words})),
        "groups": st.dictionaries(
            words, st.fixed_dictionaries({"name": words, "members": st.lists(words)})
        ),
        "books": st.dictionaries(
            words, st.fixed_dictionaries({"name": words, "grants": st.lists(grant)})
        ),
    },
)


def interpreted(document: dict[str, object]) -> Config | ConfigError:
    """Return the configuration, or the refusal; anything else that is raised is a bug."""
    try:
        return interpret(document, Path("dirserver.toml"))
    except ConfigError as refusal:
        return refusal


@settings(deadline=None)
@given(document)
def test_any_document_is_a_configuration_or_is_refused(document: dict[str, object]) -> None:
    outcome = interpreted(document)
    if isinstance(outcome, ConfigError):
        assert outcome.faults
        assert all(fault.startswith("dirserver.toml: ") for fault in outcome.faults)
