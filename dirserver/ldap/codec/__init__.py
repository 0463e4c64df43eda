"""LDAPMessages as octets, read and written (RFC 4511 section 4 and 5)."""
