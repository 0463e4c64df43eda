"""The SQL store: the only room that knows tables, statements and engines."""
