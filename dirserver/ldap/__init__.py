"""The LDAP face: read-only, for desk phones and mail clients."""
