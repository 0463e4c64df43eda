"""Cards in files that other programs wrote, and files for them to read."""
