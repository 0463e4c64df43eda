"""Backups, from the call to the last bit."""
