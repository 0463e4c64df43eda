"""The past of cards: told, brought back, let go of."""
