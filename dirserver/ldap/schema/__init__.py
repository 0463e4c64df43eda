"""The schema (RFC 4512 section 4): attribute types, object classes, syntaxes."""
