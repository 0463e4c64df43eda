"""Cards of one person: found, made one, linked."""
