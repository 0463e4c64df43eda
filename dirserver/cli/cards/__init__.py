"""Cards: found, shown, handed out, and how good they are."""
