"""How collections change: what a client must be told of since its sync token."""
