"""Where the cards of a book come from that follows something: directories and files."""
