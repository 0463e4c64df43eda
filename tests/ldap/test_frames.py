"""Entries that are put into messages many at once."""

from __future__ import annotations

import pytest

from dirserver.ldap.codec.encode import encode_entry, encode_named
from dirserver.ldap.codec.frames import in_messages, named, named_in_messages
from tests.ldap import wire

# Where lengths have another octet, and what is ready has an end.
EDGES = [0, 1, 127, 128, 255, 256, 4_000, 4_095, 4_096, 65_535, 65_536]
SIZES = [max(0, edge - less) for edge in EDGES for less in range(40)]


@pytest.mark.parametrize("message_id", [1, 127, 128, 70_000, 2**31 - 1])
def test_many_entries_are_the_messages_of_each_one_behind_the_other(message_id: int) -> None:
    entries = [(b"uid=%d" % size, b"x" * size) for size in SIZES]
    one_by_one = b"".join(encode_entry(message_id, *one) for one in entries)
    names, attributes = zip(*entries, strict=True)
    assert named_in_messages(message_id, names, attributes) == one_by_one
    # Once more, now that it is known what is around them.
    assert named_in_messages(message_id, names, attributes) == one_by_one
    assert in_messages(message_id, [encode_named(*one) for one in entries]) == one_by_one
    assert in_messages(message_id, named(names, attributes)) == one_by_one


def test_a_client_reads_them_all() -> None:
    attributes = wire.tlv(0x30, wire.string("cn") + wire.tlv(0x31, wire.string("Anna")))
    data = named_in_messages(300, [b"uid=a", b"uid=b"], [attributes, attributes * 50])
    found = list(wire.responses(data))
    assert [one.dn for one in found] == ["uid=a", "uid=b"]
    assert [len(list(one.attributes)) for one in found] == [1, 50]
