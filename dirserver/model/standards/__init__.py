"""Standards for a book: what breaks which rule, and how it is repaired. Pure."""
