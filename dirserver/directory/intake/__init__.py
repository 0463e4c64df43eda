"""Cards that come in by the book: imports and sources."""
