"""The past of cards: what was changed in them, by whom, and how that is taken back. No I/O."""
