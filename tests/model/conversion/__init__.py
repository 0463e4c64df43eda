"""Tests of one room; see the package of the same name."""
