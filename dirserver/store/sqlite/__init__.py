"""What SQLite needs: one writer at a time, readers' snapshots, copies of its file."""
