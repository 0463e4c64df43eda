"""Books and cards as Radicale wants them, for its own Application."""
