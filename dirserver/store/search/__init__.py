"""Searches over the index: model queries as SQL."""
