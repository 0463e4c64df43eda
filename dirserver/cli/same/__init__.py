"""Cards of one person: found to be that, made one, linked."""
