"""The search index: what is kept beside the cards, and how it is kept up to date."""
