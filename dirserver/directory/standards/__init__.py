"""The standards of books, and how good cards are by them."""
