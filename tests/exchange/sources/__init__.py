"""Tests of the sources of books."""
