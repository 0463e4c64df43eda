"""What config says again, since it imports nothing of the model, is what the model says."""

from __future__ import annotations

from dirserver.config import Access, NumberStyle, grants
from dirserver.model import fields, grant, number_writing, principal


def test_the_same_properties_are_never_hidden() -> None:
    assert grants.NEVER_HIDDEN == fields.NEVER_HIDDEN


def test_every_property_that_a_field_is_made_of_can_be_named() -> None:
    sources = frozenset[str]().union(*fields.SOURCES.values()) - fields.NEVER_HIDDEN
    assert {grants.property_name(each) for each in sources} == sources


def test_the_same_accesses_are_in_the_same_order() -> None:
    assert [access.value for access in Access] == [each.label for each in grant.Privilege]


def test_numbers_have_the_same_styles() -> None:
    assert [style.value for style in NumberStyle] == [
        style.value for style in number_writing.NumberStyle
    ]


def test_grantees_are_written_in_the_same_way() -> None:
    assert grants.EVERYONE == principal.EVERYONE
    assert grants.GROUP_PREFIX == principal.GROUP_PREFIX
    assert principal.ANONYMOUS.grantees == {grants.ANONYMOUS}
