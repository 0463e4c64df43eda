"""What is kept of somebody, and its erasure."""
