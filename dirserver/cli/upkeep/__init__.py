"""Keeping the server well: its config file, its backups, its trail, its phones."""
