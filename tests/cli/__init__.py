"""Tests of the command line: what is typed, what is printed, how it ends."""
