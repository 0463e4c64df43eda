"""The full table of permissions, over both real faces of one server."""
