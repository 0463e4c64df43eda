"""What is kept of people in all places, and its erasure."""
