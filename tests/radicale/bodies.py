"""Files of the clients in these tests: cards, and requests that are made often."""

from __future__ import annotations

from tests.organisation import vcard

_PREFIXES = (
    'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:CS="http://calendarserver.org/ns/"'
)


def propfind(*properties: str) -> bytes:
    """Return a PROPFIND that names ``properties``: DAV's own, or with the prefix C or CS."""
    named = "".join(f"<{name}/>" for name in properties)
    return f"<propfind {_PREFIXES}><prop>{named}</prop></propfind>".encode()


def multiget(*hrefs: str) -> bytes:
    """Return an addressbook-multiget of etag and card."""
    listed = "".join(f"<href>{href}</href>" for href in hrefs)
    prop = "<prop><getetag/><C:address-data/></prop>"
    return f"<C:addressbook-multiget {_PREFIXES}>{prop}{listed}</C:addressbook-multiget>".encode()


def sync(token: str = "") -> bytes:
    """Return a sync-collection of etags since ``token``."""
    return (
        f"<sync-collection {_PREFIXES}><sync-token>{token}</sync-token>"
        "<sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"
    ).encode()


def query(filters: str, attributes: str = "") -> bytes:
    """Return an addressbook-query of etags; ``filters`` is what is in its filter."""
    return (
        f"<C:addressbook-query {_PREFIXES}><prop><getetag/></prop>"
        f"<C:filter{attributes}>{filters}</C:filter></C:addressbook-query>"
    ).encode()


def prop_filter(name: str, text: str, attributes: str = "") -> str:
    """Return a prop-filter with one text-match."""
    return (
        f'<C:prop-filter name="{name}"><C:text-match{attributes}>{text}</C:text-match>'
        "</C:prop-filter>"
    )


FILES = {
    "anna.vcf": vcard("anna", "Anna Ämter", "TEL:+49 30 1234567", "NOTE:pays late"),
    "anna2.vcf": vcard("anna", "Anna Ämter", "TEL:+49 30 7654321", "NOTE:pays now"),
    "bert.vcf": vcard("bert", "Bert Brot", "EMAIL:bert@example.org", "ORG:Brot & Co."),
    "cora.vcf": vcard("cora", "Cora Chen", "BDAY:19700102", version="4.0"),
    "principal.xml": propfind("current-user-principal"),
    "home.xml": propfind("C:addressbook-home-set", "principal-URL", "current-user-principal"),
    "books.xml": propfind("resourcetype", "displayname", "current-user-privilege-set"),
    "types.xml": propfind("resourcetype"),
    "privileges.xml": propfind("current-user-privilege-set"),
    "owner.xml": propfind("owner"),
    "etag.xml": propfind("getetag"),
    "ctag.xml": propfind("CS:getctag"),
    "token.xml": propfind("sync-token"),
    "sync.xml": sync(),
}
