"""One server for an organisation's contacts, over CardDAV and LDAP."""

__version__ = "0.1.0"
