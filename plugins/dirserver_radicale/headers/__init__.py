"""The headers of a request, read as their RFCs say."""
