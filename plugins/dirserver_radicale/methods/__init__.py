"""The methods of HTTP and WebDAV that our Application has of its own."""
