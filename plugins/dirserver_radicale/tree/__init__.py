"""What there is for somebody: the paths, what they name, and what may be done with that."""
