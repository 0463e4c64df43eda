"""Entries: how they are kept, and what of them is shown to whom."""
