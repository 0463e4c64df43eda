"""Tests of the standards for a book."""
