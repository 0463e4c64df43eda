"""The tests; each is named as a sentence that must be true."""
