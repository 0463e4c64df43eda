"""The operational attributes (RFC 4512 section 3.4), and what a server says of itself."""

from __future__ import annotations

from dirserver.ldap.schema.attributetype import dsa, operational
from dirserver.ldap.schema.syntaxes import (
    ATTRIBUTE_TYPE_DESCRIPTION,
    BOOLEAN,
    DIRECTORY_STRING,
    DISTINGUISHED_NAME,
    GENERALIZED_TIME,
    INTEGER,
    LDAP_SYNTAX_DESCRIPTION,
    MATCHING_RULE_DESCRIPTION,
    OBJECT_CLASS_DESCRIPTION,
    OBJECT_IDENTIFIER,
    SUBTREE_SPECIFICATION,
    UUID,
)

_LDAP = "1.3.6.1.4.1.1466.101.120"

STRUCTURAL_OBJECT_CLASS = operational("2.5.21.9", "structuralObjectClass", OBJECT_IDENTIFIER)
ENTRY_UUID = operational("1.3.6.1.1.16.4", "entryUUID", UUID)
CREATE_TIMESTAMP = operational("2.5.18.1", "createTimestamp", GENERALIZED_TIME)
MODIFY_TIMESTAMP = operational("2.5.18.2", "modifyTimestamp", GENERALIZED_TIME)
ENTRY_DN = operational("1.3.6.1.1.20", "entryDN", DISTINGUISHED_NAME)
HAS_SUBORDINATES = operational("2.5.18.9", "hasSubordinates", BOOLEAN)
NUM_SUBORDINATES = operational("1.3.6.1.4.1.453.16.2.103", "numSubordinates", INTEGER)
SUBSCHEMA_SUBENTRY = operational("2.5.18.10", "subschemaSubentry", DISTINGUISHED_NAME)

# What every card has, so that a filter for its presence need not look.
OPERATIONAL_OF_CARDS = (
    STRUCTURAL_OBJECT_CLASS,
    ENTRY_UUID,
    CREATE_TIMESTAMP,
    MODIFY_TIMESTAMP,
    ENTRY_DN,
    HAS_SUBORDINATES,
    NUM_SUBORDINATES,
    SUBSCHEMA_SUBENTRY,
)

OPERATIONAL = (
    *OPERATIONAL_OF_CARDS,
    operational("2.5.18.6", "subtreeSpecification", SUBTREE_SPECIFICATION),
    operational("2.5.21.5", "attributeTypes", ATTRIBUTE_TYPE_DESCRIPTION, single=False),
    operational("2.5.21.6", "objectClasses", OBJECT_CLASS_DESCRIPTION, single=False),
    operational("2.5.21.4", "matchingRules", MATCHING_RULE_DESCRIPTION, single=False),
    operational(f"{_LDAP}.16", "ldapSyntaxes", LDAP_SYNTAX_DESCRIPTION, single=False),
    dsa(f"{_LDAP}.5", "namingContexts", DISTINGUISHED_NAME),
    dsa(f"{_LDAP}.7", "supportedExtension", OBJECT_IDENTIFIER),
    dsa(f"{_LDAP}.13", "supportedControl", OBJECT_IDENTIFIER),
    dsa(f"{_LDAP}.14", "supportedSASLMechanisms", DIRECTORY_STRING),
    dsa(f"{_LDAP}.15", "supportedLDAPVersion", INTEGER),
    dsa("1.3.6.1.4.1.4203.1.3.5", "supportedFeatures", OBJECT_IDENTIFIER),
    dsa("1.3.6.1.1.4", "vendorName", DIRECTORY_STRING),
    dsa("1.3.6.1.1.5", "vendorVersion", DIRECTORY_STRING),
)
