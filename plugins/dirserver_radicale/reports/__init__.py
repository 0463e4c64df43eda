"""The reports (RFC 3253 section 3.6), a module for each."""
