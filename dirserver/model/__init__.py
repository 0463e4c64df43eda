"""What the directory is about, without I/O: cards, books, principals, grants, queries."""
