"""The CardDAV face, as plugins for Radicale."""
