"""Cards of one person as rows: alike, linked, gone into one another."""
