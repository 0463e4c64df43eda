"""The syntaxes of attribute values and the rules that compare them (RFC 4517)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Syntax:
    """How values look, and by which rules they are compared (RFC 4517)."""

    oid: str
    description: str
    equality: str | None = None
    ordering: str | None = None
    substrings: str | None = None

    @classmethod
    def of(cls, number: int, description: str, equality: str | None = None) -> Syntax:
        """Return one of RFC 4517 section 3.3 that nothing but equality is defined for."""
        return cls(f"{_SYNTAXES}.{number}", description, equality)


_SYNTAXES = "1.3.6.1.4.1.1466.115.121.1"
_FIRST_COMPONENT = "objectIdentifierFirstComponentMatch"
DIRECTORY_STRING = Syntax(
    f"{_SYNTAXES}.15",
    "Directory String",
    "caseIgnoreMatch",
    substrings="caseIgnoreSubstringsMatch",
)
EXACT_STRING = Syntax(f"{_SYNTAXES}.15", "Directory String", "caseExactMatch")
IA5_STRING = Syntax(
    f"{_SYNTAXES}.26",
    "IA5 String",
    "caseIgnoreIA5Match",
    substrings="caseIgnoreIA5SubstringsMatch",
)
COUNTRY_STRING = Syntax(
    f"{_SYNTAXES}.11",
    "Country String",
    "caseIgnoreMatch",
    substrings="caseIgnoreSubstringsMatch",
)
TELEPHONE_NUMBER = Syntax(
    f"{_SYNTAXES}.50",
    "Telephone Number",
    "telephoneNumberMatch",
    substrings="telephoneNumberSubstringsMatch",
)
FACSIMILE_NUMBER = Syntax(f"{_SYNTAXES}.22", "Facsimile Telephone Number")
POSTAL_ADDRESS = Syntax(
    f"{_SYNTAXES}.41",
    "Postal Address",
    "caseIgnoreListMatch",
    substrings="caseIgnoreListSubstringsMatch",
)
JPEG = Syntax(f"{_SYNTAXES}.28", "JPEG")
# RFC 4523 section 2.1; values go by the name of userCertificate;binary.
CERTIFICATE = Syntax(f"{_SYNTAXES}.8", "X.509 Certificate")
BINARY = Syntax(f"{_SYNTAXES}.5", "Binary")
FAX = Syntax(f"{_SYNTAXES}.23", "Fax")
OCTETS = Syntax(f"{_SYNTAXES}.40", "Octet String", "octetStringMatch")
NUMERIC_STRING = Syntax(
    f"{_SYNTAXES}.36", "Numeric String", "numericStringMatch", None, "numericStringSubstringsMatch"
)
PRINTABLE_STRING = Syntax(
    f"{_SYNTAXES}.44",
    "Printable String",
    "caseIgnoreMatch",
    substrings="caseIgnoreSubstringsMatch",
)
OBJECT_IDENTIFIER = Syntax(f"{_SYNTAXES}.38", "OID", "objectIdentifierMatch")
DISTINGUISHED_NAME = Syntax(f"{_SYNTAXES}.12", "DN", "distinguishedNameMatch")
GENERALIZED_TIME = Syntax(
    f"{_SYNTAXES}.24", "Generalized Time", "generalizedTimeMatch", "generalizedTimeOrderingMatch"
)
BOOLEAN = Syntax(f"{_SYNTAXES}.7", "Boolean", "booleanMatch")
INTEGER = Syntax(f"{_SYNTAXES}.27", "INTEGER", "integerMatch", "integerOrderingMatch")
# RFC 4530 has an order of them, too, which nobody asks for and nothing here has.
UUID = Syntax("1.3.6.1.1.16.1", "UUID", "uuidMatch")
SUBTREE_SPECIFICATION = Syntax(f"{_SYNTAXES}.45", "SubtreeSpecification")
ATTRIBUTE_TYPE_DESCRIPTION = Syntax(
    f"{_SYNTAXES}.3", "Attribute Type Description", _FIRST_COMPONENT
)
OBJECT_CLASS_DESCRIPTION = Syntax(f"{_SYNTAXES}.37", "Object Class Description", _FIRST_COMPONENT)
MATCHING_RULE_DESCRIPTION = Syntax(f"{_SYNTAXES}.30", "Matching Rule Description", _FIRST_COMPONENT)
LDAP_SYNTAX_DESCRIPTION = Syntax(f"{_SYNTAXES}.54", "LDAP Syntax Description", _FIRST_COMPONENT)


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """A matching rule; ``syntax`` is the OID of what it compares values with."""

    oid: str
    name: str
    syntax: str


_SUBSTRING_ASSERTION = f"{_SYNTAXES}.58"
MATCHING_RULES = (
    MatchingRule("2.5.13.0", "objectIdentifierMatch", OBJECT_IDENTIFIER.oid),
    MatchingRule("2.5.13.1", "distinguishedNameMatch", DISTINGUISHED_NAME.oid),
    MatchingRule("2.5.13.2", "caseIgnoreMatch", DIRECTORY_STRING.oid),
    MatchingRule("2.5.13.3", "caseIgnoreOrderingMatch", DIRECTORY_STRING.oid),
    MatchingRule("2.5.13.4", "caseIgnoreSubstringsMatch", _SUBSTRING_ASSERTION),
    MatchingRule("2.5.13.5", "caseExactMatch", DIRECTORY_STRING.oid),
    MatchingRule("2.5.13.8", "numericStringMatch", NUMERIC_STRING.oid),
    MatchingRule("2.5.13.10", "numericStringSubstringsMatch", _SUBSTRING_ASSERTION),
    MatchingRule("2.5.13.11", "caseIgnoreListMatch", POSTAL_ADDRESS.oid),
    MatchingRule("2.5.13.12", "caseIgnoreListSubstringsMatch", _SUBSTRING_ASSERTION),
    MatchingRule("2.5.13.13", "booleanMatch", BOOLEAN.oid),
    MatchingRule("2.5.13.14", "integerMatch", INTEGER.oid),
    MatchingRule("2.5.13.15", "integerOrderingMatch", INTEGER.oid),
    MatchingRule("2.5.13.16", "bitStringMatch", f"{_SYNTAXES}.6"),
    MatchingRule("2.5.13.17", "octetStringMatch", OCTETS.oid),
    MatchingRule("2.5.13.20", "telephoneNumberMatch", TELEPHONE_NUMBER.oid),
    MatchingRule("2.5.13.21", "telephoneNumberSubstringsMatch", _SUBSTRING_ASSERTION),
    MatchingRule("2.5.13.27", "generalizedTimeMatch", GENERALIZED_TIME.oid),
    MatchingRule("2.5.13.28", "generalizedTimeOrderingMatch", GENERALIZED_TIME.oid),
    MatchingRule("2.5.13.30", "objectIdentifierFirstComponentMatch", OBJECT_IDENTIFIER.oid),
    MatchingRule("1.3.6.1.4.1.1466.109.114.2", "caseIgnoreIA5Match", IA5_STRING.oid),
    MatchingRule(
        "1.3.6.1.4.1.1466.109.114.3", "caseIgnoreIA5SubstringsMatch", _SUBSTRING_ASSERTION
    ),
    MatchingRule("1.3.6.1.1.16.2", "uuidMatch", UUID.oid),
)

# The control characters among them; blanks of other kinds stay for whoever folds blanks.
_MAPPED_TO_NOTHING = dict.fromkeys(
    (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD)
)


def without_controls(text: str) -> str:
    """Return ``text`` without what is nothing in a comparison (RFC 4518 section 2.2).

    Whatever goes from a request into a question to the store passes here: no database wants a
    NUL, and no value has one.
    """
    return text if text.isprintable() else text.translate(_MAPPED_TO_NOTHING)
