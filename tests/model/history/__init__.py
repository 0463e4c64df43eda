"""Tests of what is known of the past of cards."""
