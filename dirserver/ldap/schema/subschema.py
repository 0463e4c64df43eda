"""The entry that tells clients of the whole schema (RFC 4512 section 4).

Evolution reads it before it searches, to learn whether entries have evolutionPerson's attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dirserver.ldap.schema.attributes import ATTRIBUTE_TYPES
from dirserver.ldap.schema.attributetype import AttributeType, Usage
from dirserver.ldap.schema.objectclass import OBJECT_CLASSES, ObjectClass
from dirserver.ldap.schema.standard import STANDARD
from dirserver.ldap.schema.syntaxes import MATCHING_RULES
from dirserver.model.fields import SOURCES


def subschema_entry() -> Mapping[str, tuple[str, ...]]:
    """Return the attributes of cn=Subschema (RFC 4512 section 4.2)."""
    published = [one for one in (*ATTRIBUTE_TYPES, *STANDARD) if one.oid]
    syntaxes = {one.syntax.oid: one.syntax.description for one in published}
    syntaxes["1.3.6.1.4.1.1466.115.121.1.58"] = "Substring Assertion"
    return {
        "objectClass": ("top", "subentry", "subschema"),
        "cn": ("Subschema",),
        "structuralObjectClass": ("subentry",),
        "subtreeSpecification": ("{}",),
        "ldapSyntaxes": tuple(
            f"( {oid} DESC '{description}' )" for oid, description in sorted(syntaxes.items())
        ),
        "matchingRules": tuple(
            f"( {rule.oid} NAME '{rule.name}' SYNTAX {rule.syntax} )" for rule in MATCHING_RULES
        ),
        "attributeTypes": tuple(" ".join(_attribute_type(one)) for one in published),
        "objectClasses": tuple(" ".join(_object_class(one)) for one in OBJECT_CLASSES),
    }


def _attribute_type(one: AttributeType) -> Iterator[str]:
    """Yield the words of an AttributeTypeDescription (RFC 4512 section 4.1.2)."""
    yield f"( {one.oid} NAME {_quoted(one.names)}"
    if one.fields:
        yield f"DESC 'vCard {_properties(one)}'"
    elif one in STANDARD:
        yield "DESC 'no card says it'"
    if one.superior is not None:
        yield f"SUP {one.superior}"
    for keyword, rule in (
        ("EQUALITY", one.syntax.equality),
        ("ORDERING", one.syntax.ordering),
        ("SUBSTR", one.syntax.substrings),
    ):
        if rule is not None:
            yield f"{keyword} {rule}"
    yield f"SYNTAX {one.syntax.oid}"
    if one.single_valued:
        yield "SINGLE-VALUE"
    if one.usage is not Usage.USER:
        yield f"NO-USER-MODIFICATION USAGE {one.usage}"
    yield ")"


def _properties(one: AttributeType) -> str:
    """Name the properties that the values are from; programs have more names for some."""
    names = sorted({name for field in one.fields for name in SOURCES[field]})
    plain = [name for name in names if not name.startswith("X-")]
    return ", ".join(plain or names)


def _object_class(one: ObjectClass) -> Iterator[str]:
    """Yield the words of an ObjectClassDescription (RFC 4512 section 4.1.1)."""
    yield f"( {one.oid} NAME '{one.name}'"
    if one.description:
        yield f"DESC '{one.description}'"
    if one.superior is not None:
        yield f"SUP {one.superior}"
    yield one.kind
    if one.must:
        yield f"MUST ( {' $ '.join(one.must)} )"
    if one.may:
        yield f"MAY ( {' $ '.join(one.may)} )"
    yield ")"


def _quoted(names: tuple[str, ...]) -> str:
    quoted = " ".join(f"'{name}'" for name in names)
    return f"( {quoted} )" if len(names) > 1 else quoted
