"""Tests of making one card of two of one person."""
