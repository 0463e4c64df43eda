"""vCard 3.0 (RFC 2426) as vCard 4.0 (RFC 6350), and back, for clients that ask for the other.

A card is kept as it came and converted when it is read. What one version cannot say is put so
that it comes back: in the form that programs already use for it (X-ABDATE, X-ABRELATEDNAMES,
X-ADDRESSBOOKSERVER-KIND...), or under its own name, since both grammars let a registered name
stand that they do not know (RFC 2426 section 4, RFC 6350 section 3.3). ``rules`` has the tables.
"""

from dirserver.model.conversion.converting import convert

__all__ = ["convert"]
