"""Requests as they may be shown to whoever helps: their form, but not who was looked up."""

from __future__ import annotations

import re

from dirserver.ldap.schema.attributes import OBJECT_CLASS, lookup

_ITEM = re.compile(r"\(([^()&|!=<>~]+)([<>~]?=)([^()]*)\)")
_RDN = re.compile(r"([A-Za-z][\w.-]*)( *= *)((?:\\.|[^,+;\\])*)")
# What the tree is made of is in the config file.
_OF_THE_TREE = frozenset({"dc", "ou", "o", "c"})


def masked(text: str) -> str:
    """Return ``text`` with every letter and digit another."""
    plain = re.sub(r"\\[0-9a-f]{2}", "x", text)
    return "".join("9" if one.isdigit() else "x" if one.isalpha() else one for one in plain)


def masked_filter(text: str) -> str:
    """Return a filter as RFC 4515 has it with its values masked, but for object classes."""

    def mask(item: re.Match[str]) -> str:
        name, sign, value = item.groups()
        shown = value if lookup(name) is OBJECT_CLASS else masked(value)
        return f"({name}{sign}{shown})"

    return _ITEM.sub(mask, text)


def masked_dn(text: str) -> str:
    """Return a DN, or what somebody took for one, with the names of people masked."""

    def mask(rdn: re.Match[str]) -> str:
        name, sign, value = rdn.groups()
        return f"{name}{sign}{value if name.lower() in _OF_THE_TREE else masked(value)}"

    return _RDN.sub(mask, text) if "=" in text else masked(text)
