"""Smart books: the language that says which cards of other books they show."""
