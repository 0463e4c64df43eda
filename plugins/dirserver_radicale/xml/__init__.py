"""The XML of requests and answers: what of the standards stands in it, read and written."""
