"""Who somebody is, what they may do, and what they may no more."""
